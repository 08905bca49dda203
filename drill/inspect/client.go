package inspect

import (
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// ClientCommand is a psql command in a plain dump. Restore does not pass it to psql: it
// omits \restrict and \unrestrict, and runs \connect and \encoding with its own
// arguments.
type ClientCommand struct {
	Offset int64 // in the decoded dump, of the backslash
	Length int64 // in bytes, without the line feed

	Database string // of \connect; empty: another command
	Encoding string // of \encoding; empty: another command
}

// maxClientCommands bounds the memory for them. A dump of pg_dump has two, and one of
// pg_dumpall a few for each database.
const maxClientCommands = 100_000

// addClientCommand adds the command that ends at the current position.
func (s *script) addClientCommand(c ClientCommand) error {
	if s.fragment {
		return nil
	}
	if len(s.k.c.ClientCommands) == maxClientCommands {
		return s.fail(s.f.line(), outcome.DumpHostile, "more than %d commands of psql", maxClientCommands)
	}
	c.Offset = s.lexer.Start()
	c.Length = s.commandEnd - c.Offset
	s.k.c.ClientCommands = append(s.k.c.ClientCommands, c)
	return nil
}

// plainDatabase matches a name that pg_dump writes without quotes (fe_utils/string_utils.c,
// appendPsqlMetaConnect).
var plainDatabase = regexp.MustCompile(`^[A-Za-z0-9_.]+$`)

// connectInfo is how pg_dump writes any other name: as the only key of a connection
// string.
const connectInfo = `-reuse-previous=on "dbname='`

// connectTarget returns the database that the arguments of \connect name. It returns
// false if they name anything else, such as another server or another user, or if
// psql would expand them.
func connectTarget(args string) (database string, ok bool) {
	if plainDatabase.MatchString(args) {
		return args, true
	}
	if name, ok := strings.CutPrefix(args, connectInfo); ok {
		name, ok = strings.CutSuffix(name, `'"`)
		return unescapeConnectInfo(name, ok)
	}
	// The pg_dump of old releases quotes a name like an SQL identifier.
	if len(args) > 2 && args[0] == '"' && args[len(args)-1] == '"' {
		name := args[1 : len(args)-1]
		quoted := strings.Contains(strings.ReplaceAll(name, `""`, ""), `"`)
		name = strings.ReplaceAll(name, `""`, `"`)
		return name, !quoted && !strings.ContainsAny(name, "=\\\r\n") && !strings.Contains(name, "://")
	}
	return "", false
}

// unescapeConnectInfo returns the value of a key in a connection string, which is
// inside double quotes of psql.
func unescapeConnectInfo(value string, ok bool) (string, bool) {
	var b strings.Builder
	for i := 0; ok && i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && i+1 < len(value):
			i++
			b.WriteByte(value[i])
		case c == '"' && strings.HasPrefix(value[i:], `""`):
			i++
			b.WriteByte('"')
		case c == '\\', c == '"', c == '\'', c == '\r', c == '\n':
			ok = false
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ok && b.Len() > 0
}
