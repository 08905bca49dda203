package doctor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
)

func TestVolumes(t *testing.T) {
	const gib = int64(1) << 30
	known, guess := estimate{10 * gib, 10 * gib, "x"}, estimate{2 * gib, 30 * gib, "x"}
	for _, tt := range []struct {
		free, copied int64
		estimate     estimate
		want         Status
	}{
		{12 * gib, 0, known, OK},
		{10 * gib, 0, known, Wrong}, // a sandbox leaves 1 GiB
		{12 * gib, 2 * gib, known, Wrong},
		{32 * gib, 0, guess, OK},
		{20 * gib, 0, guess, Note},
		{3 * gib, 0, guess, Wrong},
		{2 * gib, 0, estimate{}, OK},
		{gib / 2, 0, estimate{}, Wrong},
	} {
		if got := judgeVolumes(tt.free, 100*gib, tt.copied, tt.estimate); got.Status != tt.want || tt.want == Wrong && got.Code != outcome.SandboxDiskFull {
			t.Errorf("%d GiB free for %+v: %+v", tt.free/gib, tt.estimate, got)
		}
	}
}

func TestLimitations(t *testing.T) {
	for _, tt := range []struct {
		engine docker.Description
		hint   string // empty: nothing to say
	}{
		{docker.Description{Local: true, Driver: "overlay2", Rootless: true, Cgroups: "2"}, ""},
		{docker.Description{Local: true, Rootless: true, Cgroups: "1", Unlimited: []string{"memory", "CPUs"}}, "cgroup v2"},
		{docker.Description{Local: true, Rootless: true, Cgroups: "2", Unlimited: []string{"CPUs"}}, "Delegate=cpu"},
		{docker.Description{Local: true, Unlimited: []string{"swap"}}, "swapaccount=1"},
		{docker.Description{Local: true, Driver: "vfs"}, "overlay2"},
	} {
		found := limitations(tt.engine)
		if (len(found) == 0) != (tt.hint == "") || len(found) > 0 && (len(found) > 1 || found[0].Status != Note || !strings.Contains(found[0].Hint, tt.hint)) {
			t.Errorf("%+v: %+v", tt.engine, found)
		}
	}
}

// TestAQuestionThatIgnoresItsContext checks that nothing waits for it.
func TestAQuestionThatIgnoresItsContext(t *testing.T) {
	end := make(chan struct{})
	defer close(end)
	late := outcome.Fail(outcome.WorkDirUnusable, "no answer")
	_, err := bounded(t.Context(), time.Millisecond, late, func(context.Context) (int, error) {
		<-end
		return 1, nil
	})
	if !errors.Is(err, error(late)) {
		t.Errorf("got %v", err)
	}
}
