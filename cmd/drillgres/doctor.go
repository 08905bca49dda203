package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

// finding is the result of one of the doctor's checks.
type finding struct {
	what string // was checked
	saw  string
	err  error // nil: nothing is wrong
}

func newDoctor(e edges) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that this machine can drill: container engine, images, disk space, sources",
		Long:  "Checks everything that a drill needs, without drilling: the config, the container engine, the\nwork directory and its free space, the history, each source, and the images.\n\n" + exitCodesHelp,
		Args:  positional(noArguments),
		RunE:  func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), e, path) },
	}
	configFlag(cmd, &path)
	return cmd
}

func runDoctor(ctx context.Context, e edges, path string) error {
	cfg, err := loadConfig(e, path)
	if err != nil {
		return err
	}
	var seen []finding
	engine, ofEngine := examineEngine(ctx, e, cfg)
	seen = append(seen, ofEngine, examineWork(cfg), examineHistory(ctx, cfg))
	for _, name := range cfg.Names() {
		db := cfg.Databases[name]
		seen = append(seen, examineSource(ctx, e, db))
		if engine != nil {
			seen = append(seen, examineImages(ctx, engine, db)...)
		}
	}
	if engine != nil {
		defer engine.Close()
	}
	return printFindings(e, seen)
}

// printFindings prints the findings, each failure with its hint, and returns the exit code
// of the first failure.
func printFindings(e edges, seen []finding) error {
	tw := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	var first *outcome.Failure
	for _, a := range seen {
		if a.err == nil {
			_, _ = fmt.Fprintf(tw, "ok\t%s\t%s\n", a.what, a.saw)
			continue
		}
		f := outcome.AsFailure(a.err)
		if first == nil {
			first = f
		}
		_, _ = fmt.Fprintf(tw, "WRONG\t%s\t%s: %v\n\t\thint: %s\n", a.what, f.Code, f, f.Remedy())
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if first != nil {
		return exited(first.Class().ExitCode())
	}
	return nil
}

func examineEngine(ctx context.Context, e edges, cfg *config.Config) (*docker.Engine, finding) {
	a := finding{what: "container engine"}
	root, err := wiring.WorkRoot(cfg)
	if err != nil {
		a.err = err
		return nil, a
	}
	engine, err := wiring.Connect(ctx, root, wiring.Options{Getenv: e.getenv})
	if err != nil {
		a.err = err
		return nil, a
	}
	ctx, cancel := context.WithTimeoutCause(ctx, engineLimit, outcome.Fail(outcome.EngineUnreachable, "the container engine did not answer within %s", engineLimit))
	defer cancel()
	d, err := engine.Describe(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	a.err = err
	a.saw = fmt.Sprintf("%s %s at %s (%s), %d CPUs, %s memory", d.OS, d.Version, d.Host, d.From, d.CPUs, words.Size(d.Memory))
	return engine, a
}

func examineImages(ctx context.Context, engine *docker.Engine, db *config.Database) []finding {
	images := []string{string(db.Postgres.Image)}
	if db.App != nil {
		images = append(images, string(db.App.Image))
		for _, s := range db.App.Services {
			images = append(images, string(s.Image))
		}
	}
	var seen []finding
	for _, image := range images {
		a := finding{what: db.Name + ": image " + image, saw: "available on the engine"}
		have, err := hasImage(ctx, engine, image)
		if err == nil && !have {
			a.saw = "not on the engine: the first drill pulls it"
		}
		a.err = err
		seen = append(seen, a)
	}
	return seen
}

// engineLimit bounds one question to the container engine.
const engineLimit = time.Minute

func hasImage(ctx context.Context, engine *docker.Engine, image string) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, engineLimit, outcome.Fail(outcome.EngineUnreachable, "the container engine did not answer within %s", engineLimit))
	defer cancel()
	have, err := engine.HasImage(ctx, image)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return have, err
}

func examineSource(ctx context.Context, e edges, db *config.Database) finding {
	a := finding{what: db.Name + ": source"}
	ctx, cancel := context.WithTimeoutCause(ctx, drill.Deadlines[outcome.Locate], noAnswer(string(db.Backup.From)))
	defer cancel()
	b, err := wiring.NewLocator(db, wiring.Latest, e.now).Locate(ctx)
	if err == nil {
		err = b.CheckReadable(ctx)
	}
	a.err = wiring.Redacted(db, err)
	a.saw = fmt.Sprintf("%s, newest of %d", b.URI, b.Matched)
	return a
}

// examineWork creates the directory of a run and removes it.
func examineWork(cfg *config.Config) finding {
	a := finding{what: "work directory"}
	root, err := wiring.WorkRoot(cfg)
	if err != nil {
		a.err = err
		return a
	}
	private, err := wiring.NewWorkDir(root, "doctor-"+strings.ToLower(rand.Text()[:8]))
	if err != nil {
		a.err = err
		return a
	}
	a.saw = root
	if free, ok := fetch.FreeSpace(private.Path); ok {
		a.saw += fmt.Sprintf(", %s free", words.Size(free))
	}
	a.err = private.Close()
	return a
}

// examineHistory checks that a drill could be recorded.
func examineHistory(ctx context.Context, cfg *config.Config) finding {
	a := finding{what: "history", saw: cfg.Record.History.String() + ", can be written"}
	h, err := wiring.OpenHistory(ctx, cfg)
	if err != nil {
		a.err = err
		return a
	}
	defer h.Close()
	a.err = h.Check(ctx)
	return a
}
