package verify

import "github.com/drillgres/drillgres/drill/sqltext"

// displayName formats a name for a message, quoted where SQL requires it.
func displayName(schema, name string) string {
	return sqltext.Name{Schema: schema, Name: name}.String()
}
