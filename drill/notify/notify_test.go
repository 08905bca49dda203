package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/sqlite"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/words"
)

// inbox is a receiver that keeps what it is told.
type inbox struct {
	mu    sync.Mutex
	got   []Message
	fails error
	hangs bool
}

func (b *inbox) Tell(ctx context.Context, m Message) error {
	if b.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails != nil {
		return b.fails
	}
	b.got = append(b.got, m)
	return nil
}

func titles(b *inbox) (list []string) {
	for _, m := range b.got {
		list = append(list, m.Title)
	}
	return list
}

// switchboard is a receiver that keeps the state itself.
type switchboard struct{ *inbox }

func (switchboard) Wants(kind outcome.Kind) bool { return kind == outcome.KindDrill }

func history(t *testing.T) *record.History {
	t.Helper()
	store, err := sqlite.Open(t.Context(), t.TempDir()+"/history.db")
	if err != nil {
		t.Fatal(err)
	}
	h := record.New(store, "history.db")
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func resultOf(id string, f *outcome.Failure) outcome.Result {
	r := outcome.Result{
		SchemaVersion: 1, Kind: outcome.KindDrill, RunID: id, Database: "shop", Verdict: outcome.VerdictPassed, StartedAt: monday, FinishedAt: monday,
		Backup: outcome.Backup{URI: "file:///b/shop.dump", Chosen: outcome.ChosenLatest, TakenAt: monday.Add(-3 * time.Hour)},
	}
	if f != nil {
		r.Verdict, r.ExitCode, r.Failure = f.Class().Verdict(), f.Class().ExitCode(), f.Report()
	}
	return r
}

// TestNotifier plays three nights: each run has its own notifier, as runners that live for
// one job have.
func TestNotifier(t *testing.T) {
	h := history(t)
	people, pings := &inbox{}, &inbox{}
	other := &inbox{}
	night := 0
	run := func(f *outcome.Failure) error {
		night++
		now := monday.Add(time.Duration(night) * 24 * time.Hour)
		n := &Notifier{
			Targets: []Target{
				{config.Receiver{Name: "ops"}, people},
				{config.Receiver{Name: "hc"}, switchboard{pings}},
				{config.Receiver{Name: "other", Databases: []string{"crm"}}, other},
				{config.Receiver{Name: "off"}, nil},
			},
			Alerts: config.Alerts{Remind: config.Duration(24 * time.Hour), UnprovedAfter: 2}, History: h, Now: func() time.Time { return now },
			Redactor: new(redact.Redactor), RunURL: "https://ci.example/1",
		}
		n.Redactor.Add("s3cret-word")
		r := resultOf(fmt.Sprint("run", night), f)
		if err := h.Tell(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		return n.Tell(t.Context(), r)
	}
	broken := outcome.Fail(outcome.DumpTruncated, "it ends early, s3cret-word").WithHint("look at the job")
	for _, f := range []*outcome.Failure{nil, broken, broken, nil, nil} {
		if err := run(f); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"FAILED shop: dump_truncated", "STILL FAILED shop: dump_truncated", "RECOVERED shop"}, titles(people)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"PASSED shop", "FAILED shop: dump_truncated", "FAILED shop: dump_truncated", "PASSED shop", "PASSED shop"}, titles(pings)); diff != "" {
		t.Error(diff)
	}
	if len(other.got) != 0 {
		t.Errorf("a receiver of another database got %q", titles(other))
	}
	want := `the backup cannot be relied on: dump_truncated

cause: it ends early, REDACTED

hint: look at the job

since: 2026-11-25 02:00 UTC
real RPO: 2d 3h (last verified backup: 2026-11-22 23:00 UTC)
backup: file:///b/shop.dump
run: run2
more: drillgres explain dump_truncated

https://ci.example/1
`
	if diff := cmp.Diff(want, people.got[0].Text()); diff != "" {
		t.Error(diff)
	}
	if document := fmt.Sprintf("%+v", *people.got[0].Result); strings.Contains(document+people.got[0].Report, "s3cret") {
		t.Error("the secret is in the result")
	}
	people.fails = errors.New("no s3cret-word")
	if err := run(broken); err == nil || err.Error() != "notify ops: no REDACTED" {
		t.Error(err)
	}
	people.fails = nil
	if err := run(nil); err != nil || people.got[len(people.got)-1].Title != "RECOVERED shop from dump_truncated" {
		t.Errorf("%v, %q", err, titles(people))
	}
}

