package inspect

import (
	"bytes"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// maxCommand is how many bytes of a psql command are read. It is enough for a
// quoted database name and for the 63 characters of a \restrict key.
const maxCommand = 512

// readCommand reads a psql command. It allows only the commands that pg_dump
// writes: any other could read files or run programs during the restore.
func (s *script) readCommand() error {
	line := s.f.line()
	if s.fragment {
		return s.fail(line, outcome.DumpCorrupt, "a backslash in the SQL of an archive")
	}
	text, whole := s.commandLine()
	s.commandEnd = s.f.offset()
	name, args := splitCommand(text)
	switch {
	case !whole && s.isCut(text):
		return s.fail(line, outcome.DumpTruncated, "the dump ends within a command of psql")
	case !s.isCommand(name):
		return s.fail(line, outcome.DumpCorrupt, "a row outside of any COPY: the COPY line before it is missing")
	case !s.st.isEmpty(), len(text) == maxCommand: // the rest of a longer line was not read
		return s.hostile(name, line)
	}
	var c Splice
	var err error
	switch name {
	case "restrict":
		err = s.restrict(args, line)
	case "unrestrict":
		err = s.unrestrict(args, line)
	case "connect":
		c.Database, err = s.connect(args, line)
	case "encoding":
		c.Encoding, err = s.encoding(args, line)
	default:
		err = s.hostile(name, line)
	}
	if err != nil {
		return err
	}
	s.addCommand(c, line)
	return nil
}

// commandLine reads the rest of the line after the backslash. It reports whether
// the line is complete.
func (s *script) commandLine() (string, bool) {
	var line []byte
	for w := s.f.window(); len(w) > 0; w = s.f.window() {
		i := bytes.IndexByte(w, '\n')
		n := indexOrEnd(w, i)
		if room := maxCommand - len(line); room > 0 {
			line = append(line, w[:min(n, room)]...)
		}
		s.f.skip(n)
		if i >= 0 {
			return string(line), true
		}
	}
	return string(line), false
}

func indexOrEnd(w []byte, i int) int {
	if i < 0 {
		return len(w)
	}
	return i
}

// splitCommand splits the name from the arguments. The name ends at white space or
// at the backslash of the next command.
func splitCommand(text string) (name, args string) {
	i := strings.IndexAny(text, " \t\r\n\v\f\\")
	switch {
	case i < 0:
		return text, ""
	case i == 0 && text[0] == '\\':
		return `\`, text[1:]
	}
	return text[:i], strings.TrimSpace(text[i:])
}

// isCut reports whether text is a command of pg_dump that the end of the file cuts.
func (s *script) isCut(text string) bool {
	if !s.st.isEmpty() {
		return false
	}
	for _, full := range []string{"restrict \n", "connect \n", "encoding SQL_ASCII\n", "unrestrict " + s.key} {
		if text != full && strings.HasPrefix(full, text) {
			return true
		}
	}
	return false
}

// isCommand reports whether psql has a command with this name. Any other name is
// not an attack but a row that is read as SQL. The same is true for the letters of
// COPY's escapes within a line.
func (s *script) isCommand(name string) bool {
	switch {
	case name == "":
		return false
	case !s.st.isEmpty() && len(name) == 1 && strings.ContainsAny(name, "bfnrtvx"):
		return false
	case strings.ContainsAny(name[:1], "!;:?"), strings.HasPrefix(name, "lo_"):
		return true
	}
	plain := strings.TrimRight(name, "+S")
	return slices.Contains(commands, name) || slices.Contains(commands, plain) ||
		name[0] == 'd' && len(name) <= 7 && isLetters(plain)
}

// commands holds the commands of psql up to 18, without the \d family.
var commands = strings.Fields(`a bind bind_named c C cd close close_prepared connect conninfo copy copyright crosstabview
	e echo edit ef elif else encoding endif endpipeline errverbose ev f flush flushrequest g gdesc getenv getresults gexec
	gset gx h H help html i if include include_relative ir l list o out p parse password print prompt pset q qecho quit
	r reset restrict s sendpipeline set setenv sf startpipeline sv syncpipeline t T timing unrestrict unset w warn watch
	write x z`)

func isLetters(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

func (s *script) hostile(name string, line int64) error {
	return s.fail(line, outcome.DumpHostile, `psql's command \%s, which pg_dump never writes`, shownCommand(name))
}

// shownCommand returns the name of a command for a message. It returns only the part
// that psql defines, because the rest may belong to a row that is read as SQL.
func shownCommand(name string) string {
	plain := strings.TrimRight(name, "+S")
	switch {
	case slices.Contains(commands, name), slices.Contains(largeObjectCommands, name):
		return name
	case slices.Contains(commands, plain):
		return plain
	case strings.HasPrefix(name, "lo_"):
		return "lo_"
	}
	return name[:min(len(name), 1)]
}

// largeObjectCommands holds the commands of psql for large objects.
var largeObjectCommands = strings.Fields("lo_export lo_import lo_list lo_unlink")

// noKey is the key in the restore.sql of a dump in tar format, for which pg_dump
// generates none.
const noKey = "(null)"

func (s *script) restrict(key string, line int64) error {
	switch {
	case s.key == "" && key == noKey:
		return nil
	case s.key != "" && s.heads > s.tails+1:
		return s.fail(line, outcome.DumpTruncated, "another dump begins before this one has its end")
	case s.key != "":
		return s.hostile("restrict", line)
	case !isKey(key):
		return s.fail(line, outcome.DumpHostile, `\restrict with a key that pg_dump does not generate`)
	}
	s.key = key
	s.k.c.Restricted = true
	return nil
}

// unrestrict checks that the key is that of the \restrict. A different key is not
// an attack if the file consists of several dumps and one of them has lost its
// beginning, or its beginning was read as rows of the dump before, or if it is the last
// line of a dump: a resumed upload leaves the beginning of one file and the end of another.
func (s *script) unrestrict(key string, line int64) error {
	switch {
	case s.key == "" && key == noKey:
		return nil
	case s.key != "" && key == s.key:
		s.key = ""
		return nil
	case s.key == "" && s.tails > s.heads:
		return s.fail(line, outcome.DumpTruncated, "the dump has an end but no beginning (%s)", dumpHead)
	case s.swallowed != nil && isKey(key):
		f := s.fail(s.swallowed.line, outcome.DumpTruncated, "the rows of %s run into the beginning of another dump", plainName(s.swallowed.table))
		f.Object = objectName(s.swallowed.table)
		return f
	}
	if s.key != "" && isGeneratedKey(key) && s.isBehindTail() {
		return s.fail(line, outcome.DumpCorrupt, `the file is the beginning of one dump and the end of another: \restrict and \unrestrict have different keys`)
	}
	return s.fail(line, outcome.DumpHostile, `\unrestrict with a different key than its \restrict`)
}

// connect allows a \connect to another database of the same server, and returns its
// name. psql runs text between backticks as a program.
func (s *script) connect(args string, line int64) (database string, err error) {
	database, ok := connectTarget(args)
	if s.key != "" || !ok {
		return "", s.hostile("connect", line)
	}
	s.lexer.NonStandard = false
	s.k.resetSession()
	clear(s.k.temporary)
	s.section = section{}
	s.k.beginDatabase(database)
	if s.k.c.Format == Plain {
		s.k.c.CreatesDatabase, s.k.c.Creates = true, ""
	}
	return database, nil
}

// encoding allows the \encoding that pg_dump writes before a \connect to a database
// with special characters in its name.
func (s *script) encoding(args string, line int64) (string, error) {
	if s.key != "" || args != "SQL_ASCII" {
		return "", s.hostile("encoding", line)
	}
	return args, nil
}

// isBehindTail reports whether the only dump of the file has ended, and nothing but
// empty comments followed its end.
func (s *script) isBehindTail() bool {
	return s.heads == 1 && s.tails == 1 && s.lastRemark == dumpTail && s.statements == s.tailStatements
}

// generatedKey is the length of a key that pg_dump generates (generate_restrict_key).
const generatedKey = 63

// isGeneratedKey reports whether pg_dump can have generated a key: letters and digits.
func isGeneratedKey(key string) bool {
	return len(key) == generatedKey && isKey(key) && !strings.Contains(key, "_")
}

func isKey(key string) bool {
	for i := range len(key) {
		if c := key[i]; c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return key != ""
}
