package restore_test

import (
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
)

// TestStepsNameTheProgramsOfALoad checks that what a restore will need is known before it begins.
func TestStepsNameTheProgramsOfALoad(t *testing.T) {
	plain := inspect.Source{Format: inspect.Plain, Outline: &inspect.Outline{}}
	archive := inspect.Source{Format: inspect.Custom, Blocks: []inspect.Block{{}}}
	before := []config.SQL{"select 1"}
	for name, c := range map[string]struct {
		source        inspect.Source
		before        []config.SQL
		tool, program string
	}{
		"plain":                        {source: plain},
		"plain with restore.before":    {source: plain, before: before, tool: "psql", program: "psql"},
		"archive":                      {source: archive, program: "pg_restore"},
		"archive with restore.before":  {source: archive, before: before, tool: "pg_restore", program: "pg_restore"},
		"plain, not for several":       {source: inspect.Source{Format: inspect.Plain}, tool: "psql", program: "psql"},
		"archive in tar, for one only": {source: inspect.Source{Format: inspect.Tar}, tool: "pg_restore", program: "pg_restore"},
	} {
		r := restore.Restorer{Config: config.Restore{Loader: restore.LoaderParallel, Jobs: 2, Before: c.before}}
		steps := r.Steps(provision.Server{Major: 15}, restore.Dump{Source: c.source})
		if len(steps) != 1 || steps[0].Tool != c.tool || steps[0].Program != c.program {
			t.Errorf("%s: %+v, want %q with %q", name, steps, c.tool, c.program)
		}
	}
}
