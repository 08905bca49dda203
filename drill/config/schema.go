package config

import (
	_ "embed"
)

// schema is generated from the types of this package and their comments. A test
// fails if it is stale. It is embedded so that the program needs neither its own
// source nor the package that generates the schema.
//
//go:generate go test -run TestSchemaIsCurrent -update .
//go:embed schema.json
var schema []byte

// Schema returns a JSON schema of the config file, for editors. It describes keys
// and types; all other rules are checked by Load.
func Schema() []byte { return schema }
