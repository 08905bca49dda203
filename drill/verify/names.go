package verify

import "github.com/drillgres/drillgres/drill/sqltext"

// display writes a name for a person, quoted where SQL would misread it.
func display(schema, name string) string {
	return sqltext.Name{Schema: schema, Name: name}.String()
}
