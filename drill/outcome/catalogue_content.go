package outcome

// contentCodes can be found when the server refuses the content of the dump.
var contentCodes = []Entry{
	{
		Code: ConstraintViolated, Class: ClassBackup, Stages: []Stage{Restore, Verify},
		Cause: "A unique, foreign key, check or not-null constraint is violated by the restored rows. Production has rows that its own constraints forbid, because of " +
			"a corrupt index, a changed collation or disabled triggers. With verify.integrity: deep, foreign keys are also checked against the rows after the " +
			"restore.",
		Remedy: "repair the rows in production, and check its indexes with amcheck",
		Example: Example{
			Case:    "Two rows in production have the same key, because its index was built with another version of the C library.",
			Message: `could not create unique index "items_pkey" (SQLSTATE 23505)`,
		},
		Messages: []string{
			`could not create unique index "u_pkey"`, `insert or update on table "ch" violates foreign key constraint "ch_a_fkey"`,
			`check constraint "cc" of relation "ch" is violated by some row`,
			`null value in column "a" of relation "ch" violates not-null constraint`,
		},
		Neighbours: []Neighbour{
			{CopyFailed, "a row does not match the columns of its table or their types"},
			{IndexCorrupt, "an index of the restored database is damaged"},
			{ObjectExists, "the dump creates an object twice"},
		},
	},
	{
		Code: EncodingInvalid, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "The dump contains bytes that are not valid in its encoding. Such rows come from a database in SQL_ASCII, which checks nothing, or from a file that " +
			"was converted or damaged. The message names the row by its number and never shows its bytes.",
		Remedy: "dump with the encoding that the data really has",
		Example: Example{
			Case:    "A dump that declares UTF8 contains a row in Latin-1.",
			Message: `row 2500 of items: invalid byte sequence for encoding "UTF8": … (SQLSTATE 22021)`,
		},
		Messages: []string{
			`invalid byte sequence for encoding "UTF8": 0xe9 0x0a 0x5c`,
			`character with byte sequence 0xe2 0x82 0xac in encoding "UTF8" has no equivalent in encoding "LATIN1"`,
		},
		Neighbours: []Neighbour{
			{CopyFailed, "the bytes are valid text, but not a value of the column's type"},
			{CollationMissing, "the locale of the database is not available"},
		},
	},
	{
		Code: ObjectExists, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "The dump creates an object twice. It is restored into an empty database made from template0, so the first object came from the file too: the file " +
			"contains two dumps, or part of a dump that includes what every new database has.",
		Remedy: "dump the whole database once, without --schema and without appending to a file",
		Example: Example{
			Case:    "The job appends to yesterday's file: pg_dump shop >> shop.sql.",
			Message: `relation "items" already exists (SQLSTATE 42P07)`,
		},
		Messages: []string{
			`relation "k" already exists`, `schema "public" already exists`, `role "postgres" already exists`,
			`multiple primary keys for table "k" are not allowed`,
		},
		Neighbours: []Neighbour{
			{ConstraintViolated, "rows exist twice"},
			{FormatUnsupported, "the file contains several dumps, each of which creates its own database"},
			{RoleMissing, "a role is missing rather than duplicate"},
		},
	},
	{
		Code: CopyFailed, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "Some rows do not match their table. Schema and rows come from two dumps or from a program other than pg_dump, or the file was edited, or damaged in a " +
			"way that no checksum covers. The message names the row by its number and the column.",
		Remedy: "take schema and data from one dump, and check the file for damage",
		Example: Example{
			Case:    "A row has a word in a numeric column.",
			Message: "row 2500 of items, column id: invalid input syntax for type integer (SQLSTATE 22P02)",
		},
		Messages: []string{
			`invalid input syntax for type integer: "abc"`, `missing data for column "v"`, "extra data after last expected column",
			`cannot insert a non-DEFAULT value into column "b"`, `column "b" is a generated column`, `invalid command \N`,
		},
		Neighbours: []Neighbour{
			{EncodingInvalid, "the bytes are not valid text"},
			{ConstraintViolated, "the row matches its columns, and a constraint forbids it"},
			{DumpCorrupt, "the damage is found before anything is restored"},
		},
	},
	{
		Code: ContentIncomplete, Class: ClassBackup, Stages: []Stage{Restore, Verify},
		Cause: "The restored database contains less than the dump promised. Every object in the dump is looked up in the catalog, and the rows of every table are " +
			"counted. A table counts as incomplete if its values cannot be read or amcheck finds damage in its pages.",
		Remedy: "compare the listed objects with production, and look for statements in the dump that remove them",
		Example: Example{
			Case:    "A hand-written statement at the end of the dump deletes rows.",
			Message: "public.items: 5,000 rows promised, 4,000 restored",
		},
		Neighbours: []Neighbour{
			{DumpTruncated, "the end of the dump itself is missing"},
			{RowsMissing, "everything in the dump was restored, but the config expects more rows"},
			{ContentDrifted, "everything in the dump was restored, but the last passed drill had more rows"},
		},
	},
}
