package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

type historyOptions struct {
	config   string
	database string
	format   string
	since    string
	limit    int
	rebuild  bool
}

func (o historyOptions) validate() error {
	return oneOf("--format", o.format, "text", "json", "csv")
}

// historyDocument is the JSON of the history.
type historyDocument struct {
	SchemaVersion int                 `json:"schema_version"`
	Databases     []record.Standing   `json:"databases"`
	Drills        []outcome.Result    `json:"drills"`
	Accepted      []record.Acceptance `json:"accepted"` // including those of drills that are not listed
}

func newHistory(e edges) *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List past drills, and the real RPO and RTO of each database",
		Long: "Shows for each database the time since the last verified backup (real RPO), how long recovery\n" +
			"took in the last drill that passed (real RTO), and the trend of the last ten drills. Then it\n" +
			"lists past drills.",
		Args: positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error { return runHistory(cmd.Context(), e, o) },
	}
	configFlag(cmd, &o.config)
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "text", "output format: text, json or csv")
	f.StringVar(&o.database, "database", "", "only this `DATABASE`")
	f.StringVar(&o.since, "since", "", "only drills that started within this `DURATION`, such as 7d")
	f.IntVar(&o.limit, "limit", 20, "maximum number of drills, newest first; 0: all")
	f.BoolVar(&o.rebuild, "rebuild-index", false, "first rebuild the index of an s3:// history from its drills")
	completeFlag(cmd, "format", oneOfValues("text", "json", "csv"))
	completeFlag(cmd, "database", databaseNames)
	cmd.AddCommand(newHistoryAdd(e))
	return cmd
}

// openHistory loads a config and opens its history, which the caller closes.
func openHistory(ctx context.Context, e edges, path string) (*config.Config, *record.History, error) {
	cfg, err := loadConfig(e, path)
	if err != nil {
		return nil, nil, err
	}
	h, err := wiring.OpenHistory(ctx, cfg)
	return cfg, h, err
}

func runHistory(ctx context.Context, e edges, o historyOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	filter := record.Filter{Database: o.database, Limit: o.limit}
	if o.since != "" {
		since, err := config.ParseDuration(o.since)
		if err != nil {
			return usage("--since: %v", err)
		}
		filter.Since = e.now().Add(-time.Duration(since))
	}
	cfg, h, err := openHistory(ctx, e, o.config)
	if err != nil {
		return err
	}
	defer h.Close()
	if o.rebuild {
		if err := rebuildIndex(ctx, e, h); err != nil {
			return err
		}
	}
	past, err := readPast(ctx, e, cfg, h, filter)
	if err != nil {
		return err
	}
	switch o.format {
	case "json":
		return report.Document(e.stdout, historyDocument{outcome.SchemaVersion, past.Standings, past.Drills, past.Acceptances})
	case "csv":
		return report.HistoryCSV(e.stdout, past)
	default:
		return report.History(e.stdout, past, e.now(), textOptions(e))
	}
}

func rebuildIndex(ctx context.Context, e edges, h *record.History) error {
	n, err := h.Rebuild(ctx)
	if errors.Is(err, record.ErrNoIndex) {
		return usage("--rebuild-index: %s has no index", h.Where()).WithHint("omit --rebuild-index: only a history in a bucket has an index")
	}
	if err == nil {
		_, err = fmt.Fprintf(e.stderr, "index rebuilt: %s\n", words.Count(n, "drill"))
	}
	return err
}

// readPast reads what the history shows.
func readPast(ctx context.Context, e edges, cfg *config.Config, h *record.History, f record.Filter) (past report.Past, err error) {
	if past.Drills, err = h.List(ctx, f); err != nil {
		return past, err
	}
	if past.Standings, err = h.Standings(ctx, cfg.Names(), f.Database, e.now()); err != nil {
		return past, err
	}
	past.Acceptances, err = h.Acceptances(ctx, f.Database)
	return past, err
}
