package drill_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/gate"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/migrate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// rehearsal is a Migrator that passes or fails.
type rehearsal struct{ err error }

func (r rehearsal) Migrate(context.Context, provision.Server) (migrate.Report, error) {
	return migrate.Report{Migration: &outcome.Migration{}}, r.err
}

// fresh is a backup that is one hour old.
type fresh struct{}

func (fresh) Locate(context.Context) (locate.Backup, error) {
	return locate.Backup{Object: locate.Object{ModifiedAt: time.Now().Add(-time.Hour)}}, nil
}

// TestTheAnswerIsRecorded checks that tellers get the answer with the result.
func TestTheAnswerIsRecorded(t *testing.T) {
	for _, tt := range []struct {
		name     string
		migrator *rehearsal
		want     outcome.Decision
		exit     int
	}{
		{"it passes", &rehearsal{}, outcome.Go, 0},
		{"it does not", &rehearsal{outcome.Fail(outcome.CurrentBreaks, "status 500")}, outcome.NoGo, 4},
		{"nothing was rehearsed", nil, outcome.Unknown, 1},
	} {
		s := newScript()
		d := s.drill()
		d.Locator, d.Gate = fresh{}, &gate.Question{Candidate: "shop:2", MaxBackupAge: 26 * time.Hour}
		d.Migrator = nil
		if tt.migrator != nil {
			d.Migrator = tt.migrator
		}
		got := d.Run(t.Context())
		if got.Gate == nil || got.Gate.Decision != tt.want || got.ExitCode != tt.exit {
			t.Errorf("%s: exit %d, %+v, %+v", tt.name, got.ExitCode, got.Gate, got.Failure)
		}
		if len(s.recorded) != 1 || s.recorded[0].Gate == nil || *s.recorded[0].Gate != *got.Gate || s.recorded[0].ExitCode != tt.exit {
			t.Errorf("%s: recorded %+v", tt.name, s.recorded)
		}
		if (got.ExitCode == 0) != (got.Verdict == outcome.VerdictPassed) {
			t.Errorf("%s: verdict %s, exit %d", tt.name, got.Verdict, got.ExitCode)
		}
	}
}

// TestPrepareRunsFirst checks that Prepare runs before the stages, within its own time
// limit, and only if the engine answers.
func TestPrepareRunsFirst(t *testing.T) {
	s := newScript()
	s.during[outcome.Locate] = func(context.Context) { t.Error("located a backup, and the image is not there") }
	d := s.drill()
	d.Preflight = func(context.Context) error { return nil }
	d.Prepare = func(context.Context) error { return outcome.Fail(outcome.ImageUnavailable, "no such image") }
	if got := d.Run(t.Context()); got.Failure == nil || got.Failure.Code != outcome.ImageUnavailable || got.Failure.Stage != outcome.Provision {
		t.Errorf("%+v", got.Failure)
	}
	d.Prepare = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	d.Deadline = map[outcome.Stage]time.Duration{outcome.Provision: time.Millisecond}
	if got := d.Run(t.Context()); got.Failure == nil || got.Failure.Code != outcome.EngineUnreachable || got.Failure.Message != "the container engine did not answer within 1ms" {
		t.Errorf("%+v", got.Failure)
	}
	d.Preflight = func(context.Context) error { return outcome.Fail(outcome.EngineUnreachable, "no engine") }
	d.Prepare = func(context.Context) error { t.Error("looked for an image, and no engine answers"); return nil }
	d.Run(t.Context())
}

// located is a backup as it was located.
type located struct{ locate.Backup }

func (l located) Locate(context.Context) (locate.Backup, error) { return l.Backup, nil }

// TestTooOldForTheRelease checks that a backup which only the release refuses is refused
// before it is restored, and that the run is not a failed drill of the database.
func TestTooOldForTheRelease(t *testing.T) {
	stale := outcome.Fail(outcome.BackupStale, "older than backup.max_age")
	of := func(age time.Duration) locate.Backup {
		return locate.Backup{Object: locate.Object{ModifiedAt: time.Now().Add(-age)}}
	}
	undated := locate.Backup{Object: locate.Object{Undated: true}}
	for name, c := range map[string]struct {
		backup  locate.Backup
		own     *outcome.Failure // of the database's own limit
		stage   outcome.Stage    // that failed
		kind    outcome.Kind
		verdict outcome.Verdict
	}{
		"young":          {of(time.Minute), nil, "", outcome.KindDrill, outcome.VerdictPassed},
		"too old":        {of(3 * time.Hour), nil, outcome.Locate, outcome.KindAnswer, outcome.VerdictUnproved},
		"in the future":  {of(-48 * time.Hour), nil, outcome.Locate, outcome.KindAnswer, outcome.VerdictUnproved},
		"of unknown age": {undated, nil, outcome.Inspect, outcome.KindAnswer, outcome.VerdictUnproved},
		"its own limit":  {of(3 * time.Hour), stale, outcome.Locate, outcome.KindDrill, outcome.VerdictFailed},
	} {
		s := newScript()
		d := s.drill()
		d.Locator, d.Migrator, d.Gate = located{c.backup}, &rehearsal{}, &gate.Question{Candidate: "shop:2", MaxBackupAge: time.Hour}
		if c.own != nil {
			s.fail[outcome.Locate] = c.own
			d.Locator = s
		}
		got := d.Run(t.Context())
		if got.Kind != c.kind || got.Verdict != c.verdict || s.recorded[0].Kind != c.kind {
			t.Errorf("%s: a %s that is %s: %+v", name, got.Kind, got.Verdict, got.Failure)
		}
		if c.stage == "" {
			continue
		}
		if got.Gate.Decision != outcome.NoGo || got.ExitCode != 3 || got.Failure.Code != outcome.BackupStale || got.Failure.Stage != c.stage {
			t.Errorf("%s: exit %d, %+v, %+v", name, got.ExitCode, got.Gate, got.Failure)
		}
		if after := got.Stages[slices.Index(outcome.Stages, outcome.Provision)]; after.Status != outcome.StageNotReached {
			t.Errorf("%s: it went on to %s: %s", name, after.Stage, after.Status)
		}
	}
}
