package prove_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/prove"
)

// control returns the control of that name.
func control(t *testing.T, b prove.Backup, name string) prove.Control {
	t.Helper()
	return controlFor(t, b, &config.Database{Postgres: config.Postgres{Version: "18"}}, name)
}

func controlFor(t *testing.T, b prove.Backup, db *config.Database, name string) prove.Control {
	t.Helper()
	controls := prove.Controls(b, db)
	i := slices.IndexFunc(controls, func(c prove.Control) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no control %s", name)
	}
	return controls[i]
}

// drillReturning is a drill that fails with a code; "" passes.
func drillReturning(code outcome.Code) func(context.Context, prove.Control, prove.Copy) outcome.Result {
	return func(context.Context, prove.Control, prove.Copy) outcome.Result {
		if code == passes {
			return outcome.Result{Verdict: outcome.VerdictPassed}
		}
		f := outcome.Fail(code, "as the test has it")
		f.Stage = outcome.Verify
		return outcome.Result{Verdict: f.Class().Verdict(), Failure: f.Report()}
	}
}

// TestJudge checks that a control holds if the drill fails with the right code, and
// that a drill that could not be carried out ends the proof.
func TestJudge(t *testing.T) {
	b := backupOf(t, realDump(t, "custom-15.dump"))
	tests := []struct {
		name   string
		code   outcome.Code
		status prove.Status
		end    outcome.Code // of the proving as a whole
	}{
		{"an expected code", outcome.RowsMissing, prove.Held, ""},
		{"another that names the loss", outcome.ContentDrifted, prove.Held, ""},
		{"it passes", passes, prove.NotHeld, ""},
		{"failed for another reason", outcome.IndexCorrupt, prove.NotHeld, ""},
		{"too slow", outcome.RestoreTimeout, prove.NotHeld, ""},
		{"a bug", outcome.Internal, prove.NotHeld, ""},
		{"the engine is gone", outcome.EngineUnreachable, prove.NotReached, outcome.EngineUnreachable},
		{"a signal", outcome.Interrupted, prove.NotReached, outcome.Interrupted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := prove.Trials{Dir: t.TempDir(), Drill: drillReturning(tt.code)}
			proofs, err := p.CarryOut(t.Context(), b, []prove.Control{control(t, b, "rows_removed")})
			if len(proofs) != 1 || proofs[0].Status != tt.status {
				t.Errorf("%+v, want %s", proofs, tt.status)
			}
			if tt.end == "" != (err == nil) || err != nil && outcome.AsFailure(err).Code != tt.end {
				t.Errorf("ended in %v, want %q", err, tt.end)
			}
			f := prove.Verdict(proofs)
			if (tt.status == prove.NotHeld) != (f != nil && f.Code == outcome.ControlFailed) {
				t.Errorf("verdict %v", f)
			}
			if tt.code == passes && !strings.Contains(f.Hint, "verify.tables.") {
				t.Errorf("the hint names no table to guard: %s", f.Hint)
			}
		})
	}
}

// TestNotApplicable checks that damage which cannot be detected is neither held nor a
// failure.
func TestNotApplicable(t *testing.T) {
	plain := realDump(t, "plain-15.sql")
	thirdParty := []byte("CREATE TABLE public.t (id integer);\nINSERT INTO public.t VALUES (1), (2);\n")
	unsummed, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(false))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, control string
		content       []byte
	}{
		{"a bare dump has no checksum", "flipped", plain},
		{"nor an archive that is not compressed", "flipped", realDump(t, "level0-13.dump")},
		{"nor one whose zstd has no checksum", "flipped", realDump(t, "zstd-17.dump")},
		{"nor a zstd around it without one", "flipped", unsummed.EncodeAll(plain, nil)},
		{"no last line of pg_dump", "cut_end", thirdParty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := backupOf(t, tt.content)
			p := prove.Trials{Dir: t.TempDir(), Drill: drillReturning(outcome.Internal)}
			proofs, err := p.CarryOut(t.Context(), b, []prove.Control{control(t, b, tt.control)})
			if err != nil || proofs[0].Status != prove.NotApplicable || proofs[0].Reason == "" || prove.Verdict(proofs) != nil {
				t.Errorf("%+v, %v", proofs, err)
			}
		})
	}
}

