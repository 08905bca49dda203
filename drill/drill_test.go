package drill_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestRunPasses(t *testing.T) {
	s := newScript()
	got := s.drill().Run(t.Context())
	if got.Verdict != outcome.VerdictPassed || got.ExitCode != 0 || got.Failure != nil {
		t.Errorf("verdict %s, exit %d, failure %+v; want a pass", got.Verdict, got.ExitCode, got.Failure)
	}
	for _, stage := range got.Stages {
		if stage.Status != outcome.StagePassed {
			t.Errorf("stage %s is %s", stage.Stage, stage.Status)
		}
	}
	if len(got.Checks) != 1 || got.Checks[0].ConfigPath != "databases.shop.verify.queries[0]" {
		t.Errorf("checks %+v", got.Checks)
	}
	if s.pod.closed != 1 || s.cleaned != 1 || len(s.recorded) != 1 {
		t.Errorf("closed %d, cleaned %d, recorded %d; want each once", s.pod.closed, s.cleaned, len(s.recorded))
	}
}

// TestSandboxBeginsDuringALongFetch checks that the sandbox begins while a long fetch
// runs, and not during a short one.
func TestSandboxBeginsDuringALongFetch(t *testing.T) {
	s := newScript()
	s.during[outcome.Fetch] = func(context.Context) {
		select {
		case <-s.begun:
		case <-time.After(time.Minute):
			t.Error("a minute of fetching, and no sandbox was begun")
		}
	}
	if got := s.drill().Run(t.Context()); got.Verdict != outcome.VerdictPassed {
		t.Errorf("verdict %s, failure %+v; want a pass", got.Verdict, got.Failure)
	}
	s = newScript()
	s.drill().Run(t.Context())
	select {
	case <-s.begun:
		t.Error("begun during a short fetch")
	default:
	}
}

// TestRunStopsAtTheFirstFailure fails each stage in turn. The earlier stages must have
// passed, the later ones must not be reached, all must be listed, and the drill must
// clean up and record its result.
func TestRunStopsAtTheFirstFailure(t *testing.T) {
	for i, stage := range outcome.Stages {
		t.Run(string(stage), func(t *testing.T) {
			s := newScript()
			s.fail[stage] = outcome.Fail(outcome.DumpTruncated, "no end")
			got := s.drill().Run(t.Context())
			var want []outcome.Status
			for j := range outcome.Stages {
				switch {
				case j < i:
					want = append(want, outcome.StagePassed)
				case j == i:
					want = append(want, outcome.StageFailed)
				default:
					want = append(want, outcome.StageNotReached)
				}
			}
			var status []outcome.Status
			for _, r := range got.Stages {
				status = append(status, r.Status)
			}
			if diff := cmp.Diff(want, status); diff != "" {
				t.Errorf("stages (-want +got):\n%s", diff)
			}
			if got.Verdict != outcome.VerdictFailed || got.ExitCode != 3 || got.Failure.Stage != stage {
				t.Errorf("verdict %s, exit %d, failure %+v", got.Verdict, got.ExitCode, got.Failure)
			}
			if s.abandoned != 1 {
				t.Errorf("abandoned %d times; what was begun is never left", s.abandoned)
			}
			reached := slices.Index(outcome.Stages, outcome.Provision) <= i
			if (s.pod.closed == 1) != reached || s.cleaned != 1 || len(s.recorded) != 1 {
				t.Errorf("closed %d, cleaned %d, recorded %d", s.pod.closed, s.cleaned, len(s.recorded))
			}
		})
	}
}

