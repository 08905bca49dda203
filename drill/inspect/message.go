package inspect

import (
	"bytes"
	"strings"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// messages holds the beginnings, in lower case, of the lines that programs of a backup
// job write to the terminal, and who writes them.
var messages = [][2]string{
	{"pg_dump: ", "pg_dump"},
	{"pg_dump dumps a database", "pg_dump"},
	{"pg_dumpall: ", "pg_dumpall"},
	{"pg_restore: ", "pg_restore"},
	{"psql: ", "psql"},
	{"password: ", "pg_dump, which asked for a password"},
	{"password:\r", "pg_dump, which asked for a password"},
	{"password:\n", "pg_dump, which asked for a password"},
	{"password for user ", "pg_dump, which asked for a password"},
	{"error response from daemon: ", "Docker"},
	{"error: no such container: ", "Docker"},
	{"cannot connect to the docker daemon", "Docker"},
	{"the input device is not a tty", "Docker"},
	{"docker: ", "Docker"},
	{"unable to find image ", "Docker"},
	{"emulate docker cli using podman", "Podman"},
	{"defaulted container ", "kubectl"},
	{"unable to use a tty - ", "kubectl"},
	{"error from server (", "kubectl"},
	{"error: unable to upgrade connection", "kubectl"},
	{"ssh: ", "ssh"},
	{"warning: permanently added ", "ssh"},
	{"host key verification failed", "ssh"},
	{"permission denied (publickey", "ssh"},
	{"sudo: ", "sudo"},
	{"could not change directory to ", "a program that sudo started"},
	{"perl: warning: ", "perl"},
	{"mesg: ", "a login shell"},
	{"sh: ", "a shell"},
	{"bash: ", "a shell"},
	{"-bash: ", "a shell"},
	{"zsh: ", "a shell"},
	{"/bin/sh: ", "a shell"},
	{"/bin/bash: ", "a shell"},
	{"/usr/bin/env: ", "a shell"},
	{"+ pg_dump ", "a shell that prints its commands"},
	{"gzip: ", "gzip"},
	{"zstd: ", "zstd"},
	{"aws: ", "the AWS CLI"},
	{"upload failed: ", "the AWS CLI"},
	{"fatal error: ", "a program"},
	{"traceback (most recent call last)", "a Python program"},
}

// longestMessage is how many bytes of a line messageOf needs.
const longestMessage = 64

// messageOf returns which program wrote the message that a line begins with. It returns
// an empty string if the line is none that it knows.
func messageOf(line []byte) string {
	return layers.NameOf(bytes.ToLower(line[:min(len(line), longestMessage)]), messages)
}

// reasons holds known parts of messages, in lower case, and what they mean.
var reasons = [][2]string{
	{"authentication failed", "it could not log in"},
	{"no password supplied", "it could not log in"},
	{"no pg_hba.conf entry", "it could not log in"},
	{"server version mismatch", "it is older than the server"},
	{"no space left on device", "a disk was full"},
	{"command not found", "a program was not found"},
	{": not found", "a program was not found"},
	{"permission denied", "a permission was missing"},
	{"too many clients", "the server had no connection left"},
	{"terminating connection", "the server ended the connection"},
	{"server closed the connection", "the server ended the connection"},
	{"could not translate host name", "it did not find the server"},
	{"does not exist", "what it was told to dump does not exist"},
	{"timeout", "it waited too long"},
	{"timed out", "it waited too long"},
	{"could not connect to server", "it could not connect"},
	{"connection to server", "it could not connect"},
}

// reasonIn returns the reason that a message states, in words of our own.
func reasonIn(text []byte) string {
	lower := strings.ToLower(string(text))
	for _, r := range reasons {
		if strings.Contains(lower, r[0]) {
			return " (" + r[1] + ")"
		}
	}
	return ""
}

// mixedIn returns the Failure for messages in a dump. It is at no line if that is
// unknown.
func mixedIn(line int64, by, where string) *outcome.Failure {
	if by == "" {
		by = "another program"
	}
	return atLine(line, outcome.DumpCorrupt, "messages of %s are mixed into the dump%s", by, where).
		WithHint("keep the messages of pg_dump and of the job out of the file: no 2>&1, and no docker exec -t")
}

// rejectMixed returns the Failure for a message in front of an archive or of a
// compressed dump. Readers of these find no beginning.
func rejectMixed(text []byte) error {
	by := messageOf(text)
	if by == "" {
		return nil
	}
	for rest := text; ; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return nil
		}
		rest = rest[i+1:]
		if hasPrefix(rest, archiveMagic+"\x01") || hasPrefix(rest, "\x1f\x8b\x08") || hasPrefix(rest, "\x28\xb5\x2f\xfd") {
			return mixedIn(0, by, ", in front of it")
		}
	}
}

// dumpMarks are the first comments of dumps, as they are behind other text.
var dumpMarks = [][]byte{[]byte("\n" + dumpHead), []byte("\n" + clusterHead)}

// startsSoon reports whether a dump of pg_dump begins within the next bytes.
func startsSoon(f *feed) bool {
	next := f.peek(smallBuffer)
	for _, mark := range dumpMarks {
		if bytes.Contains(next, mark) {
			return true
		}
	}
	return false
}

// Text that went through a terminal has a carriage return before each line feed. It
// damages binary data. fewestFeeds and manyFeeds are how many line feeds must have
// one: in compressed data one in 256 bytes is a line feed.
const (
	fewestFeeds = 3
	manyFeeds   = 8
)

// wentThroughTerminal reports whether the first bytes have at least n line feeds, all
// behind a carriage return.
func wentThroughTerminal(head []byte, n int) bool {
	feeds := bytes.Count(head, []byte("\n"))
	return feeds >= n && bytes.Count(head, []byte("\r\n")) == feeds
}

// throughTerminal returns the cause of damage, for a dump or for a stream.
func throughTerminal(code outcome.Code, what string) error {
	return outcome.Fail(code, "the %s went through a terminal, which put a carriage return before each line feed", what).
		WithHint("do not allocate a terminal in the backup job: no docker exec -t, no ssh -t")
}

// explainTerminal replaces the failure of an archive that went through a terminal.
func explainTerminal(err error, terminal bool) error {
	if terminal && (hasCode(err, outcome.DumpCorrupt) || hasCode(err, outcome.DumpTruncated)) {
		return throughTerminal(outcome.DumpCorrupt, "archive")
	}
	return err
}
