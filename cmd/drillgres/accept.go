package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/origin"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
)

type acceptOptions struct {
	config   string
	run      string
	database string
	reason   string
}

func (o acceptOptions) validate() error {
	if strings.TrimSpace(o.reason) == "" {
		return usage("accept: --reason is missing").WithHint("explain with --reason why the change is intended; the history keeps it")
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
		Short: "Accept the content of a drill that failed with content_drifted as the new baseline",
		Long: "RUN is the id of a drill that failed with content_drifted, or the beginning of that id. The\n" +
			"drill stays failed, but later drills are compared with its content. The reason is recorded\n" +
			"with the time and the user. Accepting a run again replaces the reason.",
		Args: positional(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = args[0]
			return runAccept(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	f := cmd.Flags()
	f.StringVar(&o.reason, "reason", "", "`TEXT` that explains why the change is intended; required")
	f.StringVar(&o.database, "database", "", "`DATABASE` of the run, if several databases share its id")
	completeFlag(cmd, "database", databaseNames)
	return cmd
}

func runAccept(ctx context.Context, e edges, o acceptOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	_, h, err := openHistory(ctx, e, o.config)
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := findAcceptable(ctx, h, o)
	if err != nil {
		return err
	}
	a := record.Acceptance{RunID: r.RunID, Database: r.Database, Reason: strings.TrimSpace(o.reason), By: origin.Actor(e.getenv), At: e.now()}
	if err := h.Accept(ctx, a); err != nil {
		return err
	}
	return printAccepted(ctx, e, h, r)
}

// findAcceptable returns the only drill that matches the options. It fails unless that
// drill failed with content_drifted.
func findAcceptable(ctx context.Context, h *record.History, o acceptOptions) (outcome.Result, error) {
	found, err := h.List(ctx, record.Filter{Run: o.run, Database: o.database})
	if err != nil {
		return outcome.Result{}, err
	}
	found = exactly(o.run, found)
	switch {
	case len(found) == 0:
		return outcome.Result{}, unknownRun(ctx, h, o)
	case len(found) > 1:
		return outcome.Result{}, usage("%q matches %d drills: %s", o.run, len(found), formatRuns(found)).
			WithHint("enter the whole run id, and the database with --database")
	}
	r := found[0]
	switch {
	case r.Kind == outcome.KindAnswer:
		return r, usage("run %s of %s is not a drill: it is an answer of a gate", r.RunID, r.Database).
			WithHint("choose a run that failed with %s; drillgres history lists them", outcome.ContentDrifted)
	case !r.Backup.IsLatest():
		return r, usage("run %s of %s drilled a backup selected with --backup, which is never a baseline", r.RunID, r.Database).
			WithHint("choose a run of the newest backup that failed with %s; drillgres history lists them", outcome.ContentDrifted)
	case r.Verdict == outcome.VerdictPassed:
		return r, usage("run %s of %s passed: it does not need to be accepted", r.RunID, r.Database).
			WithHint("choose a run that failed with %s; drillgres history lists them", outcome.ContentDrifted)
	case r.Failure == nil || r.Failure.Code != outcome.ContentDrifted:
		return r, usage("run %s of %s failed with %s: only %s can be accepted", r.RunID, r.Database, codeOf(r), outcome.ContentDrifted).
			WithHint("run drillgres explain %s", codeOf(r))
	}
	return r, nil
}

// exactly returns the results of exactly this run, or all if there is none: a whole run id
// may be the beginning of another.
func exactly(run string, found []outcome.Result) []outcome.Result {
	if exact := slices.DeleteFunc(slices.Clone(found), func(r outcome.Result) bool { return r.RunID != run }); len(exact) > 0 {
		return exact
	}
	return found
}

func codeOf(r outcome.Result) outcome.Code {
	if r.Failure == nil {
		return outcome.Internal
	}
	return r.Failure.Code
}

// unknownRun returns the failure of a run that does not exist. Its hint names the newest
// runs that can be accepted.
func unknownRun(ctx context.Context, h *record.History, o acceptOptions) error {
	const most = 3
	f := usage("no recorded run begins with %q", o.run)
	drifted, err := h.List(ctx, record.Filter{Database: o.database, Code: outcome.ContentDrifted, Limit: most})
	if err != nil {
		return err
	}
	if len(drifted) == 0 {
		return f.WithHint("run drillgres history; none of its runs failed with %s", outcome.ContentDrifted)
	}
	return f.WithHint("choose from the newest that failed with %s: %s", outcome.ContentDrifted, formatRuns(drifted))
}

// formatRuns lists the runs and their databases.
func formatRuns(results []outcome.Result) string {
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

// printAccepted prints the baseline of the next drill. It is not this run if a newer
// backup has passed since.
func printAccepted(ctx context.Context, e edges, h *record.History, r outcome.Result) error {
	earlier, err := h.Earlier(ctx, r.Database, time.Time{}, 1)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("accepted: run %s of %s; the next drill is compared with it\n", r.RunID, r.Database)
	if len(earlier.Backups) > 0 && earlier.Backups[0].RunID != r.RunID {
		text = fmt.Sprintf("accepted: run %s of %s; but the next drill is compared with run %s, of a newer backup\n", r.RunID, r.Database, earlier.Backups[0].RunID)
	}
	_, err = fmt.Fprint(e.stdout, report.Clean(text))
	return err
}
