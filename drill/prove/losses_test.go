package prove_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/prove"
)

// TestLossesArePromised checks that the dump in the drill of a control promises nothing
// of what was removed, and everything else.
func TestLossesArePromised(t *testing.T) {
	for _, name := range []string{"plain-15.sql", "custom-18.dump", "inserts-15.dump", "root-17.dump"} {
		b := backupOf(t, realDump(t, name))
		rows, sequence := clone(b.Promised), clone(b.Promised)
		for i, table := range rows.Tables {
			if table.Name == "ta\nble" {
				rows.Tables[i].Rows, rows.Tables[i].Bytes = 0, 0
			}
		}
		for i, s := range sequence.Sequences {
			if s.Name == "users_id_seq" {
				sequence.Sequences[i].Last = 2
			}
		}
		for control, want := range map[string]inspect.Promise{"rows_removed": rows, "sequence_back": sequence} {
			before := clone(b.Promised)
			got := prove.Promised(controlFor(t, b, anyDatabase, control), b.Promised)
			if diff := cmp.Diff(want, got); diff != "" || cmp.Equal(before, got) {
				t.Errorf("%s, %s (-want +got):\n%s", name, control, diff)
			}
			if diff := cmp.Diff(before, b.Promised); diff != "" {
				t.Errorf("%s, %s changed what the intact backup promises:\n%s", name, control, diff)
			}
		}
	}
}

func clone(c inspect.Promise) inspect.Promise {
	c.Tables = append([]inspect.Table(nil), c.Tables...)
	c.Sequences = append([]inspect.Sequence(nil), c.Sequences...)
	return c
}