// TestChoosesTheLargestTable checks that the largest table that no foreign key
// references is chosen, unless it may lose all rows.
func TestChoosesTheLargestTable(t *testing.T) {
	b := backupOf(t, realDump(t, "plain-15.sql"))
	const largest, next, referenced = "\"odd.schema; \"\"s\"\"\".\"ta\nble\"", "sales.orders", "public.users"
	db := &config.Database{}
	check := func(about string) {
		t.Helper()
		if got := controlFor(t, b, db, "rows_removed").Did; !strings.Contains(got, about) {
			t.Errorf("%q is not about %q", got, about)
		}
	}
	check(largest)
	db.Verify.Drift.Tables = map[string]config.Percent{largest: 100}
	check(next)
	db.Verify.Drift.Tables["\"sales\".\"orders\""] = 100 // quoted without need
	check("public.events")
	delete(db.Verify.Drift.Tables, "\"sales\".\"orders\"")
	db.Verify.Tables = map[string]config.Table{largest: {MinRows: 1}}
	check(largest)

	db.Verify.Tables = nil
	for _, table := range []string{next, "public.events"} {
		db.Verify.Drift.Tables[table] = 100
	}
	check(referenced)
	if c := controlFor(t, b, db, "rows_removed"); !slices.Contains(c.Expected, outcome.ConstraintViolated) {
		t.Errorf("a foreign key points at the table, and expected is %q", c.Expected)
	}
	db.Verify.Drift.Tables[referenced] = 100
	if c := controlFor(t, b, db, "rows_removed"); c.Impossible == "" {
		t.Errorf("every table is given up, and yet %q", c.Did)
	}
}

// TestTablesOfExtensions checks that tables of extensions are not chosen: the dump does
// not create them.
func TestTablesOfExtensions(t *testing.T) {
	b := backupOf(t, realDump(t, "plain-15.sql"))
	b.Content = prove.Content{}
	for _, name := range []string{"rows_removed", "sequence_back"} {
		if c := control(t, b, name); c.Impossible == "" {
			t.Errorf("%s: %s", name, c.Did)
		}
	}
}

// TestChecksumInASidecarFile checks that it makes bit rot detectable in every format.
func TestChecksumInASidecarFile(t *testing.T) {
	for _, name := range []string{"plain-15.sql", "level0-13.dump", "custom-15.dump"} {
		b := backupOf(t, realDump(t, name))
		b.Located.SHA256 = b.SHA256
		p := prove.Trials{Dir: t.TempDir(), Drill: drillWithoutSandbox}
		proofs, err := p.CarryOut(t.Context(), b, []prove.Control{control(t, b, "flipped")})
		if err != nil || proofs[0].Status != prove.Held || proofs[0].Code != outcome.ChecksumMismatch {
			t.Errorf("%s: %+v, %v", name, proofs, err)
		}
	}
}

// drillWithoutSandbox is a drill that ends before the sandbox.
func drillWithoutSandbox(ctx context.Context, _ prove.Control, copied prove.Copy) (r outcome.Result) {
	if _, err := inspectCopy(ctx, copied); err != nil {
		r.Failure = outcome.AsFailure(err).Report()
	}
	return r
}

// TestCopyIsPrivate checks that a copy is in its own directory that no other user may
// enter, is as old as the backup, and is removed after its drill.
func TestCopyIsPrivate(t *testing.T) {
	b := backupOf(t, realDump(t, "plain-15.sql"))
	p := prove.Trials{Dir: t.TempDir()}
	var path string
	p.Drill = func(_ context.Context, _ prove.Control, copied prove.Copy) (r outcome.Result) {
		path = filepath.Join(copied.Dir, copied.Name)
		folder, err := os.Stat(copied.Dir)
		if err != nil || folder.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", folder.Mode(), err)
		}
		file, err := os.Stat(path)
		if err != nil || !file.ModTime().Equal(b.Located.ModifiedAt) {
			t.Errorf("the copy is from %v, the backup from %v, %v", file.ModTime(), b.Located.ModifiedAt, err)
		}
		return r
	}
	if _, err := p.CarryOut(t.Context(), b, []prove.Control{control(t, b, "cut_half")}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the copy is still there: %v", err)
	}
}

func TestCopyCannotBeMade(t *testing.T) {
	b := backupOf(t, realDump(t, "plain-15.sql"))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		p    prove.Trials
		code outcome.Code
	}{
		{"the limit leaves no room", t.Context(), prove.Trials{Limit: b.Size - 1}, outcome.DiskBudgetExceeded},
		{"interrupted", cancelled, prove.Trials{}, outcome.Interrupted},
		{"the backup was replaced", t.Context(), prove.Trials{Unchanged: func(context.Context) error {
			return outcome.Fail(outcome.BackupChanged, "replaced")
		}}, outcome.BackupChanged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.p.Dir = t.TempDir()
			tt.p.Drill = drillReturning(outcome.DumpTruncated)
			proofs, err := tt.p.CarryOut(tt.ctx, b, []prove.Control{control(t, b, "cut_half")})
			if err == nil || outcome.AsFailure(err).Code != tt.code || proofs[0].Status != prove.NotReached {
				t.Errorf("%v, %+v; want %s", err, proofs, tt.code)
			}
			if left, _ := os.ReadDir(tt.p.Dir); len(left) > 0 {
				t.Errorf("left behind %s", left[0].Name())
			}
		})
	}
}
