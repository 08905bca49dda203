package inspect

import (
	"regexp"
	"strings"
)

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