func TestRunClassifies(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(*script, context.CancelFunc)
		code    outcome.Code
		exit    int
		verdict outcome.Verdict
	}{
		{"an error without a code is a bug", func(s *script, _ context.CancelFunc) {
			s.fail[outcome.Restore] = errors.New("surprise")
		}, outcome.Internal, 1, outcome.VerdictUnproved},
		{"a panic is a bug", func(s *script, _ context.CancelFunc) {
			s.during[outcome.Verify] = func(context.Context) { panic("oops") }
		}, outcome.Internal, 1, outcome.VerdictUnproved},
		{"an interrupted restore is not a failed recovery", func(s *script, cancel context.CancelFunc) {
			s.during[outcome.Restore] = func(context.Context) { cancel() }
			s.fail[outcome.Restore] = outcome.Fail(outcome.RestoreFailed, "psql was killed")
		}, outcome.Interrupted, 130, outcome.VerdictUnproved},
		{"an interruption between stages", func(s *script, cancel context.CancelFunc) {
			s.during[outcome.Locate] = func(context.Context) { cancel() }
		}, outcome.Interrupted, 130, outcome.VerdictUnproved},
		{"a lost sandbox explains what follows", func(s *script, _ context.CancelFunc) {
			s.pod.cause = outcome.Fail(outcome.SandboxLost, "the container was paused")
			s.during[outcome.Restore] = func(ctx context.Context) { close(s.pod.lost); <-ctx.Done() }
			s.fail[outcome.Restore] = outcome.Fail(outcome.RestoreFailed, "psql ended with 2")
		}, outcome.SandboxLost, 5, outcome.VerdictUnproved},
		{"a process killed for memory explains a failed query", func(s *script, _ context.CancelFunc) {
			s.pod.unhealthy = outcome.Fail(outcome.SandboxOutOfMemory, "killed")
			s.fail[outcome.Verify] = outcome.Fail(outcome.QueryFailed, "connection lost")
		}, outcome.SandboxOutOfMemory, 5, outcome.VerdictUnproved},
		{"an engine that is gone explains an application without an answer", func(s *script, _ context.CancelFunc) {
			s.pod.unhealthy = errors.New("the engine does not answer")
			s.fail[outcome.App] = outcome.Fail(outcome.SmokeFailed, "no answer: EOF")
		}, outcome.SandboxLost, 5, outcome.VerdictUnproved},
		{"a lost engine does not hide the error of the server", func(s *script, _ context.CancelFunc) {
			s.pod.unhealthy = errors.New("the engine does not answer")
			s.fail[outcome.Restore] = outcome.Fail(outcome.ConstraintViolated, "duplicate key")
		}, outcome.ConstraintViolated, 3, outcome.VerdictFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := newScript()
			tt.prepare(s, cancel)
			got := s.drill().Run(ctx)
			if got.Failure == nil || got.Failure.Code != tt.code || got.ExitCode != tt.exit || got.Verdict != tt.verdict {
				t.Errorf("got %s, exit %d, %+v; want %s, exit %d, %s", got.Verdict, got.ExitCode, got.Failure, tt.verdict, tt.exit, tt.code)
			}
			if s.cleaned != 1 || len(s.recorded) != 1 {
				t.Errorf("cleaned %d, recorded %d", s.cleaned, len(s.recorded))
			}
		})
	}
}

func TestRunEndsAStageThatHangs(t *testing.T) {
	s := newScript()
	s.during[outcome.Verify] = func(ctx context.Context) { <-ctx.Done() }
	s.fail[outcome.Verify] = context.DeadlineExceeded
	d := s.drill()
	d.Deadline = map[outcome.Stage]time.Duration{outcome.Verify: 10 * time.Millisecond}
	if got := d.Run(t.Context()); got.Failure == nil || got.Failure.Code != outcome.SandboxLost {
		t.Errorf("failure %+v, want sandbox_lost", got.Failure)
	}
}

func TestRunWithoutAnEngineFetchesNothing(t *testing.T) {
	s := newScript()
	s.during[outcome.Locate] = func(context.Context) { t.Error("located a backup though no engine answers") }
	d := s.drill()
	d.Preflight = func(context.Context) error { return outcome.Fail(outcome.EngineUnreachable, "no engine") }
	got := d.Run(t.Context())
	if got.Failure == nil || got.Failure.Code != outcome.EngineUnreachable || got.Failure.Stage != outcome.Provision || got.ExitCode != 5 {
		t.Errorf("failure %+v, exit %d", got.Failure, got.ExitCode)
	}
	if len(got.Stages) != len(outcome.Stages) || got.Stages[3].Status != outcome.StageFailed || got.Stages[0].Status != outcome.StageNotReached {
		t.Errorf("stages %+v", got.Stages)
	}
}

