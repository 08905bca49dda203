package verify

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/fingerprint"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestDriftOfKeys reports a database that has lost all of its constraints or indexes.
func TestDriftOfKeys(t *testing.T) {
	schemaOf := func(parts ...string) outcome.Schema {
		s := outcome.Schema{Fingerprint: "v1:" + strings.Join(parts, ","), Parts: map[string]string{}}
		for _, p := range parts {
			s.Parts[p] = "v1:" + p
		}
		return s
	}
	tables := tablesOf(rowsOf("public.t", 1))
	for _, c := range []struct {
		was, is  outcome.Schema
		problems []string
	}{
		{schemaOf("columns", "constraints", "indexes"), schemaOf("columns"), []string{"no constraint is left, and run then had some", "no index is left, and run then had some"}},
		{schemaOf("columns", "constraints", "indexes"), schemaOf("columns", "constraints"), []string{"no index is left, and run then had some"}},
		{schemaOf("columns"), schemaOf("columns"), []string{}},
		{schemaOf("columns"), schemaOf("columns", "constraints"), []string{}},
	} {
		was := outcome.Result{RunID: "then", Tables: tables, Schema: c.was, Postgres: outcome.Postgres{Version: "15.18"}}
		got := compare(drift20, outcome.Earlier{Drills: 1, Backups: []outcome.Result{was}}, content{tables: tables, major: 15, schema: schema{Schema: fingerprint.Schema{Whole: c.is}}})
		want(t, "problems", problemTexts(got.problems), c.problems)
	}
}