// down is a history whose server is down.
type down struct{ History }

func (down) Notices(context.Context, string) ([]record.Notice, error) {
	return nil, errors.New("down")
}
func (down) Note(context.Context, record.Notice) error { return errors.New("down") }

// TestHistoryDown checks that people are told if it is not known what they were told.
func TestHistoryDown(t *testing.T) {
	people := &inbox{}
	n := &Notifier{Targets: []Target{{config.Receiver{Name: "ops"}, people}}, History: down{}, Now: func() time.Time { return monday }}
	for range 2 {
		if err := n.Tell(t.Context(), resultOf("a", outcome.Fail(outcome.DumpTruncated, "x"))); err != nil {
			t.Error(err) // the history's own teller reports that it is down
		}
	}
	if len(people.got) != 2 {
		t.Errorf("told %d times", len(people.got))
	}
}

// TestHistoryDownIsTold checks that people hear of a history that is down from a drill that
// passed, and a pager of nights of which nothing is known.
func TestHistoryDownIsTold(t *testing.T) {
	people, pager, pings := &inbox{}, &inbox{}, &inbox{}
	n := &Notifier{
		Targets: []Target{{config.Receiver{Name: "ops"}, people}, {config.Receiver{Name: "pager", On: []string{"failed"}}, pager}, {config.Receiver{Name: "hc"}, switchboard{pings}}},
		History: down{}, Now: func() time.Time { return monday }, Alerts: config.Alerts{UnprovedAfter: 2},
	}
	r := resultOf("a", nil)
	r.TellErrors = []string{"record drill a in history.db: the disk is full"}
	if err := n.Tell(t.Context(), r); err != nil {
		t.Error(err)
	}
	if m := people.got[0]; m.Title != "NOT RECORDED shop" || m.Event != outcome.EventUnproved || m.Code != outcome.HistoryUnavailable || m.Cause != r.TellErrors[0] {
		t.Errorf("%+v", m)
	}
	if len(pager.got) != 0 || pings.got[0].Title != "PASSED shop" {
		t.Errorf("the pager got %v, the switch %v", pager.got, pings.got)
	}
	if err := n.Tell(t.Context(), resultOf("b", outcome.Fail(outcome.EngineUnreachable, "x"))); err != nil {
		t.Error(err)
	}
	if len(pager.got) != 1 || pager.got[0].Title != "UNPROVED shop: engine_unreachable" || !strings.Contains(pager.got[0].Text(), "counts as failed: the history does not say") {
		t.Errorf("the pager got %v", pager.got)
	}
}

// forgetful is a history that does not record that a message was sent.
type forgetful struct{ *record.History }

func (f forgetful) Note(ctx context.Context, n record.Notice) error {
	if n.Told != "" {
		return errors.New("killed")
	}
	return f.History.Note(ctx, n)
}

// incidents is a receiver that keeps a problem open until it is resolved.
type incidents struct{ *inbox }

func (i incidents) Resolve(_ context.Context, m Message) error {
	i.got = append(i.got, Message{Title: "resolve " + m.Database})
	return nil
}

// TestToldAndNotRecorded checks that a recovery follows a message which could not be
// recorded, and that an incident is resolved by each drill that passes.
func TestToldAndNotRecorded(t *testing.T) {
	h := history(t)
	people, pager := &inbox{}, incidents{&inbox{}}
	n := &Notifier{
		Targets: []Target{{config.Receiver{Name: "ops"}, people}, {config.Receiver{Name: "pager", On: []string{"failed"}}, pager}},
		History: forgetful{h}, Now: func() time.Time { return monday },
	}
	if err := n.Tell(t.Context(), resultOf("a", outcome.Fail(outcome.DumpTruncated, "x"))); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Error(err)
	}
	n.History = h
	for _, id := range []string{"b", "c"} {
		if err := n.Tell(t.Context(), resultOf(id, nil)); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"FAILED shop: dump_truncated", "RECOVERED shop from dump_truncated"}, titles(people)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"FAILED shop: dump_truncated", "RECOVERED shop from dump_truncated", "resolve shop"}, titles(pager.inbox)); diff != "" {
		t.Error(diff)
	}
}

