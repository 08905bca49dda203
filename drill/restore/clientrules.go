package restore

import (
	"fmt"
	"regexp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serverlog"
)

func says(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// clientRule assigns a code to an error of psql or pg_restore itself.
type clientRule struct {
	says *regexp.Regexp
	code outcome.Code
	hint string // empty: the catalogue's
}

// clientRules are tried in this order on each line of stderr. The lines are
// English because of LC_ALL=C.
var clientRules = []clientRule{
	{says(`backslash commands are restricted`), outcome.DumpHostile, ""},
	{says(`\\unrestrict: (?:wrong key|not currently in restricted mode)|\\restrict: `), outcome.DumpHostile, ""},
	{says(`invalid command \\(?:un)?restrict`), outcome.ClientTooOld, ""},
	{
		says(`invalid command \\(?:N|\.)`), outcome.CopyFailed,
		"check the file for a lost COPY line: psql read rows as commands",
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

// serverErrorState matches an error of the server as psql prints it: only the SQLSTATE.
var serverErrorState = regexp.MustCompile(`(?:ERROR|FATAL|PANIC):  ([0-9A-Z]{5})$`)

// serverErrorVerbose matches an error of the server as psql prints it with VERBOSITY=verbose.
var serverErrorVerbose = regexp.MustCompile(`(?:ERROR|FATAL|PANIC):  ([0-9A-Z]{5}): (.*)$`)

// fromClient returns a failure about which the server logged nothing. Either the
// client itself failed, or the server could not write its log because the disk is
// full.
func fromClient(e evidence) *outcome.Failure {
	for _, line := range e.Stderr {
		if m := serverErrorState.FindStringSubmatch(line); m != nil {
			f := fromServer(e, pgerr.Error{SQLState: m[1], Message: clientMessage(line)}, "")
			f.SQLState = m[1]
			return f
		}
		if m := serverErrorVerbose.FindStringSubmatch(line); m != nil {
			said := pgerr.Error{SQLState: m[1], Message: m[2], Context: e.Context}
			f := fromServer(e, said, copyPlace(&serverlog.Entry{Context: e.Context}))
			f.SQLState, f.Function = m[1], said.Function()
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
		return outcome.Fail(outcome.ImageUnavailable, "image %s has no working %s (exit code %d)", e.Image, e.Tool, e.ExitCode).
			WithHint("set postgres.image to an image that includes psql and pg_restore")
	case e.ExitCode > 128:
		return outcome.Fail(outcome.SandboxLost, "%s was killed by signal %d", e.Tool, e.ExitCode-128)
	case len(e.Stderr) > 0:
		return outcome.Fail(outcome.RestoreFailed, "%s", clientMessage(e.Stderr[0]))
	}
	return outcome.Fail(outcome.Internal, "%s ended with exit code %d, and neither it nor the server reported an error", e.Tool, e.ExitCode)
}

var clientPrefix = regexp.MustCompile(`^(psql|pg_restore)(?::<stdin>:(\d+))?: (?:(?:error|fatal): |(?:FATAL|ERROR):  )?`)

// clientMessage returns a line of stderr that can be shown: without the line
// number of the dump, and without values in a message of the server.
func clientMessage(line string) string {
	m := clientPrefix.FindStringSubmatch(line)
	if m == nil {
		return redact.Cut(line, redact.StatementLength)
	}
	return redact.Cut(m[1]+": "+redact.OneLine(pgerr.Line(line[len(m[0]):])), redact.StatementLength)
}
