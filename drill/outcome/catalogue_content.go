package outcome

// contentCodes can be found when the server refuses the dump's own content.
var contentCodes = []Entry{
	{
		Code: ConstraintViolated, Class: ClassBackup, Stages: []Stage{Restore, Verify},
		Cause: "A unique, foreign key, check or not-null constraint does not hold on the restored rows. Production has rows that its own constraints forbid: behind a broken index, " +
			"a collation that changed, triggers that were switched off. With verify.integrity: deep foreign keys are also held against the rows once more.",
		Remedy: "repair the rows in production, and check its indexes with amcheck",
		Example: Example{
			Case:    "Two rows of production have the same key, because its index was built with another version of the C library.",
			Message: `could not create unique index "items_pkey" (SQLSTATE 23505)`,
		},
		Messages: []string{
			`could not create unique index "u_pkey"`, `insert or update on table "ch" violates foreign key constraint "ch_a_fkey"`,
			`check constraint "cc" of relation "ch" is violated by some row`,
			`null value in column "a" of relation "ch" violates not-null constraint`,
		},
		Neighbours: []Neighbour{
			{CopyFailed, "a row does not even fit the columns and their types"},
			{IndexCorrupt, "it is an index of the restored database that is broken"},
			{ObjectExists, "it is an object that the dump makes twice"},
		},
	},
	{
		Code: EncodingInvalid, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "Bytes that are not of the declared encoding. Such rows come from a database in SQL_ASCII, which checks nothing, or from a file that was converted or damaged. " +
			"The message names the row by its number, and never its bytes.",
		Remedy: "dump with the encoding that the data really has",
		Example: Example{
			Case:    "A row in Latin-1 stands in a dump that says UTF8.",
			Message: `row 2500 of items: invalid byte sequence for encoding "UTF8": … (SQLSTATE 22021)`,
		},
		Messages: []string{
			`invalid byte sequence for encoding "UTF8": 0xe9 0x0a 0x5c`,
			`character with byte sequence 0xe2 0x82 0xac in encoding "UTF8" has no equivalent in encoding "LATIN1"`,
		},
		Neighbours: []Neighbour{
			{CopyFailed, "the bytes are text, and no value of the column's type"},
			{CollationMissing, "it is the locale of the database that cannot be had"},
		},
	},
	{
		Code: ObjectExists, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "The dump makes an object twice. It is restored into a database made from template0, which holds nothing that a dump could meet: " +
			"the file has two dumps in it, or a part of one that an empty database has already.",
		Remedy: "dump the whole database once, without --schema and without appending",
		Example: Example{
			Case:    "The job appends to a file of yesterday: pg_dump shop >> shop.sql.",
			Message: `relation "items" already exists (SQLSTATE 42P07)`,
		},
		Messages: []string{
			`relation "k" already exists`, `schema "public" already exists`, `role "postgres" already exists`,
			`multiple primary keys for table "k" are not allowed`,
		},
		Neighbours: []Neighbour{
			{ConstraintViolated, "it is rows that are there twice"},
			{FormatUnsupported, "each of several dumps in the file makes its own database"},
			{RoleMissing, "a role is missing, and not there twice"},
		},
	},
	{
		Code: CopyFailed, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "Rows that do not fit their table. Schema and rows come from two dumps, or from a program that is not pg_dump, or the file was edited or damaged " +
			"in a way that nothing sums up; the message tells the row's number and the column.",
		Remedy: "take schema and data from one dump, and check the file for damage",
		Example: Example{
			Case:    "A word stands where the column wants a number.",
			Message: "row 2500 of items, column id: invalid input syntax for type integer (SQLSTATE 22P02)",
		},
		Messages: []string{
			`invalid input syntax for type integer: "abc"`, `missing data for column "v"`, "extra data after last expected column",
			`cannot insert a non-DEFAULT value into column "b"`, `column "b" is a generated column`, `invalid command \N`,
		},
		Neighbours: []Neighbour{
			{EncodingInvalid, "it is the bytes of the text that do not read"},
			{ConstraintViolated, "the row fits its columns, and a constraint forbids it"},
			{DumpCorrupt, "the damage shows before anything is restored"},
		},
	},
	{
		Code: ContentIncomplete, Class: ClassBackup, Stages: []Stage{Restore, Verify},
		Cause: "The restored database holds less than the dump promised. Every object of the dump is looked up in the catalog, and the rows of every table are counted again; " +
			"a table whose values cannot be read, or in whose pages amcheck finds damage, counts too.",
		Remedy: "compare the listed objects with production; the dump or its restore lost them",
		Example: Example{
			Case:    "The dump ends with a statement of somebody's own that deletes rows.",
			Message: "public.items: 5,000 rows promised, 4,000 restored",
		},
		Neighbours: []Neighbour{
			{DumpTruncated, "it shows in the dump itself that its end is missing"},
			{RowsMissing, "all that the dump has was restored, and the config expects more"},
			{ContentDrifted, "all that the dump has was restored, and the last passed drill had more"},
		},
	},
}
