package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
)

type historyOptions struct {
	config   string
	database string
	format   string
	since    string
	limit    int
}

// pastDrills is the JSON of the history.
type pastDrills struct {
	SchemaVersion int                 `json:"schema_version"`
	Databases     []report.Standing   `json:"databases"`
	Drills        []outcome.Result    `json:"drills"`
	Accepted      []report.Acceptance `json:"accepted"` // also of drills that are not listed
}

func newHistory(e edges) *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List past drills, and the time since the last verified backup",
		Args:  positional(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return runHistory(cmd.Context(), e, o) },
	}
	configFlag(cmd, &o.config)
	formatFlag(cmd, &o.format)
	f := cmd.Flags()
	f.StringVar(&o.database, "database", "", "only this `DATABASE`")
	f.StringVar(&o.since, "since", "", "only drills started within this `DURATION`, such as 7d")
	f.IntVar(&o.limit, "limit", 20, "the newest so many; 0: all")
	return cmd
}

func runHistory(ctx context.Context, e edges, o historyOptions) error {
	if err := checkFormat(o.format); err != nil {
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
	cfg, err := loadConfig(e, o.config)
	if err != nil {
		return err
	}
	h, err := openHistory(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.Close()
	results, err := h.List(ctx, filter)
	if err != nil {
		return err
	}
	standings, err := standingsOf(ctx, cfg, h, o.database)
	if err != nil {
		return err
	}
	accepted, err := acceptancesOf(ctx, h, o.database)
	if err != nil {
		return err
	}
	if o.format == "json" {
		return report.Document(e.stdout, pastDrills{outcome.SchemaVersion, standings, results, accepted})
	}
	past := report.Past{Drills: results, Standings: standings, Acceptances: accepted}
	return report.History(e.stdout, past, e.now(), textOptions(e))
}

func acceptancesOf(ctx context.Context, h *record.History, database string) ([]report.Acceptance, error) {
	accepted, err := h.Acceptances(ctx, database)
	if err != nil {
		return nil, err
	}
	list := make([]report.Acceptance, 0, len(accepted))
	for _, a := range accepted {
		list = append(list, report.Acceptance(a))
	}
	return list, nil
}

// standingsOf tells, per database of the config and of the history, when its
// backup was last proved.
func standingsOf(ctx context.Context, cfg *config.Config, h *record.History, only string) ([]report.Standing, error) {
	names, err := h.Databases(ctx)
	if err != nil {
		return nil, err
	}
	names = append(names, cfg.Names()...)
	slices.Sort(names)
	standings := []report.Standing{}
	for _, name := range slices.Compact(names) {
		if only != "" && name != only {
			continue
		}
		v, _, err := h.LastVerified(ctx, name)
		if err != nil {
			return nil, err
		}
		standings = append(standings, report.Standing{Database: name, Snapshot: v.Snapshot, Backup: v.BackupURI})
	}
	return standings, nil
}
