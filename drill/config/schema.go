package config

import (
	_ "embed"
)

// schema is made from the types of this package and their comments. A test makes
// it and fails when it is stale, so that the program needs neither its own source
// nor the package that reflects on it.
//
//go:generate go test -run TestSchemaIsCurrent -update .
//go:embed schema.json
var schema []byte

// Schema returns a JSON schema of the config file, for editors. It knows keys and
// types; Load knows the rest.
func Schema() []byte { return schema }
