package drill_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// named is a locator and a fetcher of a backup that was asked for in some way.
type named struct {
	backup locate.Backup
	err    error
	asked  outcome.Chosen

	dump inspect.Contents
}

func (n named) Asked() outcome.Chosen                         { return n.asked }
func (n named) Locate(context.Context) (locate.Backup, error) { return n.backup, n.err }
func (n named) Fetch(context.Context, locate.Backup, outcome.Progress) (fetch.File, error) {
	return fetch.File{Contents: n.dump}, nil
}

func (n named) drill(s *script) drill.Drill {
	d := s.drill()
	d.Locator, d.Fetcher = n, n
	return d
}

// contents returns those of an archive of the database shop that was taken at a time.
func contents(taken time.Time) inspect.Contents {
	return inspect.Contents{
		Source:   inspect.Source{Format: inspect.Plain, TakenAt: snapshot.Exactly(taken)},
		Promises: []inspect.Promise{{DatabaseName: "shop", Tables: []inspect.Table{{Schema: "public", Name: "t", Rows: 1, Data: true}}}},
	}
}

// TestNamesWithoutABackupAreNotRecorded checks that a mistake in the command line leaves
// no trace, and that any other failure does.
func TestNamesWithoutABackupAreNotRecorded(t *testing.T) {
	missing := outcome.Fail(outcome.ConfigInvalid, "nope is not among 3 objects")
	for name, c := range map[string]struct {
		n        named
		exit     int
		recorded bool
	}{
		"a key that does not exist":        {named{backup: locate.Backup{Chosen: outcome.ChosenKey}, err: missing}, 2, false},
		"a file that does not exist":       {named{backup: locate.Backup{Chosen: outcome.ChosenFile}, err: missing}, 2, false},
		"an invalid pattern":               {named{backup: locate.Backup{Chosen: outcome.ChosenLatest}, err: missing}, 2, true},
		"a source that refuses the key":    {named{backup: locate.Backup{Chosen: outcome.ChosenKey}, err: outcome.Fail(outcome.SourceDenied, "no")}, 5, true},
		"a key that is a broken backup":    {named{backup: locate.Backup{Chosen: outcome.ChosenKey}, err: outcome.Fail(outcome.BackupEmpty, "0 bytes")}, 3, true},
		"the newest, which is too old":     {named{backup: locate.Backup{Chosen: outcome.ChosenLatest}, err: outcome.Fail(outcome.BackupStale, "old")}, 3, true},
		"nothing was looked for, of a key": {named{err: errors.New("x"), asked: outcome.ChosenKey}, 1, true},
	} {
		s := newScript()
		got := c.n.drill(s).Run(t.Context())
		if got.ExitCode != c.exit || (len(s.recorded) == 1) != c.recorded {
			t.Errorf("%s: exit %d, recorded %d times", name, got.ExitCode, len(s.recorded))
		}
	}
}

// TestDrillsThatLocateNothingKeepWhatWasAskedFor checks that a drill that ends before it
// locates does not count as one of the newest backup.
func TestDrillsThatLocateNothingKeepWhatWasAskedFor(t *testing.T) {
	s := newScript()
	d := named{asked: outcome.ChosenFile}.drill(s)
	d.Preflight = func(context.Context) error { return outcome.Fail(outcome.EngineUnreachable, "no engine") }
	if got := d.Run(t.Context()); got.Backup.IsLatest() || s.recorded[0].Backup.Chosen != outcome.ChosenFile {
		t.Errorf("chosen as %q", got.Backup.Chosen)
	}
}

