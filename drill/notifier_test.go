package drill_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
)

// notifier records what it is told, in order.
type notifier struct {
	told     *[]string
	startErr error
	tellErr  error
}

func (n notifier) Start(_ context.Context, r outcome.Result) error {
	*n.told = append(*n.told, "start "+r.RunID)
	return n.startErr
}

func (n notifier) Tell(_ context.Context, r outcome.Result) error {
	*n.told = append(*n.told, "end "+r.RunID+" "+string(r.Verdict)+" "+strings.Join(r.TellErrors, "; "))
	return n.tellErr
}

// TestNotifierIsToldLast checks that people hear of a start before the end, and that the
// result was not recorded; and that each receiver that failed is an error of its own, none
// of which is in the record.
func TestNotifierIsToldLast(t *testing.T) {
	s := newScript()
	s.tellErr = errors.New("the history is down")
	d := s.drill()
	var told []string
	d.Notifier = notifier{&told, errors.New("no start"), errors.Join(errors.New("no a"), errors.New("no b"))}
	got := d.Run(t.Context())
	if diff := cmp.Diff([]string{"start " + d.RunID, "end " + d.RunID + " passed the history is down"}, told); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"the history is down", "no a", "no b", "no start"}, got.TellErrors); diff != "" || got.ExitCode != outcome.ExitNotRecorded {
		t.Errorf("exit %d: %s", got.ExitCode, diff)
	}
}

// TestNoStartAfterASignal checks that a drill that does not begin is not announced: its
// receiver would wait for the end.
func TestNoStartAfterASignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := newScript().drill()
	var told []string
	d.Notifier = notifier{told: &told}
	if d.Run(ctx); slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, "start") }) {
		t.Errorf("told %q", told)
	}
}
