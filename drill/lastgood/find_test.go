package lastgood

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// backup returns the backup of so many nights ago.
func backup(nights int) Backup {
	key := fmt.Sprintf("shop-%02d.dump", 30-nights)
	return Backup{
		Key: key, URI: "s3://b/" + key, SizeBytes: 7, MainSize: 7, ETag: "e" + key,
		ModifiedAt: noon.Add(-time.Duration(nights) * 24 * time.Hour), State: Untested,
	}
}

func backups(n int) (list []Backup) {
	for i := range n {
		list = append(list, backup(i))
	}
	return list
}

// drilled returns the result of a drill of b that ended in a code, or passed if it is empty.
func drilled(b Backup, code outcome.Code, stage outcome.Stage) outcome.Result {
	r := outcome.Result{
		Kind: outcome.KindDrill, RunID: "run-" + b.Key, Verdict: outcome.VerdictPassed, FinishedAt: noon,
		Backup: outcome.Backup{URI: b.URI, SizeBytes: b.MainSize, ETag: b.ETag, ModifiedAt: b.ModifiedAt, Chosen: outcome.ChosenKey},
		Stages: []outcome.StageReport{{Stage: outcome.Verify, Status: outcome.StagePassed}},
	}
	if code == "" {
		return r
	}
	f := outcome.Fail(code, "%s", code)
	f.Stage = stage
	if r.Verdict, r.ExitCode, r.Failure = f.Class().Verdict(), f.Class().ExitCode(), f.Report(); stage != outcome.App && stage != outcome.Migrate {
		r.Stages[0].Status = outcome.StageNotReached
	}
	return r
}

