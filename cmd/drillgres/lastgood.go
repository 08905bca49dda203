package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/lastgood"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

// defaultMaxDrills is enough to find the border among the 30 newest backups.
const defaultMaxDrills = 10

type lastGoodOptions struct {
	config    string
	database  string
	since     string
	maxDrills int
	format    string
	progress  string
}

func (o lastGoodOptions) validate() error {
	var few error
	if o.maxDrills < 0 {
		few = usage("--max-drills: %d is not a number of drills", o.maxDrills).WithHint("set it to 0 or more; with 0, only drills on record count")
	}
	return errors.Join(checkFormat(o.format), checkProgress(o.progress), few)
}

func newLastGood(e edges) *cobra.Command {
	var o lastGoodOptions
	cmd := &cobra.Command{
		Use:   "last-good [DATABASE]",
		Short: "Find the newest backup that restores",
		Long: "Searches the backups at the source for the newest one that restores, by bisection. Drills on\n" +
			"record are known points; the others are drilled without the application, recorded as drills of a\n" +
			"named backup, and notify nobody. The search assumes that once a backup is broken, all newer ones\n" +
			"are broken too. The answer is always a backup that a drill restored.\n\n" +
			"It ends with 0 if the answer is known, with 3 if no backup restores, and with 5 if drills are\n" +
			"missing, because --max-drills are used up or backups could not be drilled.\n\n" + exitCodesHelp,
		Example:           "  drillgres last-good shop\n  drillgres last-good shop --since 30d --max-drills 20",
		Args:              positional(cobra.MaximumNArgs(1)),
		ValidArgsFunction: firstOnly(databaseNames),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.database = args[0]
			}
			return runLastGood(cmd.Context(), e, o)
		},
	}
	configFlag(cmd, &o.config)
	f := cmd.Flags()
	f.StringVar(&o.since, "since", "", "only backups written since this `TIME`: a date such as 2026-11-01, or a duration such as 30d")
	f.IntVar(&o.maxDrills, "max-drills", defaultMaxDrills, "make at most `N` drills")
	formatFlag(cmd, &o.format)
	progressFlag(cmd, &o.progress)
	return cmd
}

func runLastGood(ctx context.Context, e edges, o lastGoodOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	since, err := sinceTime(o.since, e.now())
	if err != nil {
		return err
	}
	cfg, err := loadConfig(e, o.config)
	if err != nil {
		return err
	}
	db, err := selectDatabase(cfg, o.database, "last-good")
	if err != nil {
		return err
	}
	cfg, db = forSearch(cfg, db)
	w, err := newSession(ctx, e, cfg, runOptions{progress: o.progress, parallel: 1}, db)
	if err != nil {
		return err
	}
	defer w.close()
	r, err := w.lastGood(ctx, db, since, o.maxDrills)
	w.display.Close()
	if err != nil {
		return err
	}
	return finish(w.edges, printLastGood(e, o.format, o.config, r), r.ExitCode)
}

// sinceTime returns the time that --since names: the beginning of a day in UTC, or a duration
// before now. It returns the zero time if the flag is empty.
func sinceTime(since string, now time.Time) (time.Time, error) {
	if since == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, since); err == nil {
		return day, nil
	}
	ago, err := config.ParseDuration(since)
	if err != nil {
		return time.Time{}, usage("--since: %q is neither a date nor a duration", since).WithHint("set it to a date such as 2026-11-01, or to a duration such as 30d")
	}
	return now.Add(-time.Duration(ago)), nil
}

// forSearch returns a config and its database for drills that only ask whether a backup
// restores. A search must not alert people or change what they know of the newest backup, and
// must work where the application, the receivers or the key of the evidence are lost.
func forSearch(cfg *config.Config, db *config.Database) (*config.Config, *config.Database) {
	quiet, only := *cfg, *db
	quiet.Notify, quiet.Evidence, quiet.Metrics = nil, nil, config.Metrics{}
	only.App, only.Migrate, only.Budget = nil, nil, config.Budget{}
	only.Backup.MaxAge, only.Backup.Retention = 0, config.Retention{}
	quiet.Databases = map[string]*config.Database{db.Name: &only}
	return &quiet, &only
}

