package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/layers/codec"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
	"github.com/drillgres/drillgres/drill/work"
)

func (x *examination) askConfig() Answer {
	if x.Config == nil {
		return note("config", "none: there is no drillgres.yaml here, so only the machine is examined",
			"run drillgres init with the place of the backups: it looks at them and writes a drillgres.yaml; or name a config with --config")
	}
	return ok("config", "%s, %s", x.Config.File, words.Count(len(x.Config.Databases), "database"))
}

// diskLimit bounds a question to a file system, which may be that of a dead server.
const diskLimit = 30 * time.Second

// askWork creates the directory of a run.
func (x *examination) askWork(ctx context.Context) Answer {
	const what = "work directory"
	root, err := wiring.WorkRoot(x.Config)
	if err == nil {
		late := outcome.Fail(outcome.WorkDirUnusable, "%s did not answer within %s", root, diskLimit)
		x.private, err = bounded(ctx, diskLimit, late, func(context.Context) (*work.Dir, error) { return wiring.NewWorkDir(root, x.run) })
	}
	if err != nil {
		return wrong(what, err)
	}
	if free, known := fetch.FreeSpace(x.private.Path); known {
		return ok(what, "%s, %s free", root, words.Size(free))
	}
	return ok(what, "%s", root)
}

// historyLimit bounds the check of the history, which has limits of its own.
const historyLimit = 2 * time.Minute

// askHistory checks that a drill could be recorded.
func (x *examination) askHistory(ctx context.Context) Answer {
	const what = "history"
	late := outcome.Fail(outcome.HistoryUnavailable, "the history %s did not answer within %s", x.Config.Record.History, historyLimit)
	h, err := bounded(ctx, historyLimit, late, func(ctx context.Context) (*record.History, error) {
		h, err := wiring.OpenHistory(ctx, x.Config)
		if err != nil {
			return nil, err
		}
		return h, h.Check(ctx)
	})
	x.history = h // one that cannot be written may still be read
	if err != nil {
		return wrong(what, err)
	}
	return ok(what, "%s, can be written", x.Config.Record.History)
}

// askCredentials says which credentials of object stores the environment has.
func (x *examination) askCredentials() Answer {
	var set []string
	for _, name := range wiring.Sources.Kinds().Secrets() {
		if value, found := x.Getenv(name); found && value != "" {
			set = append(set, name)
		}
	}
	if len(set) == 0 {
		return ok("credentials", "none in the environment; profiles, roles and key files are looked for when a source is read")
	}
	return ok("credentials", "the environment has %s", strings.Join(set, ", "))
}

// askPrograms returns a note for each program that would decode a compression faster and is
// not installed. compressions nil: any.
func askPrograms(compressions []string) (found []Answer) {
	missing := codec.Missing()
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		if compressions == nil || slices.Contains(compressions, name) {
			found = append(found, note("programs", fmt.Sprintf("%s is not installed: a backup in %s is read several times more slowly without it", missing[name], name), "install "+missing[name]))
		}
	}
	return found
}
