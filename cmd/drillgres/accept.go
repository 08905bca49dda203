package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
)

type acceptOptions struct {
	config   string
	run      string
	database string
	reason   string
}

func (o acceptOptions) validate() error {
	if strings.TrimSpace(o.reason) == "" {
		return usage("accept: --reason is missing").WithHint("say with --reason why the change is intended; it is kept in the history")
	}
	if o.run == "" {
		return usage("accept: the run id is empty")
	}
	return nil
}

func newAccept(e edges) *cobra.Command {
	var o acceptOptions
	cmd := &cobra.Command{
		Use:   "accept RUN --reason TEXT",
		Short: "Make the content of a drill that failed as drifted the new baseline",
		Long: "RUN is the id of a drill that failed with content_drifted, or its beginning. The drill stays\n" +
			"failed, but its content is as it should be, and the next ones are compared with it. The reason\n" +
			"is kept, with the time and who gave it. Accepting a run again replaces the reason.",
		Args: positional(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = args[0]
			return runAccept(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	f := cmd.Flags()
	f.StringVar(&o.reason, "reason", "", "why the change is intended; required `TEXT`")
	f.StringVar(&o.database, "database", "", "the `DATABASE` of the run, where several share its id")
	completeFlag(cmd, "database", databaseNames)
	return cmd
}

func runAccept(ctx context.Context, e edges, o acceptOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	cfg, err := loadConfig(e, o.config)
	if err != nil {
		return err
	}
	h, err := wiring.OpenHistory(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := acceptable(ctx, h, o)
	if err != nil {
		return err
	}
	a := record.Acceptance{RunID: r.RunID, Database: r.Database, Reason: strings.TrimSpace(o.reason), By: actor(e), At: e.now()}
	if err := h.Accept(ctx, a); err != nil {
		return err
	}
	return sayAccepted(ctx, e, h, r)
}

// acceptable is the one drill that is meant, if it failed as drifted.
func acceptable(ctx context.Context, h *record.History, o acceptOptions) (outcome.Result, error) {
	found, err := h.List(ctx, record.Filter{Run: o.run, Database: o.database})
	if err != nil {
		return outcome.Result{}, err
	}
	if exact := slices.DeleteFunc(slices.Clone(found), func(r outcome.Result) bool { return r.RunID != o.run }); len(exact) > 0 {
		found = exact
	}
	switch {
	case len(found) == 0:
		return outcome.Result{}, unknownRun(ctx, h, o)
	case len(found) > 1:
		return outcome.Result{}, usage("%q is the run of %d drills: %s", o.run, len(found), named(found)).
			WithHint("give the whole run id, and the database with --database")
	}
	r := found[0]
	switch {
	case r.Kind == outcome.KindAnswer:
		return r, usage("run %s of %s drilled nothing: it only answered a release", r.RunID, r.Database).
			WithHint("choose a run that failed with %s; drillgres history lists them", outcome.ContentDrifted)
	case !r.Backup.IsLatest():
		return r, usage("run %s of %s drilled a backup that was named by hand, which is never a baseline", r.RunID, r.Database).
			WithHint("choose a run of the newest backup that failed with %s; drillgres history lists them", outcome.ContentDrifted)
	case r.Verdict == outcome.VerdictPassed:
		return r, usage("run %s of %s passed: it needs no acceptance to be a baseline", r.RunID, r.Database).
			WithHint("choose a run that failed with %s; drillgres history lists them", outcome.ContentDrifted)
	case r.Failure == nil || r.Failure.Code != outcome.ContentDrifted:
		return r, usage("run %s of %s did not fail with %s but with %s, and no word makes that hold", r.RunID, r.Database, outcome.ContentDrifted, codeOf(r)).
			WithHint("see drillgres explain %s", codeOf(r))
	}
	return r, nil
}

func codeOf(r outcome.Result) outcome.Code {
	if r.Failure == nil {
		return outcome.Internal
	}
	return r.Failure.Code
}

// unknownRun names the runs that could have been meant.
func unknownRun(ctx context.Context, h *record.History, o acceptOptions) error {
	const most = 3
	f := usage("no run on record begins with %q", o.run)
	drifted, err := h.List(ctx, record.Filter{Database: o.database, Code: outcome.ContentDrifted, Limit: most})
	if err != nil {
		return err
	}
	if len(drifted) == 0 {
		return f.WithHint("see drillgres history; none of its runs failed with %s", outcome.ContentDrifted)
	}
	return f.WithHint("choose from the newest that failed with %s: %s", outcome.ContentDrifted, named(drifted))
}

func named(results []outcome.Result) string {
	const most = 5
	var names []string
	for _, r := range results[:min(len(results), most)] {
		names = append(names, r.RunID+" of "+r.Database)
	}
	if len(results) > most {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// sayAccepted tells with what the next drill is compared: not with this run,
// if a newer backup has passed since.
func sayAccepted(ctx context.Context, e edges, h *record.History, r outcome.Result) error {
	was, _, err := h.Baseline(ctx, r.Database, time.Time{})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("accepted: run %s of %s; the next drill is compared with it\n", r.RunID, r.Database)
	if was != nil && was.RunID != r.RunID {
		text = fmt.Sprintf("accepted: run %s of %s; but the next drill is compared with run %s, of a newer backup\n", r.RunID, r.Database, was.RunID)
	}
	_, err = fmt.Fprint(e.stdout, report.Clean(text))
	return err
}