// lastGood searches for the newest backup of a database that restores.
func (s *session) lastGood(ctx context.Context, db *config.Database, since time.Time, maxDrills int) (lastgood.Report, error) {
	r := lastgood.Report{Drillgres: programVersion(), Database: db.Name, StartedAt: s.now()}
	var err error
	if r.Backups, r.Findings, err = s.backupsOf(ctx, db); err != nil {
		return r, err
	}
	all := len(r.Backups)
	newest := r.Backups[0]
	r.Backups = slices.DeleteFunc(r.Backups, func(b lastgood.Backup) bool { return !b.ModifiedAt.IsZero() && b.ModifiedAt.Before(since) })
	if r.Older = all - len(r.Backups); len(r.Backups) == 0 {
		return r, usage("--since: none of %s was written since %s; the newest, %s, was written %s", words.Count(all, "backup"), since.UTC().Format(time.RFC3339),
			locate.Show(newest.Key), newest.ModifiedAt.UTC().Format(time.RFC3339)).WithHint("set --since to an earlier time")
	}
	if err := s.recall(ctx, db.Name, r.Backups); err != nil {
		r.Findings = append(r.Findings, outcome.Finding{
			Code: string(outcome.HistoryUnavailable), Message: "no drill on record counts: " + s.Redactor.Text(err.Error()), Hint: outcome.AsFailure(err).Remedy(),
		})
	}
	f := lastgood.Finder{Now: s.now, MaxDrills: maxDrills, Drill: func(ctx context.Context, b lastgood.Backup) outcome.Result {
		d, err := s.drillByKey(db, b.Key)
		if err != nil {
			failure := outcome.AsFailure(err)
			return outcome.Result{Verdict: failure.Class().Verdict(), ExitCode: failure.Class().ExitCode(), Failure: failure.Report()}
		}
		result := s.drill(ctx, d)
		s.logLooked(b, result)
		return result
	}}
	return f.Find(ctx, r), nil
}

// drillByKey wires the drill of one backup, and shows it by its key.
func (s *session) drillByKey(db *config.Database, key string) (drill.Drill, error) {
	d, err := s.Drill(db, wiring.DrillOptions{Backup: key, ByKey: true})
	if err == nil {
		d.WithoutApp = "a search asks only whether the backup restores"
		s.show(&d, db.Name+"  "+locate.Show(key))
	}
	return d, err
}

// logLooked logs what a drill of a search showed: the lines of its stages do not name the
// backup.
func (s *session) logLooked(b lastgood.Backup, r outcome.Result) {
	if s.opts.progress == "none" {
		return
	}
	restores := map[lastgood.State]string{lastgood.Good: "yes", lastgood.Bad: "no"}[lastgood.Judge(r)]
	newLogger(s.edges).Info("backup drilled", "database", r.Database, "backup", b.Key, "restores", cmp.Or(restores, "unknown"), "took", words.Elapsed(r.Times.Total))
}

// backupsOf lists the backups at the source of a database, newest first. There is at least
// one.
func (s *session) backupsOf(ctx context.Context, db *config.Database) (backups []lastgood.Backup, found []outcome.Finding, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, drill.Deadlines[outcome.Locate],
		outcome.Fail(outcome.SourceUnreachable, "the source did not answer within %s", drill.Deadlines[outcome.Locate]))
	defer cancel()
	source, stored, found, err := wiring.NewLocator(db, wiring.Latest, s.now).Backups(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range stored {
		backups = append(backups, candidate(source, o))
	}
	return backups, found, nil
}

// candidate returns a backup at a source that no drill has tested yet.
func candidate(source locate.Source, s locate.Stored) lastgood.Backup {
	b := lastgood.Backup{
		Key: s.Key, URI: source.URI(s.Object), SizeBytes: s.TotalSize(), ModifiedAt: s.ModifiedAt, State: lastgood.Untested,
		ETag: s.ETag, VersionID: s.VersionID, MainSize: s.Size, PartSizes: map[string]int64{},
	}
	if s.Undated {
		b.ModifiedAt = time.Time{}
	}
	for _, o := range s.Files {
		b.PartSizes[source.URI(o)] = o.Size
	}
	return b
}

// recall sets what the drills on record show about backups.
func (s *session) recall(ctx context.Context, database string, backups []lastgood.Backup) error {
	if s.History == nil {
		return nil
	}
	entries, err := s.History.Entries(ctx, record.Filter{Database: database})
	if err != nil {
		return err
	}
	uris := map[string]bool{}
	for _, b := range backups {
		uris[b.URI] = true
	}
	drills, err := s.History.Results(ctx, slices.DeleteFunc(entries, func(e record.Entry) bool { return !uris[e.BackupURI] }))
	if err != nil {
		return err
	}
	acceptances, err := s.History.Acceptances(ctx, database)
	if err != nil {
		return err
	}
	lastgood.Recall(backups, drills, func(runID string) bool {
		return slices.ContainsFunc(acceptances, func(a record.Acceptance) bool { return a.RunID == runID })
	})
	return nil
}

func printLastGood(e edges, format, config string, r lastgood.Report) error {
	if format == "json" {
		return report.Document(e.stdout, r)
	}
	next := ""
	if r.Backup != nil {
		next = fmt.Sprintf("drillgres run %s --backup %s", words.Shell(r.Database), words.Shell(r.Backup.Key))
		if config != defaultConfig {
			next += " --config " + words.Shell(config)
		}
	}
	return report.LastGood(e.stdout, r, next, textOptions(e))
}