// TestKeeperRenews checks that an open alert is renewed by a problem that on leaves out.
func TestKeeperRenews(t *testing.T) {
	h, am := history(t), &inbox{}
	n := &Notifier{Targets: []Target{{config.Receiver{Name: "am", On: []string{"failed"}}, switchboard{am}}}, History: h, Now: func() time.Time { return monday }}
	engine := outcome.Fail(outcome.EngineUnreachable, "x")
	for i, f := range []*outcome.Failure{engine, outcome.Fail(outcome.DumpTruncated, "x"), engine, nil, engine} {
		r := resultOf(fmt.Sprint(i), f)
		if f == nil {
			r.TellErrors = []string{"a disk is full"} // which is for people
		}
		if err := n.Tell(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"FAILED shop: dump_truncated", "UNPROVED shop: engine_unreachable", "PASSED shop"}, titles(am)); diff != "" {
		t.Error(diff)
	}
}

// TestWarning checks the message of a check that found nothing wrong, and something that
// will be, and that a receiver which keeps the state hears that it is well.
func TestWarning(t *testing.T) {
	people, am := &inbox{}, &inbox{}
	n := &Notifier{Targets: []Target{{config.Receiver{Name: "ops"}, people}, {config.Receiver{Name: "am"}, switchboard{am}}}, History: history(t), Now: func() time.Time { return monday }}
	r := resultOf("a", nil)
	r.Findings = []outcome.Finding{
		{Code: "credentials_expire", Message: "they end on Tuesday", Hint: "renew them"}, {Code: "bucket_unlocked", Message: "not this"}, {Code: "bucket_public", Message: "strangers may read it", Hint: "block them"},
	}
	if err := n.Tell(t.Context(), r); err != nil {
		t.Error(err)
	}
	m := people.got[0]
	if m.Title != "WARNING shop: bucket_public, credentials_expire" || m.Cause != "they end on Tuesday; strangers may read it" || m.Hint != "renew them; block them" ||
		!strings.Contains(m.Text(), "more: drillgres explain credentials_expire\nmore: drillgres explain bucket_public\n") {
		t.Errorf("%s\n%s", m.Title, m.Text())
	}
	if am.got[0].Title != "PASSED shop" || am.got[0].Event != outcome.EventPassed {
		t.Errorf("%+v", am.got)
	}
}

// TestOneHangs checks that a receiver that hangs neither holds up the others nor ends after
// its deadline.
func TestOneHangs(t *testing.T) {
	people := &inbox{}
	n := &Notifier{
		Targets: []Target{{config.Receiver{Name: "slow"}, &inbox{hangs: true}}, {config.Receiver{Name: "ops"}, people}},
		Now:     func() time.Time { return monday }, sendWithin: 50 * time.Millisecond,
	}
	began := time.Now()
	err := n.Tell(t.Context(), resultOf("a", outcome.Fail(outcome.DumpTruncated, "x")))
	if err == nil || !strings.Contains(err.Error(), "notify slow: it did not take the message within 50ms") || len(people.got) != 1 || time.Since(began) > 5*time.Second {
		t.Errorf("%v, %d messages, %s", err, len(people.got), time.Since(began))
	}
}

