package restore

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
)

// boundary is the plain dump that psql reads. No byte of it is a psql command of the
// dump: psql itself refuses commands, because it runs in restricted mode with a key
// that the dump does not know. Boundary omits the dump's own \restrict and \unrestrict.
// It replaces \connect and \encoding with commands that leave the restricted mode, do
// the same with arguments of drillgres, and enter it again with a new key. Every line
// keeps its number.
type boundary struct {
	dump       *bufio.Reader
	offset     int64 // in the dump
	commands   []inspect.ClientCommand
	key        string // of the restricted mode; empty: psql has none
	substitute string // what comes before the rest of the dump
}

func newBoundary(dump io.Reader, commands []inspect.ClientCommand, key string) *boundary {
	return &boundary{dump: bufio.NewReaderSize(dump, 64<<10), commands: commands, key: key}
}

func (b *boundary) Read(p []byte) (int, error) {
	for {
		if b.substitute != "" {
			n := copy(p, b.substitute)
			b.substitute = b.substitute[n:]
			return n, nil
		}
		if len(b.commands) == 0 {
			return b.dump.Read(p)
		}
		next := b.commands[0]
		if room := next.Offset - b.offset; room > 0 {
			n, err := b.dump.Read(p[:min(int64(len(p)), room)])
			b.offset += int64(n)
			return n, err
		}
		b.commands = b.commands[1:]
		skipped, err := io.CopyN(io.Discard, b.dump, next.Length)
		b.offset += skipped
		if err != nil && err != io.EOF { //nolint:errorlint // an error that wraps io.EOF is not the end of the dump
			return 0, err
		}
		b.substitute = b.replace(next)
	}
}

// replace returns the commands that do the same as a command of the dump.
func (b *boundary) replace(c inspect.ClientCommand) string {
	var command string
	switch {
	case c.Database != "":
		command = `\connect -reuse-previous=on "` + strings.ReplaceAll("dbname="+conninfoValue(c.Database), `"`, `""`) + `"`
	case c.Encoding != "":
		command = `\encoding ` + c.Encoding
	default:
		return ""
	}
	if b.key == "" {
		return command
	}
	left := b.key
	b.key = newKey()
	return fmt.Sprintf(`\unrestrict %s %s \restrict %s`, left, command, b.key)
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
