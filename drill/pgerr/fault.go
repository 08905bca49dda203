package pgerr

import (
	"regexp"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Fault is the cause to which an error is attributed.
type Fault struct {
	Code outcome.Code
	Hint string // empty: the catalogue's remedy
}

// Fault returns the cause of the error. If the error alone does not show it, ok
// is false, and the stage must infer the cause from what it was doing. A function can
// raise an exception with any SQLSTATE and any text, which shows nothing.
func (e Error) Fault() (f Fault, ok bool) {
	if e.Raised() {
		return Fault{}, false
	}
	if e.Unreachable() {
		return Fault{Code: outcome.ForeignUnreachable}, true
	}
	for _, r := range rules {
		if r.matches(e) {
			f := Fault{r.code, r.hint}
			if f.Code == outcome.CollationMissing {
				f.Hint = localeHint(e.Message)
			}
			return f, true
		}
	}
	return Fault{}, false
}

// rule assigns a fault to the errors that it matches.
type rule struct {
	states []string       // SQLSTATEs or classes; nil: any
	says   *regexp.Regexp // in the message; nil: anything
	code   outcome.Code
	hint   string // empty: the catalogue's remedy
}

func (r rule) matches(e Error) bool {
	if r.states != nil && !slices.Contains(r.states, e.SQLState) && !e.InClass(r.states...) {
		return false
	}
	return r.says == nil || r.says.MatchString(e.Message)
}

func says(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// rules are tried in this order. A rule matches the message only if several
// causes share a SQLSTATE. The messages are those of lc_messages = C.
var rules = slices.Concat(missingRules, dataRules, sandboxRules)

// missingRules match errors about something that the dump requires and the
// server does not have.
var missingRules = []rule{
	{[]string{pgerrcode.UndefinedObject}, says(`^unrecognized configuration parameter`), outcome.VersionSkew, ""},
	{
		[]string{pgerrcode.UndefinedObject},
		says(`^role "`), outcome.RoleMissing,
		"back up the roles too (pg_dumpall --globals-only): the drill did not see in advance that the dump needs this one",
	},
	{[]string{pgerrcode.UndefinedObject}, says(`^tablespace "`), outcome.TablespaceMissing, ""},
	{[]string{pgerrcode.UndefinedFile}, says(`^directory ".*" does not exist`), outcome.TablespaceMissing, ""},
	{[]string{pgerrcode.InvalidParameterValue}, says(`^invalid value for parameter "default_tablespace"`), outcome.TablespaceMissing, ""},
	{[]string{pgerrcode.UndefinedObject}, says(`^language "`), outcome.LibraryMissing, ""},
	{[]string{pgerrcode.UndefinedObject}, says(`^access method "`), outcome.ExtensionUnavailable, ""},
	{[]string{pgerrcode.InvalidParameterValue}, says(`^invalid value for parameter "default_table_access_method"`), outcome.ExtensionUnavailable, ""},
	{[]string{pgerrcode.InvalidParameterValue}, says(`^invalid value for parameter "default_toast_compression"`), outcome.LibraryMissing, ""},
	{[]string{pgerrcode.InvalidParameterValue}, says(`^invalid value for parameter`), outcome.VersionSkew, ""},
	{
		nil, says(`^extension "[^"]*" is not available|could not open extension control file|has no installation script nor update path`),
		outcome.ExtensionUnavailable, "",
	},
	{
		nil, says(`^required extension "`), outcome.RestoreFailed,
		"dump the whole database with pg_dump, which orders extensions by their dependencies",
	},
	{
		[]string{pgerrcode.UndefinedObject},
		says(`^foreign-data wrapper "`), outcome.RestoreFailed,
		"dump the whole database: the extension that provides the wrapper is not in the dump",
	},
	{
		[]string{pgerrcode.UndefinedObject},
		says(`^type "(?:abstime|reltime|tinterval)\b`), outcome.VersionSkew,
		"set postgres.version to production's major, or change the column's type there: Postgres 12 removed abstime, reltime and tinterval",
	},
	{
		[]string{pgerrcode.UndefinedObject},
		says(`^type "opaque"`), outcome.VersionSkew,
		"set postgres.version to production's major, or declare the function with its real types there: Postgres 13 removed opaque",
	},
	{
		[]string{pgerrcode.UndefinedFunction},
		says(`^function (?:array_(?:append|prepend|cat|positions?|remove|replace)|width_bucket)\(.*\banyarray\b`), outcome.VersionSkew,
		"set postgres.version to production's major, or define the aggregate or operator there with anycompatiblearray: Postgres 14 changed these functions",
	},
	{
		nil, says(`^tables declared WITH OIDS are not supported|^syntax error at or near "OIDS"|^unrecognized parameter "oids"`), outcome.VersionSkew,
		"set postgres.version to production's major, or run ALTER TABLE … SET WITHOUT OIDS there: Postgres 12 removed WITH OIDS",
	},
	{
		nil, says(`postfix operators are (?:not|no longer) supported`), outcome.VersionSkew,
		"set postgres.version to production's major, or drop the operator there: Postgres 14 removed postfix operators",
	},
	{
		[]string{pgerrcode.InvalidSchemaName},
		says(`^schema "heroku_ext"`), outcome.RestoreFailed,
		"create the schema heroku_ext before a recovery: Heroku installs extensions in it, and its dumps do not create it",
	},
	{
		[]string{pgerrcode.InvalidSchemaName},
		says(`does not exist`), outcome.RestoreFailed,
		"dump the whole database, or create the schema first in a recovery: the dump uses a schema that it does not create",
	},
	{
		[]string{pgerrcode.UndefinedTable},
		says(`does not exist`), outcome.RestoreFailed,
		"dump the whole database, without --table, --schema or --data-only: the dump uses a table or a view that it has not created before",
	},
	{
		[]string{pgerrcode.UndefinedFunction},
		says(`does not exist`), outcome.RestoreFailed,
		"dump the whole database: the dump uses a function or an operator of an extension or a schema that it does not create; if it creates it, a newer major has changed it",
	},
	{
		[]string{pgerrcode.UndefinedObject},
		says(`^type "`), outcome.RestoreFailed,
		"dump the whole database: the extension or schema that contains the type is not in the dump",
	},
	{
		nil, says(`^(collation "|invalid (?:LC_\w+ )?locale name|could not create locale|could not open collator|could not convert locale name|ICU locale "|ICU is not supported|encoding "[^"]*" does not match locale)`),
		outcome.CollationMissing, "",
	},
	{
		nil, says(`^(could not (?:access file|load library|find function "[^"]*" in file|open (?:dictionary|stop-word|thesaurus|affix|configuration) file)|incompatible library)`),
		outcome.LibraryMissing, "",
	},
	{[]string{pgerrcode.FeatureNotSupported}, says(`^compression method \w+ not supported|^unsupported XML feature`), outcome.LibraryMissing, ""},
	{[]string{pgerrcode.SyntaxError}, says(`^option "[^"]*" not recognized|^unrecognized (?:\w+ )*(?:option|parameter)`), outcome.VersionSkew, ""},
	{[]string{pgerrcode.InvalidParameterValue}, says(`^unrecognized parameter`), outcome.VersionSkew, ""},
	{
		[]string{pgerrcode.UndefinedObject},
		says(` does not exist`), outcome.RestoreFailed,
		"dump the whole database, or create the object first in a recovery: the dump uses an object that it does not create",
	},
	{[]string{pgerrcode.InvalidObjectDefinition}, says(`^unrecognized locale provider`), outcome.VersionSkew, ""},
}

// dataRules match errors about the content of the dump.
var dataRules = []rule{
	{[]string{Integrity}, nil, outcome.ConstraintViolated, ""},
	{[]string{pgerrcode.CharacterNotInRepertoire, pgerrcode.UntranslatableCharacter}, nil, outcome.EncodingInvalid, ""},
	{[]string{pgerrcode.BadCopyFileFormat, pgerrcode.GeneratedAlways, pgerrcode.InvalidColumnReference}, nil, outcome.CopyFailed, ""},
	{[]string{pgerrcode.SyntaxError}, says(`^cannot insert into column "`), outcome.CopyFailed, ""}, // GeneratedAlways from 14 on
	{
		[]string{
			pgerrcode.DuplicateDatabase, pgerrcode.DuplicateSchema, pgerrcode.DuplicateTable, pgerrcode.DuplicateObject,
			pgerrcode.DuplicateAlias, pgerrcode.DuplicateFunction, pgerrcode.DuplicateColumn,
		},
		nil, outcome.ObjectExists, "",
	},
	{[]string{pgerrcode.InvalidTableDefinition}, says(`^multiple primary keys`), outcome.ObjectExists, ""},
}

// damagedHint is for data that the server of the sandbox itself has written.
const damagedHint = "check the disk and memory of the machine that runs the container engine, then drill again: its server cannot read what it has just written"

// sandboxRules match errors about the sandbox: see OfSandbox.
var sandboxRules = []rule{
	{[]string{pgerrcode.DiskFull}, says(`shared memory|/dev/shm`), outcome.SharedMemoryTooSmall, ""},
	{[]string{pgerrcode.DiskFull}, nil, outcome.SandboxDiskFull, ""},
	{
		[]string{pgerrcode.OutOfMemory},
		says(`^out of shared memory`), outcome.SharedMemoryTooSmall,
		"raise postgres.settings.max_locks_per_transaction: the dump has more objects than one transaction may lock",
	},
	{[]string{pgerrcode.OutOfMemory}, nil, outcome.SandboxOutOfMemory, ""},
	{[]string{pgerrcode.DataCorrupted, pgerrcode.IndexCorrupted}, nil, outcome.SandboxLost, damagedHint},
	{[]string{pgerrcode.UndefinedFile}, says(`^could not open file "(?:base|global|pg_)`), outcome.SandboxLost, damagedHint},
	{
		[]string{pgerrcode.TooManyConnections},
		nil, outcome.ConfigInvalid, "lower restore.jobs, or raise postgres.settings.max_connections",
	},
	{
		[]string{pgerrcode.AdminShutdown, pgerrcode.CrashShutdown, pgerrcode.CannotConnectNow, pgerrcode.IOError},
		nil, outcome.SandboxLost, "",
	},
}