// TestTitles checks the first line of messages that are not of a nightly drill.
func TestTitles(t *testing.T) {
	f := outcome.Fail(outcome.BackupStale, "x")
	check := resultOf("a", f)
	check.Kind = outcome.KindCheck
	release := resultOf("a", outcome.Fail(outcome.MigrationFailed, "x"))
	release.Gate = &outcome.Gate{Decision: outcome.NoGo}
	named := resultOf("a", f)
	named.Backup.Chosen = outcome.ChosenKey
	all := resultOf("a", outcome.Fail(outcome.ConfigInvalid, "x"))
	all.Database = ""
	for want, c := range map[string]struct {
		r outcome.Result
		d Decision
	}{
		"FAILED shop: backup_stale (check)":                              {check, Decision{Event: outcome.EventFailed}},
		"FAILED shop: migration_failed (release: no-go)":                 {release, Decision{Event: outcome.EventFailed}},
		"FAILED shop: backup_stale (a backup named by hand)":             {named, Decision{Event: outcome.EventFailed}},
		"UNPROVED all databases: config_invalid":                         {all, Decision{Event: outcome.EventUnproved}},
		"STILL UNPROVED all databases: config_invalid, 3 times in a row": {all, Decision{Event: outcome.EventUnproved, Reminder: true, Escalated: true, Unproved: 3}},
	} {
		if got := title(c.r, c.d); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestExpected checks when the next drill is due.
func TestExpected(t *testing.T) {
	at := func(hours ...float64) (entries []record.Entry) {
		for _, h := range hours {
			entries = append(entries, record.Entry{Kind: outcome.KindDrill, Chosen: outcome.ChosenLatest, StartedAt: monday.Add(time.Duration(h * float64(time.Hour)))})
		}
		return entries
	}
	other := func(kind outcome.Kind, chosen outcome.Chosen, entries []record.Entry) []record.Entry {
		for i := 1; i < len(entries)-1; i++ {
			entries[i].Kind, entries[i].Chosen = kind, chosen
		}
		return entries
	}
	for name, c := range map[string]struct {
		entries []record.Entry
		kind    outcome.Kind
		want    time.Duration
	}{
		"the first drill":     {at(0), outcome.KindDrill, 30 * time.Hour},
		"nightly":             {at(0, -24, -24.1, -48), outcome.KindDrill, 30 * time.Hour},
		"weekly":              {at(0, -168, -336), outcome.KindDrill, 210 * time.Hour},
		"weekly and releases": {other(outcome.KindAnswer, outcome.ChosenLatest, at(0, -24, -25, -168)), outcome.KindDrill, 210 * time.Hour},
		"weekly and by hand":  {other(outcome.KindDrill, outcome.ChosenKey, at(0, -24, -25, -168)), outcome.KindDrill, 210 * time.Hour},
		"repeated at night":   {at(0, -1, -2, -3, -24), outcome.KindDrill, 30 * time.Hour},
		"a check":             {at(0, -168), outcome.KindCheck, 30 * time.Hour},
		"a clock that jumps":  {at(0, -8760, -8761), outcome.KindDrill, 1050 * time.Hour},
		"a clock ahead":       {at(8760, 0), outcome.KindDrill, 30 * time.Hour},
		"weekly, and ahead":   {at(8760, 0, -168, -336), outcome.KindDrill, 210 * time.Hour},
	} {
		if got := expected(c.entries, c.kind, monday).Sub(monday); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestRealRPOOfAClockAhead checks that a message says which drills do not count.
func TestRealRPOOfAClockAhead(t *testing.T) {
	at := func(id string, on time.Time) record.Entry {
		return record.Entry{ID: record.ID{RunID: id, Database: "shop"}, Kind: outcome.KindDrill, Chosen: outcome.ChosenLatest, Verdict: outcome.VerdictPassed, StartedAt: on, FinishedAt: on, TakenAt: on}
	}
	ahead, today := at("ahead", monday.AddDate(1, 0, 0)), at("today", monday.Add(-time.Hour))
	for want, entries := range map[string][]record.Entry{
		"unknown: no drill has passed; 1 drill of a clock that is ahead is not counted":                                   {ahead},
		"1h (last verified backup: " + words.Moment(today.TakenAt) + "); 1 drill of a clock that is ahead is not counted": {ahead, today},
		"1h (last verified backup: " + words.Moment(today.TakenAt) + ")":                                                  {today},
	} {
		if got := realRPO(outcome.Result{}, past{known: true, entries: entries}, monday); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
