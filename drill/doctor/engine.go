package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

// The limits of one question to the container engine. A busy one may take long to start a
// container.
const (
	engineLimit = time.Minute
	startLimit  = 3 * time.Minute
)

// ask asks the engine a question. An engine that does not answer in time is not asked again.
func ask[T any](ctx context.Context, x *examination, limit time.Duration, question func(context.Context, *docker.Engine) (T, error)) (T, error) {
	engine := x.engine
	late := outcome.Fail(outcome.EngineUnreachable, "the container engine did not answer within %s", limit)
	value, err := bounded(ctx, limit, late, func(ctx context.Context) (T, error) { return question(ctx, engine) })
	if errors.Is(err, error(late)) {
		x.engine = nil
	}
	return value, err
}

// askEngine connects to the engine, and reads what it says about itself.
func (x *examination) askEngine(ctx context.Context) []Answer {
	root, _ := wiring.WorkRoot(x.Config) // askWork reports its error
	engine, err := wiring.Connect(ctx, root, x.Options.Options)
	if err != nil {
		return []Answer{wrong("engine", err)}
	}
	x.engine = engine
	before := x.Now()
	x.about, err = ask(ctx, x, engineLimit, func(ctx context.Context, e *docker.Engine) (docker.Description, error) { return e.Describe(ctx) })
	after := x.Now()
	if err != nil {
		x.engine = nil
		return []Answer{wrong("engine", err)}
	}
	product, err := ask(ctx, x, engineLimit, func(ctx context.Context, e *docker.Engine) (string, error) { return e.Product(ctx) })
	if err != nil {
		product = "an engine that does not say what it is,"
	}
	found := append([]Answer{ok("engine", "%s", engineText(product, x.about))}, limitations(x.about)...)
	if !x.about.Time.IsZero() {
		found = append(found, compareClocks("engine's clock", "the container engine", x.about.Time, before, after))
	}
	return found
}

func engineText(product string, d docker.Description) string {
	kind := ""
	if d.Rootless {
		kind = "rootless"
	}
	return words.Join(", ",
		fmt.Sprintf("%s %s at %s (%s)", product, d.Version, d.Host, d.From), kind, d.OS,
		words.Count(d.CPUs, "CPU"), words.Size(d.Memory)+" memory", "storage "+d.Driver)
}

// limitations returns what an engine cannot do that a drill can do without.
func limitations(d docker.Description) (found []Answer) {
	if !d.Local {
		found = append(found, note("engine", "it does not share this machine's files: a plain dump is streamed to it, and a custom archive is copied to a volume there first",
			"expect the time of the copy, and leave as much space as the archive has on the engine's machine"))
	}
	if len(d.Unlimited) > 0 {
		found = append(found, note("engine", "it cannot limit "+strings.Join(d.Unlimited, ", ")+": "+unlimited(d.Unlimited), limitHint(d)))
	}
	if d.Driver == "vfs" {
		found = append(found, note("engine", "its storage driver vfs copies the whole image for each container: every sandbox needs the space and the time of that",
			"set up overlay2, or fuse-overlayfs for a rootless engine"))
	}
	return found
}

// unlimited says what missing limits mean for a drill.
func unlimited(what []string) string {
	switch {
	case slices.Contains(what, "memory"):
		return "postgres.memory has no effect, and a sandbox can use up the machine's memory"
	case slices.Contains(what, "swap"):
		return "a sandbox that needs more memory than it may use gets slow before it fails"
	case slices.Contains(what, "CPUs"):
		return "postgres.cpus has no effect"
	}
	return "a hostile dump can start any number of them"
}

func limitHint(d docker.Description) string {
	switch {
	case d.Rootless && d.Cgroups == "1":
		return "boot the engine's machine with cgroup v2, which a rootless engine needs for limits"
	case d.Rootless:
		return "delegate the cgroup controllers to the engine's user (systemd: Delegate=cpu cpuset io memory pids)"
	}
	return "enable the cgroup controllers of the engine's machine (kernel parameters cgroup_enable=memory swapaccount=1)"
}
