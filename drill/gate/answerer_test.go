package gate

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
)

// shelf is a history of fixed drills, or of an error.
type shelf struct {
	drills []outcome.Result
	err    error
	asked  record.Filter
}

func (s *shelf) List(_ context.Context, f record.Filter) ([]outcome.Result, error) {
	s.asked = f
	return s.drills, s.err
}

func answererOf(h *shelf) (a Answerer, reported *[]outcome.Result) {
	reported = new([]outcome.Result)
	redactor := new(redact.Redactor)
	redactor.Add("canary-4711")
	return Answerer{
		History: h, Version: "1.2.3", Now: func() time.Time { return now }, Redactor: redactor,
		NewRunID: func(time.Time) (string, error) { return "run", nil },
		Tell: func(_ context.Context, r outcome.Result) outcome.Result {
			*reported = append(*reported, r)
			r.ExitCode += 100
			return r
		},
	}, reported
}

func TestAnswererRests(t *testing.T) {
	h := &shelf{drills: []outcome.Result{passed("night", hour, 2*hour)}}
	a, reported := answererOf(h)
	q := question()
	q.RequireDrill = day
	got, err := a.Rest(t.Context(), "shop", q)
	if err != nil || got.Gate == nil || got.Gate.Decision != outcome.Go || got.Gate.RestsOn != "night" || got.ExitCode != 100 {
		t.Errorf("%v, %+v", err, got)
	}
	if got.Kind != outcome.KindAnswer || got.RunID != "run" || got.Drillgres != "1.2.3" || got.Database != "shop" || got.SchemaVersion != 1 {
		t.Errorf("%+v", got)
	}
	if len(*reported) != 1 || h.asked.Database != "shop" || now.Sub(h.asked.Since) < day {
		t.Errorf("reported %d, requested %+v", len(*reported), h.asked)
	}
	h.err = outcome.Fail(outcome.HistoryUnavailable, "down")
	if _, err := a.Rest(t.Context(), "shop", q); err == nil || len(*reported) != 1 {
		t.Errorf("%v, reported %d", err, len(*reported))
	}
}

// TestUnanswered: a drill that could not start is unknown, and is reported without secrets.
func TestUnanswered(t *testing.T) {
	for _, tt := range []struct {
		require time.Duration
		kind    outcome.Kind
	}{{0, outcome.KindDrill}, {day, outcome.KindAnswer}} {
		a, reported := answererOf(&shelf{})
		q := question()
		q.RequireDrill = tt.require
		a.Unanswered(t.Context(), "shop", q, outcome.Fail(outcome.HistoryUnavailable, "down: canary-4711").WithHint("see canary-4711"))
		if len(*reported) != 1 {
			t.Fatalf("reported %d", len(*reported))
		}
		r := (*reported)[0]
		if r.Kind != tt.kind || r.Verdict != outcome.VerdictUnproved || r.ExitCode != 5 || r.Gate == nil || r.Gate.Decision != outcome.Unknown {
			t.Errorf("%+v", r)
		}
		if text := r.Failure.Message + r.Failure.Hint + r.Gate.Why; strings.Contains(text, "canary") {
			t.Error(text)
		}
	}
}