func TestJudge(t *testing.T) {
	b := backup(0)
	over := drilled(b, outcome.OverBudget, outcome.App)
	late := drilled(b, outcome.RestoreTimeout, outcome.Restore)
	answer := drilled(b, "", "")
	answer.Kind = outcome.KindAnswer
	ofFirstVersion := drilled(b, "", "")
	ofFirstVersion.Kind = ""
	wrongKey := drilled(b, outcome.KeyWrong, outcome.Fetch)
	ofBackup := drilled(b, outcome.KeyWrong, outcome.Fetch)
	ofBackup.Failure.Class, ofBackup.Verdict = outcome.ClassBackup, outcome.VerdictFailed
	for name, tt := range map[string]struct {
		drill outcome.Result
		want  State
	}{
		"passed":                       {drilled(b, "", ""), Good},
		"passed, of version 0.1":       {ofFirstVersion, Good},
		"cut":                          {drilled(b, outcome.DumpTruncated, outcome.Inspect), Bad},
		"schema":                       {drilled(b, outcome.SearchPathDependency, outcome.Restore), Bad},
		"drifted":                      {drilled(b, outcome.ContentDrifted, outcome.Verify), Bad},
		"application":                  {drilled(b, outcome.SmokeFailed, outcome.App), Good},
		"release":                      {drilled(b, outcome.MigrationFailed, outcome.Migrate), Good},
		"over budget":                  {over, Good},
		"did not end":                  {late, Untested},
		"too old to be the newest":     {drilled(b, outcome.BackupStale, outcome.Locate), Untested},
		"archived":                     {drilled(b, outcome.BackupArchived, outcome.Fetch), Untested},
		"no engine":                    {drilled(b, outcome.EngineUnreachable, outcome.Provision), Untested},
		"engine lost while it ran":     {drilled(b, outcome.SandboxLost, outcome.App), Untested},
		"interrupted":                  {drilled(b, outcome.Interrupted, outcome.Restore), Untested},
		"wrong key":                    {wrongKey, Untested},
		"no longer opened by a key":    {ofBackup, Bad},
		"answer from drills on record": {answer, Untested},
	} {
		if got := Judge(tt.drill); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

func TestRecall(t *testing.T) {
	changed := func(change func(*outcome.Backup)) outcome.Result {
		r := drilled(backup(0), "", "")
		change(&r.Backup)
		return r
	}
	set := backup(0)
	set.PartSizes = map[string]int64{"s3://b/roles.sql": 5}
	part := func(size int64) outcome.Result {
		return changed(func(b *outcome.Backup) { b.Parts = []outcome.Part{{URI: "s3://b/roles.sql", SizeBytes: size}} })
	}
	undated := backup(0)
	undated.ModifiedAt, undated.ETag, undated.MainSize = time.Time{}, "", -1
	bad, lost := drilled(backup(0), outcome.DumpCorrupt, outcome.Fetch), drilled(backup(0), outcome.SandboxLost, outcome.Restore)
	drift := drilled(backup(0), outcome.ContentDrifted, outcome.Verify)
	drift.RunID = "accepted"
	for name, tt := range map[string]struct {
		backup Backup
		drills []outcome.Result
		want   State
	}{
		"no drill":                   {backup(0), nil, Untested},
		"passed":                     {backup(0), []outcome.Result{drilled(backup(0), "", "")}, Good},
		"of another backup":          {backup(0), []outcome.Result{drilled(backup(1), "", "")}, Untested},
		"the newest drill counts":    {backup(0), []outcome.Result{bad, drilled(backup(0), "", "")}, Bad},
		"unproved does not count":    {backup(0), []outcome.Result{lost, drilled(backup(0), "", "")}, Good},
		"drifted and accepted":       {backup(0), []outcome.Result{drift}, Good},
		"another ETag":               {backup(0), []outcome.Result{changed(func(b *outcome.Backup) { b.ETag = "other" })}, Untested},
		"another size":               {backup(0), []outcome.Result{changed(func(b *outcome.Backup) { b.SizeBytes++ })}, Untested},
		"another time":               {backup(0), []outcome.Result{changed(func(b *outcome.Backup) { b.ModifiedAt = noon.Add(1) })}, Untested},
		"the time is not on record":  {backup(0), []outcome.Result{changed(func(b *outcome.Backup) { b.ModifiedAt = time.Time{} })}, Good},
		"the listing has no version": {backup(0), []outcome.Result{changed(func(b *outcome.Backup) { b.VersionID = "v1" })}, Good},
		"only the name is known":     {undated, []outcome.Result{changed(func(b *outcome.Backup) { b.ModifiedAt = time.Time{} })}, Untested},
		"a part of the same size":    {set, []outcome.Result{part(5)}, Good},
		"a part of another size":     {set, []outcome.Result{part(6)}, Untested},
	} {
		list := []Backup{tt.backup}
		Recall(list, tt.drills, func(runID string) bool { return runID == "accepted" })
		if list[0].State != tt.want || (list[0].KnownBy == ByRecord) != (tt.want != Untested) {
			t.Errorf("%s: got %+v, want %s", name, list[0], tt.want)
		}
	}
}

// ends are how the drills of a test end, by key: a code, or nothing if the drill passes.
type ends map[string]outcome.Code

// find searches n backups whose drills end in that way.
func find(n, maxDrills int, e ends, stages map[outcome.Code]outcome.Stage) (r Report, drills []string) {
	f := Finder{Now: func() time.Time { return noon }, MaxDrills: maxDrills, Drill: func(_ context.Context, b Backup) outcome.Result {
		drills = append(drills, b.Key)
		code := e[b.Key]
		stage, ok := stages[code]
		if !ok {
			stage = outcome.Inspect
		}
		return drilled(b, code, stage)
	}}
	r = f.Find(context.Background(), Report{Backups: backups(n)})
	return r, drills
}

func TestFind(t *testing.T) {
	stages := map[outcome.Code]outcome.Stage{
		outcome.EngineUnreachable: outcome.Provision, outcome.ConfigInvalid: outcome.Locate, outcome.KeyMissing: outcome.Fetch,
		outcome.RestoreTimeout: outcome.Restore, outcome.Interrupted: outcome.Restore, outcome.SourceDenied: outcome.Fetch,
	}
	const cut = outcome.DumpTruncated
	for name, tt := range map[string]struct {
		ends   ends
		max    int
		answer Answer
		exit   int
		backup string
		drills []string
	}{
		"the newest restores":  {ends{}, 9, Found, 0, "shop-30.dump", []string{"shop-30.dump"}},
		"one is cut":           {ends{"shop-30.dump": cut}, 9, Found, 0, "shop-29.dump", []string{"shop-30.dump", "shop-29.dump"}},
		"all are cut":          {ends{"shop-30.dump": cut, "shop-29.dump": cut, "shop-28.dump": cut}, 9, None, 3, "", []string{"shop-30.dump", "shop-29.dump", "shop-28.dump"}},
		"no drill is allowed":  {ends{}, 0, Unfinished, 5, "", nil},
		"a key is missing":     {ends{"shop-30.dump": outcome.KeyMissing}, 9, Unfinished, 5, "shop-29.dump", []string{"shop-30.dump", "shop-29.dump"}},
		"one takes too long":   {ends{"shop-30.dump": outcome.RestoreTimeout}, 9, Unfinished, 5, "shop-29.dump", []string{"shop-30.dump", "shop-29.dump"}},
		"one was deleted":      {ends{"shop-30.dump": outcome.ConfigInvalid}, 9, Found, 0, "shop-29.dump", []string{"shop-30.dump", "shop-29.dump"}},
		"one cannot be read":   {ends{"shop-30.dump": outcome.SourceDenied}, 9, Unfinished, 5, "shop-29.dump", []string{"shop-30.dump", "shop-29.dump"}},
		"only broken or dark":  {ends{"shop-30.dump": cut, "shop-29.dump": cut, "shop-28.dump": outcome.KeyMissing}, 9, Unfinished, 5, "", []string{"shop-30.dump", "shop-29.dump", "shop-28.dump"}},
		"the engine is gone":   {ends{"shop-30.dump": cut, "shop-29.dump": outcome.EngineUnreachable}, 9, Unfinished, 5, "", []string{"shop-30.dump", "shop-29.dump"}},
		"it is interrupted":    {ends{"shop-30.dump": outcome.Interrupted}, 9, Unfinished, 130, "", []string{"shop-30.dump"}},
		"there is a bug in it": {ends{"shop-30.dump": outcome.Internal}, 9, Unfinished, 1, "", []string{"shop-30.dump"}},
	} {
		r, drills := find(3, tt.max, tt.ends, stages)
		key := ""
		if r.Backup != nil {
			key = r.Backup.Key
		}
		if r.Answer != tt.answer || r.ExitCode != tt.exit || key != tt.backup || !slices.Equal(drills, tt.drills) || r.Drills != len(drills) {
			t.Errorf("%s: %s, exit %d, %q after drills of %q", name, r.Answer, r.ExitCode, key, drills)
		}
		if (r.Failure != nil) != (r.Answer == Unfinished && tt.exit != 5 || name == "the engine is gone") {
			t.Errorf("%s: failure %+v", name, r.Failure)
		}
	}
}

// TestFindReportsTheAge checks how far back the answer is, and what is left out.
func TestFindReportsTheAge(t *testing.T) {
	e := ends{}
	for night := 24; night <= 30; night++ {
		e[backup(30-night).Key] = outcome.DumpTruncated
	}
	r, _ := find(30, 10, e, nil)
	want := Report{
		SchemaVersion: outcome.SchemaVersion, FinishedAt: noon, Answer: Found, Backup: r.Backup, AgeSeconds: r.AgeSeconds, Drills: 6, MaxDrills: 10, Backups: r.Backups,
		Open: []string{}, Skipped: []string{}, Assumed: []string{"shop-28.dump", "shop-26.dump"},
		Findings: []outcome.Finding{}, Leftovers: []string{}, TellErrors: []string{},
	}
	if diff := cmp.Diff(want, r); diff != "" || r.Backup.Key != "shop-23.dump" || *r.AgeSeconds != 7*86400 {
		t.Errorf("%v seconds, %s\n%s", r.AgeSeconds, r.Backup.Key, diff)
	}
}

// TestFindChecksWhichBackupWasDrilled lets a name lead to another backup: its result is not
// that of the one that was meant.
func TestFindChecksWhichBackupWasDrilled(t *testing.T) {
	f := Finder{Now: time.Now, MaxDrills: 9, Drill: func(_ context.Context, b Backup) outcome.Result {
		if b.Key == "shop-30.dump" {
			return drilled(backup(1), "", "")
		}
		return drilled(b, "", "")
	}}
	r := f.Find(t.Context(), Report{Backups: backups(2)})
	if r.Backup == nil || r.Backup.Key != "shop-29.dump" || !slices.Equal(r.Skipped, []string{"shop-30.dump"}) {
		t.Errorf("%+v, skipped %q", r.Backup, r.Skipped)
	}
}

// TestFindReportsWhatIsNotRecorded checks the exit code if a drill could not be recorded.
func TestFindReportsWhatIsNotRecorded(t *testing.T) {
	f := Finder{Now: time.Now, MaxDrills: 9, Drill: func(_ context.Context, b Backup) outcome.Result {
		r := drilled(b, "", "")
		r.TellErrors = []string{"the history is read-only"}
		return r
	}}
	if r := f.Find(t.Context(), Report{Backups: backups(1)}); r.Answer != Found || r.ExitCode != outcome.ExitNotRecorded || len(r.TellErrors) != 1 {
		t.Errorf("%s, exit %d, %q", r.Answer, r.ExitCode, r.TellErrors)
	}
}