// TestNamedBackupsOfAnyAge checks that a backup that was named by hand may be old, and
// that it then does not count as the newest, even if its object is.
func TestNamedBackupsOfAnyAge(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		named  bool
		taken  time.Duration // ago
		code   outcome.Code
		chosen outcome.Chosen
	}{
		"the newest":                           {false, time.Hour, "", outcome.ChosenLatest},
		"the newest with an old dump":          {false, 100 * time.Hour, outcome.BackupStale, outcome.ChosenLatest},
		"the newest, by name":                  {true, time.Hour, "", outcome.ChosenLatest},
		"the newest with an old dump, by name": {true, 100 * time.Hour, "", outcome.ChosenKey},
	} {
		n := named{
			backup: locate.Backup{Object: locate.Object{ModifiedAt: now}, Chosen: outcome.ChosenLatest, Named: c.named},
			dump:   contents(now.Add(-c.taken)),
		}
		s := newScript()
		d := n.drill(s)
		d.Policy = inspect.Policy{MaxAge: 26 * time.Hour, Now: now}
		got := d.Run(t.Context())
		code := outcome.Code("")
		if got.Failure != nil {
			code = got.Failure.Code
		}
		if code != c.code || got.Backup.Chosen != c.chosen || got.Backup.Database != "shop" {
			t.Errorf("%s: %q, chosen as %q, %+v", name, code, got.Backup.Chosen, got.Backup)
		}
	}
}

// TestOddBackups checks the findings about a backup that may be the wrong one.
func TestOddBackups(t *testing.T) {
	now := time.Now()
	before := func(names ...string) func(context.Context) ([]string, error) {
		return func(context.Context) ([]string, error) { return names, nil }
	}
	for name, c := range map[string]struct {
		taken  time.Duration // ago
		size   int64
		before func(context.Context) ([]string, error)
		named  bool
		want   string
	}{
		"as always":                       {time.Hour, 1, before("shop"), false, ""},
		"the first one":                   {time.Hour, 1, before(), false, ""},
		"without a history":               {time.Hour, 1, nil, false, ""},
		"the history cannot be read":      {time.Hour, 1, func(context.Context) ([]string, error) { return nil, errors.New("down") }, false, ""},
		"of another database":             {time.Hour, 1, before("crm"), false, "database_changed"},
		"of one of several":               {time.Hour, 1, before("crm", "shop"), false, ""},
		"of another database, named":      {time.Hour, 1, before("crm"), true, ""},
		"a copy of an old one":            {72 * time.Hour, 1, before("shop"), false, "dump_older_than_object"},
		"a large one, which took as long": {72 * time.Hour, 200 << 30, before("shop"), false, ""},
	} {
		n := named{
			backup: locate.Backup{Object: locate.Object{ModifiedAt: now, Size: c.size}, Chosen: outcome.ChosenLatest, Named: c.named},
			dump:   contents(now.Add(-c.taken)),
		}
		d := n.drill(newScript())
		d.DumpedBefore = c.before
		got := ""
		for _, f := range d.Run(t.Context()).Findings {
			if f.Code == "database_changed" || f.Code == "dump_older_than_object" {
				got += f.Code
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// meet is a teller that ends when another one runs at the same time.
type meet chan struct{}

func (m meet) Tell(ctx context.Context, _ outcome.Result) error {
	select {
	case m <- struct{}{}:
	case <-m:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func TestTellersRunAtTheSameTime(t *testing.T) {
	m := make(meet)
	d := drill.Drill{Tellers: []drill.Teller{m, &script{tellErr: io.ErrShortWrite}, m}}
	if got := d.Tell(t.Context(), outcome.Result{}); len(got.TellErrors) != 1 || got.TellErrors[0] != io.ErrShortWrite.Error() || got.ExitCode != outcome.ExitNotRecorded {
		t.Errorf("%+v", got)
	}
}

// TestLongestCoversEveryDeadline checks the number after which a sandbox is taken for
// that of a dead run.
func TestLongestCoversEveryDeadline(t *testing.T) {
	var sum time.Duration
	for _, stage := range outcome.Stages {
		sum += drill.Deadlines[stage]
	}
	if got := drill.Longest(nil); got <= sum {
		t.Errorf("%s, but the deadlines add up to %s", got, sum)
	}
	longer := map[outcome.Stage]time.Duration{outcome.Verify: 100 * time.Hour}
	if got := drill.Longest(longer); got != drill.Longest(nil)+100*time.Hour-drill.Deadlines[outcome.Verify] {
		t.Errorf("%s with a longer deadline", got)
	}
}
