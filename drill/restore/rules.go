package restore

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// rule gives a code to errors of the server.
type rule struct {
	states []string       // SQLSTATEs, or classes of two characters; nil: any
	says   *regexp.Regexp // in the message; nil: anything
	code   outcome.Code
	hint   string // empty: the catalogue's
}

func (r rule) matches(e *serverlog.Entry) bool {
	if r.states != nil && !slices.Contains(r.states, e.SQLState) && !slices.Contains(r.states, e.SQLState[:2]) {
		return false
	}
	return r.says == nil || r.says.MatchString(e.Message)
}

func (r rule) failure(e *serverlog.Entry) *outcome.Failure {
	f := outcome.Fail(r.code, "%s", told(e))
	if r.hint != "" {
		f.Hint = r.hint
	}
	return f
}

func says(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// serverRules are tried in this order. A text is looked at only where causes
// share a SQLSTATE; the texts are those of lc_messages = C.
var serverRules = slices.Concat(missingRules, dataRules, resourceRules)

// missingRules are about what the dump counts on and the server does not have.
var missingRules = []rule{
	{[]string{"42704"}, says(`^unrecognized configuration parameter`), outcome.VersionSkew, ""},
	{
		[]string{"42704"},
		says(`^role "`), outcome.RoleMissing,
		"back up the roles too (pg_dumpall --globals-only): the drill did not find this one in the dump beforehand",
	},
	{[]string{"42704"}, says(`^tablespace "`), outcome.TablespaceMissing, ""},
	{[]string{"22023"}, says(`^invalid value for parameter "default_tablespace"`), outcome.TablespaceMissing, ""},
	{[]string{"42704"}, says(`^language "`), outcome.LibraryMissing, ""},
	{[]string{"42704"}, says(`^access method "`), outcome.ExtensionUnavailable, ""},
	{[]string{"22023"}, says(`^invalid value for parameter "default_table_access_method"`), outcome.ExtensionUnavailable, ""},
	{[]string{"22023"}, says(`^invalid value for parameter "default_toast_compression"`), outcome.LibraryMissing, ""},
	{[]string{"22023"}, says(`^invalid value for parameter`), outcome.VersionSkew, ""},
	{
		nil, says(`^extension "[^"]*" is not available|could not open extension control file|has no installation script nor update path`),
		outcome.ExtensionUnavailable, "",
	},
	{
		nil, says(`^required extension "`), outcome.RestoreFailed,
		"dump the whole database with pg_dump, which orders extensions by what they require",
	},
	{
		[]string{"42704"},
		says(`^foreign-data wrapper "`), outcome.RestoreFailed,
		"dump the whole database: the extension that brings the wrapper is not in the dump",
	},
	{
		[]string{"42704"},
		says(`^type "`), outcome.RestoreFailed,
		"dump the whole database: the extension or schema that brings the type is not in the dump",
	},
	{
		nil, says(`^(collation "|invalid (?:LC_\w+ )?locale name|could not create locale|could not open collator|could not convert locale name|ICU locale "|ICU is not supported|encoding "[^"]*" does not match locale)`),
		outcome.CollationMissing, "",
	},
	{
		nil, says(`^(could not (?:access file|load library|find function "[^"]*" in file|open (?:dictionary|stop-word|thesaurus|affix|configuration) file)|incompatible library)`),
		outcome.LibraryMissing, "",
	},
	{[]string{"0A000"}, says(`^compression method \w+ not supported|^unsupported XML feature`), outcome.LibraryMissing, ""},
	{[]string{"42601"}, says(`^option "[^"]*" not recognized|^unrecognized (?:\w+ )*(?:option|parameter)`), outcome.VersionSkew, ""},
	{[]string{"22023"}, says(`^unrecognized parameter`), outcome.VersionSkew, ""},
	{[]string{"42P17"}, says(`^unrecognized locale provider`), outcome.VersionSkew, ""},
}

// dataRules are about what the dump holds.
var dataRules = []rule{
	{[]string{"23"}, nil, outcome.ConstraintViolated, ""},
	{[]string{"22021", "22P05"}, nil, outcome.EncodingInvalid, ""},
	{[]string{"22P04", "428C9", "42P10"}, nil, outcome.CopyFailed, ""},
	{[]string{"42601"}, says(`^cannot insert into column "`), outcome.CopyFailed, ""}, // 428C9 from 14 on
	{[]string{"42P04", "42P06", "42P07", "42710", "42712", "42723", "42701"}, nil, outcome.ObjectExists, ""},
	{[]string{"42P16"}, says(`^multiple primary keys`), outcome.ObjectExists, ""},
}

// resourceRules are about the sandbox.
var resourceRules = []rule{
	{[]string{"53100"}, says(`shared memory segment|/dev/shm`), outcome.SharedMemoryTooSmall, ""},
	{[]string{"53100"}, nil, outcome.SandboxDiskFull, ""},
	{
		[]string{"53200"},
		says(`^out of shared memory`), outcome.SharedMemoryTooSmall,
		"raise postgres.settings.max_locks_per_transaction: the dump has more objects than one transaction may lock",
	},
	{[]string{"53200"}, nil, outcome.SandboxOutOfMemory, ""},
	{[]string{"53300"}, nil, outcome.ConfigInvalid, "lower restore.jobs, or raise postgres.settings.max_connections"},
	{[]string{"57P01", "57P02", "57P03", "58030"}, nil, outcome.SandboxLost, ""},
}

// clientRule gives a code to what psql or pg_restore says by itself.
type clientRule struct {
	says *regexp.Regexp
	code outcome.Code
	hint string // empty: the catalogue's
}

// clientRules are tried in this order on each line of stderr, the first line
// first. LC_ALL=C makes the lines English.
var clientRules = []clientRule{
	{says(`backslash commands are restricted`), outcome.DumpHostile, ""},
	{says(`\\unrestrict: (?:wrong key|not currently in restricted mode)|\\restrict: `), outcome.DumpHostile, ""},
	{says(`invalid command \\(?:un)?restrict`), outcome.ClientTooOld, ""},
	{
		says(`invalid command \\(?:N|\.)`), outcome.CopyFailed,
		"look for a COPY line that was lost: rows were read as commands",
	},
	{
		says(`unsupported version \(\d+\.\d+\) in file header`), outcome.ClientTooOld,
		"dump with the pg_dump of production's major, or use an image with a newer pg_restore",
	},
	{
		says(`does not support compression|not (?:built|compiled) with .*(?:zlib|lz4|zstd|compression)`), outcome.ClientTooOld,
		"use an image whose pg_restore reads this compression",
	},
	{says(`could not read from input file: end of file|input file is too short`), outcome.DumpTruncated, ""},
	{
		says(`could not (?:un|de)compress|could not find block ID|unexpected block ID|unrecognized data block type|` +
			`valid archive|corrupt|entry ID -?\d+ out of range|unexpected data offset flag|could not read from input file|` +
			`could not set default_toast_compression|unexpected end of file|mismatch in actual vs\. predicted file position`),
		outcome.DumpCorrupt, "",
	},
	{says(`shared memory segment.*No space left`), outcome.SharedMemoryTooSmall, ""},
	{says(`No space left on device`), outcome.SandboxDiskFull, ""},
	{says(`out of memory`), outcome.SandboxOutOfMemory, ""},
	{says(`server closed the connection|connection to server|could not (?:send|receive) data|terminating connection`), outcome.SandboxLost, ""},
}

// passedOn is how psql passes on an error of the server, by its SQLSTATE alone.
var passedOn = regexp.MustCompile(`(?:ERROR|FATAL|PANIC):  ([0-9A-Z]{5})$`)

// fromClient names a failure about which the server logged nothing: because
// it is the client's, or because the log could not be written either, which
// is so when the server's disk is full.
func fromClient(e evidence) *outcome.Failure {
	for _, line := range e.Stderr {
		if m := passedOn.FindStringSubmatch(line); m != nil {
			f := fromServer(e, &serverlog.Entry{SQLState: m[1], Message: clientMessage(line)})
			f.SQLState = m[1]
			return f
		}
		for _, r := range clientRules {
			if r.says.MatchString(line) {
				return &outcome.Failure{Code: r.code, Hint: r.hint, Err: fmt.Errorf("%s", clientMessage(line))}
			}
		}
	}
	switch {
	case e.ExitCode == 126 || e.ExitCode == 127:
		return outcome.Fail(outcome.ImageUnavailable, "image %s has no %s that runs (exit code %d)", e.Image, e.Tool, e.ExitCode).
			WithHint("set postgres.image to an image that brings psql and pg_restore beside the server")
	case e.ExitCode > 128:
		return outcome.Fail(outcome.SandboxLost, "%s was killed by signal %d", e.Tool, e.ExitCode-128)
	case len(e.Stderr) > 0:
		return outcome.Fail(outcome.RestoreFailed, "%s", clientMessage(e.Stderr[0]))
	}
	return outcome.Fail(outcome.Internal, "%s ended with exit code %d, and neither it nor the server said why", e.Tool, e.ExitCode)
}

var clientPrefix = regexp.MustCompile(`^(psql|pg_restore)(?::<stdin>:(\d+))?: (?:(?:error|fatal): |(?:FATAL|ERROR):  )?`)

// clientMessage is a line of stderr as it can be shown: without psql's line of
// the dump, and without what the server told pg_restore of values.
func clientMessage(line string) string {
	m := clientPrefix.FindStringSubmatch(line)
	if m == nil {
		return redact.Cut(line, redact.StatementLength)
	}
	return redact.Cut(m[1]+": "+redact.Message("22000", line[len(m[0]):]), redact.StatementLength)
}