func TestRunReportsSkippedStages(t *testing.T) {
	s := newScript()
	d := s.drill()
	d.App, d.Migrator = nil, nil
	got := d.Run(t.Context())
	if got.Verdict != outcome.VerdictPassed || len(got.Stages) != len(outcome.Stages) {
		t.Errorf("verdict %s, stages %+v", got.Verdict, got.Stages)
	}
	for _, stage := range got.Stages[len(got.Stages)-2:] {
		if stage.Status != outcome.StageSkipped || stage.Reason == "" {
			t.Errorf("%+v", stage)
		}
	}
}

// TestRunWithASlowMigration checks that a migration over its budget fails the drill
// only if nothing worse was found.
func TestRunWithASlowMigration(t *testing.T) {
	for name, c := range map[string]struct {
		worse  error
		budget time.Duration
		code   outcome.Code
		exit   int
	}{
		"all else passes":    {code: outcome.MigrationOverBudget, exit: 6},
		"the release breaks": {worse: outcome.Fail(outcome.CurrentBreaks, "it breaks"), code: outcome.CurrentBreaks, exit: 4},
		"the drill is slow":  {budget: time.Nanosecond, code: outcome.OverBudget, exit: 6},
	} {
		s := newScript()
		s.slow, s.fail[outcome.Migrate] = outcome.Fail(outcome.MigrationOverBudget, "too slow"), c.worse
		d := s.drill()
		d.Budget.Total = c.budget
		got := d.Run(t.Context())
		if got.Failure == nil || got.Failure.Code != c.code || got.ExitCode != c.exit || got.Migration == nil {
			t.Errorf("%s: exit %d, %+v, %+v", name, got.ExitCode, got.Failure, got.Migration)
		}
		if got.Failure != nil && got.Failure.Code != outcome.OverBudget && got.Failure.Stage != outcome.Migrate {
			t.Errorf("%s: in stage %q", name, got.Failure.Stage)
		}
	}
}

func TestRunOverBudgetFailsADrillThatPassed(t *testing.T) {
	s := newScript()
	d := s.drill()
	d.Budget.Total = time.Nanosecond
	if got := d.Run(t.Context()); got.Failure == nil || got.Failure.Code != outcome.OverBudget || got.ExitCode != 6 || got.Verdict != outcome.VerdictFailed {
		t.Errorf("%s, exit %d, failure %+v", got.Verdict, got.ExitCode, got.Failure)
	}
}

func TestRunThatCannotBeRecordedExitsSeven(t *testing.T) {
	s := newScript()
	s.tellErr = errors.New("disk full at postgres://u:canary@h/d")
	got := s.drill().Run(t.Context())
	if got.Verdict != outcome.VerdictPassed || got.ExitCode != 7 || len(got.TellErrors) != 1 {
		t.Errorf("%s, exit %d, tell errors %q", got.Verdict, got.ExitCode, got.TellErrors)
	}
	if strings.Contains(got.TellErrors[0], "canary") {
		t.Errorf("a secret in %q", got.TellErrors[0])
	}
}

func TestRunKeepsTheSandboxWhenAsked(t *testing.T) {
	s := newScript()
	d := s.drill()
	d.Keep = true
	d.Run(t.Context())
	if s.pod.closed != 0 || s.cleaned != 1 {
		t.Errorf("closed %d, cleaned %d; want the pod kept and the files removed", s.pod.closed, s.cleaned)
	}
}

func TestRunReportsLeftoversAndRedacts(t *testing.T) {
	s := newScript()
	s.pod.left = []string{"volume x"}
	s.fail[outcome.App] = outcome.Fail(outcome.SmokeFailed, "password is canary-secret")
	d := s.drill()
	d.Redactor.Add("canary-secret")
	got := d.Run(t.Context())
	if !slices.Contains(got.Leftovers, "volume x") {
		t.Errorf("leftovers %q", got.Leftovers)
	}
	if strings.Contains(got.Failure.Message, "canary") {
		t.Errorf("a secret in %q", got.Failure.Message)
	}
}
