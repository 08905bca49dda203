package wiring

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/words"
)

// Check checks one database after the other. It reads the history if there is one, writes
// nothing to it but what receivers were told, and needs no container engine. With an error, it
// returns the results so far.
func Check(ctx context.Context, cfg *config.Config, dbs []*config.Database, o Options) ([]outcome.Result, error) {
	o = o.withDefaults()
	redactor := redactorOf(cfg, o)
	notifier, closeHistory, err := openNotifier(ctx, cfg, o, redactor)
	if err != nil {
		return nil, err
	}
	defer closeHistory()
	results := make([]outcome.Result, 0, len(dbs))
	for _, db := range dbs {
		d, err := check(cfg, db, o, redactor)
		if err != nil {
			return results, err
		}
		d.Notifier = tells(notifier)
		results = append(results, d.Check(ctx))
	}
	return notifier.AddDigest(ctx, results), nil
}

// OpenNotifier returns what tells the receivers of what is no drill: of a check, or of an
// error before the first drill. It returns nil if there are none. If the history does not
// exist or cannot be opened, receivers are told all the same, and nothing is known of what
// they were told.
func OpenNotifier(ctx context.Context, cfg *config.Config, o Options) (n *notify.Notifier, closeHistory func(), err error) {
	o = o.withDefaults()
	return openNotifier(ctx, cfg, o, redactorOf(cfg, o))
}

func openNotifier(ctx context.Context, cfg *config.Config, o Options, r *redact.Redactor) (n *notify.Notifier, closeHistory func(), err error) {
	closeHistory = func() {}
	if len(cfg.Notify) == 0 {
		return nil, closeHistory, nil
	}
	var h *record.History
	if cfg.Record.History != "" {
		var openErr error
		if h, openErr = openExisting(ctx, cfg); openErr != nil {
			h = nil
		} else {
			closeHistory = func() { _ = h.Close() } // every notice was committed already
		}
	}
	n, err = newNotifier(cfg, h, o, r)
	return n, closeHistory, err
}

// check returns a drill that can only check.
func check(cfg *config.Config, db *config.Database, o Options, redactor *redact.Redactor) (drill.Drill, error) {
	id, err := NewRunID(o.Now())
	if err != nil {
		return drill.Drill{}, err
	}
	opener := openerOf(db, 0, "")
	locator := NewLocator(db, Latest, o.Now)
	locator.opener = &opener
	return drill.Drill{
		Database: db.Name, RunID: id, Version: o.Version, Now: o.Now, Redactor: redactor,
		Locator: locator, Opener: &opener, Timezone: timezoneOf(db), Policy: policyOf(db, o.Now()),
		DumpedBefore: func(ctx context.Context) ([]string, error) {
			return fromHistory(ctx, cfg, func(h *record.History) ([]string, error) { return h.DumpedDatabases(ctx, db.Name) })
		},
		VerifiedBefore: func(ctx context.Context) ([]outcome.Backup, error) {
			return fromHistory(ctx, cfg, func(h *record.History) ([]outcome.Backup, error) {
				return h.VerifiedBackups(ctx, db.Name, o.Now())
			})
		},
		Demands: &drill.Demands{
			Keep: time.Duration(db.Backup.Retention.Keep), NotIn: db.Backup.Offsite.NotIn, NotAccount: db.Backup.Offsite.NotAccount,
			MaxUnverified: time.Duration(db.MaxUnverified),
		},
		LastDrill: func(ctx context.Context) (time.Time, bool, error) { return lastDrill(ctx, cfg, db.Name, o.Now()) },
	}, nil
}

// Examined is what a check sees of a database's newest backup, and the keys that it has for it.
type Examined struct {
	drill.Examined
	Keys layers.Keyring
}

// Examine checks whether the newest backup of one database can be drilled, and also returns
// what it saw. How its store protects it, and when it was drilled, does not count.
func Examine(ctx context.Context, cfg *config.Config, db *config.Database, o Options) (Examined, error) {
	o = o.withDefaults()
	d, err := check(cfg, db, o, redactorOf(cfg, o))
	if err != nil {
		return Examined{}, err
	}
	d.Demands = nil
	return Examined{Examined: d.Examine(ctx), Keys: d.Opener.Keys}, nil
}

// lastDrill returns when the last drill ended that verified the newest backup of a database.
func lastDrill(ctx context.Context, cfg *config.Config, database string, now time.Time) (ended time.Time, found bool, err error) {
	_, err = fromHistory(ctx, cfg, func(h *record.History) (struct{}, error) {
		var last record.Verified
		last, found, err = h.LastDrill(ctx, database, now)
		ended = last.Drilled
		return struct{}{}, err
	})
	return ended, found, err
}

// historyWithin is how long a check waits for the history.
const historyWithin = 15 * time.Second

// fromHistory asks the history. The answer of one that nobody has written yet is empty.
func fromHistory[T any](ctx context.Context, cfg *config.Config, ask func(*record.History) (T, error)) (answer T, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, historyWithin,
		outcome.Fail(outcome.HistoryUnavailable, "the history did not answer within %s", words.Span(historyWithin)))
	defer cancel()
	h, err := openExisting(ctx, cfg)
	if cfg.Record.History.IsPath() && errors.Is(err, fs.ErrNotExist) {
		return answer, nil
	}
	if err != nil {
		return answer, err
	}
	defer func() { _ = h.Close() }() // it was only read
	return ask(h)
}

// openExisting opens the history. It creates none: the user who checks may be another than the
// one who drills, who could then not write to it.
func openExisting(ctx context.Context, cfg *config.Config) (*record.History, error) {
	if cfg.Record.History.IsPath() {
		if _, err := os.Stat(cfg.Record.History.Reveal()); err != nil {
			return nil, err
		}
	}
	return OpenHistory(ctx, cfg)
}

// redactorOf returns a redactor that knows the secrets of a config and of the process.
func redactorOf(cfg *config.Config, o Options) *redact.Redactor {
	r := new(redact.Redactor)
	r.Add(cfg.Secrets()...)
	r.Add(Credentials(o.Getenv)...)
	return r
}
