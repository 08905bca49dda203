package restore

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
)

// boundary is the plain dump that psql reads. No byte of it is a psql command of the
// dump: psql itself refuses commands, because it runs in restricted mode with a key
// that the dump does not know. Boundary omits the dump's own \restrict and \unrestrict.
// It replaces \connect and \encoding with commands that leave the restricted mode, do
// the same with arguments of drillgres, and enter it again with a new key.
type boundary struct {
	dump       *bufio.Reader
	offset     int64 // in the dump
	splices    []inspect.Splice
	key        string // of the restricted mode; empty: psql has none
	substitute string // what comes before the rest of the dump
}

func newBoundary(dump io.Reader, splices []inspect.Splice, key string) *boundary {
	return &boundary{dump: bufio.NewReaderSize(dump, 64<<10), splices: splices, key: key}
}

func (b *boundary) Read(p []byte) (int, error) {
	for {
		if b.substitute != "" {
			n := copy(p, b.substitute)
			b.substitute = b.substitute[n:]
			return n, nil
		}
		if len(b.splices) == 0 {
			return b.dump.Read(p)
		}
		next := b.splices[0]
		if room := next.Offset - b.offset; room > 0 {
			n, err := b.dump.Read(p[:min(int64(len(p)), room)])
			b.offset += int64(n)
			return n, err
		}
		b.splices = b.splices[1:]
		var skipped lineFeeds
		n, err := io.CopyN(&skipped, b.dump, next.Length)
		b.offset += n
		if err != nil && err != io.EOF { //nolint:errorlint // an error that wraps io.EOF is not the end of the dump
			return 0, err
		}
		b.substitute = b.replace(next) + strings.Repeat("\n", int(skipped))
	}
}

// lineFeeds counts the line feeds that are written to it.
type lineFeeds int

func (l *lineFeeds) Write(p []byte) (int, error) {
	*l += lineFeeds(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

// replace returns what psql reads instead of a part of the dump. A command of psql
// extends to the end of its line.
func (b *boundary) replace(s inspect.Splice) string {
	if !s.IsCommand() {
		return s.SQL
	}
	command := `\encoding ` + s.Encoding
	if s.Database != "" {
		command = `\connect -reuse-previous=on "` + strings.ReplaceAll("dbname="+provision.ConninfoValue(s.Database), `"`, `""`) + `"`
	}
	if b.key == "" {
		return command
	}
	left := b.key
	b.key = newKey()
	return fmt.Sprintf("\\unrestrict %s\n%s\n\\restrict %s", left, command, b.key)
}

// moreLines is the number of lines that replace adds in restricted mode.
const moreLines = 2

// lineInDump returns the line of the dump for a line of the restricted psql's input.
func lineInDump(splices []inspect.Splice, line int64) int64 {
	for _, s := range splices {
		if s.IsCommand() && line > s.Line { // all lines before are those of the dump
			line -= min(moreLines, line-s.Line)
		}
	}
	return line
}

// newKey returns a key for psql's restricted mode.
func newKey() string { return rand.Text() }

// firstRestricted lists the minor version of each major from which psql has a
// restricted mode (release notes of 17.6, CVE-2025-8714).
var firstRestricted = map[int]int{13: 22, 14: 19, 15: 14, 16: 10, 17: 6}

// canRestrict reports whether the psql of a server's version has a restricted mode.
func canRestrict(version string) bool {
	var major, minor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n == 0 {
		return true // psql refuses the command if not
	}
	first, old := firstRestricted[major]
	return major >= 18 || old && minor >= first
}
