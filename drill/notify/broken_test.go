package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// TestBroken runs with a config that is invalid, every hour, and then with a valid one.
func TestBroken(t *testing.T) {
	h, now := history(t), monday
	people, crm, wiki, pager := &inbox{}, &inbox{}, &inbox{}, &inbox{}
	pings, incident := &inbox{}, incidents{&inbox{}}
	n := &Notifier{
		Targets: []Target{
			{config.Receiver{Name: "ops"}, people},
			{config.Receiver{Name: "crm", Databases: []string{"crm"}}, crm},
			{config.Receiver{Name: "wiki", Databases: []string{"wiki"}}, wiki},
			{config.Receiver{Name: "pager", On: []string{"failed"}}, pager},
			{config.Receiver{Name: "hc", Databases: []string{"shop"}}, switchboard{pings}},
			{config.Receiver{Name: "incidents", Databases: []string{"shop"}}, incident},
		},
		Alerts: config.Alerts{Remind: config.Duration(24 * time.Hour), UnprovedAfter: 3}, History: h, Now: func() time.Time { return now },
	}
	for i := range 27 {
		r := resultOf(fmt.Sprint("broken", i), outcome.Fail(outcome.ConfigInvalid, "x"))
		r.Database = ""
		if err := n.Broken(t.Context(), r, []string{"crm", "shop"}); err != nil {
			t.Error(err)
		}
		now = now.Add(time.Hour)
	}
	if err := n.Tell(t.Context(), resultOf("sound", nil)); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		got  *inbox
		want []string
	}{
		"people": {people, []string{
			"UNPROVED crm, shop: config_invalid", "UNPROVED crm, shop: config_invalid, 3 times in a row",
			"STILL UNPROVED crm, shop: config_invalid, 25 times in a row", "RECOVERED shop",
		}},
		"another database": {wiki, nil},
		"one database":     {crm, []string{"UNPROVED crm: config_invalid", "UNPROVED crm: config_invalid, 3 times in a row", "STILL UNPROVED crm: config_invalid, 25 times in a row"}},
		"a pager":          {pager, []string{"UNPROVED crm, shop: config_invalid, 3 times in a row", "STILL UNPROVED crm, shop: config_invalid, 25 times in a row"}},
		"incidents":        {incident.inbox, []string{"UNPROVED shop: config_invalid", "UNPROVED shop: config_invalid, 3 times in a row", "STILL UNPROVED shop: config_invalid, 25 times in a row", "RECOVERED shop"}},
	} {
		if diff := cmp.Diff(c.want, titles(c.got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if len(pings.got) != 28 {
		t.Errorf("the switch got %q", titles(pings))
	}
}

// TestBrokenBeyondReading checks whom a config reaches whose databases cannot be read, and a
// command that names a database which does not exist.
func TestBrokenBeyondReading(t *testing.T) {
	people, crm, pings := &inbox{}, &inbox{}, &inbox{}
	n := &Notifier{
		Targets: []Target{{config.Receiver{Name: "ops", On: []string{"failed"}}, people}, {config.Receiver{Name: "crm", Databases: []string{"crm"}}, crm}, {config.Receiver{Name: "hc", Databases: []string{"crm"}}, switchboard{pings}}},
		Alerts:  config.Alerts{UnprovedAfter: 2}, History: history(t), Now: func() time.Time { return monday },
	}
	r := resultOf("a", outcome.Fail(outcome.ConfigInvalid, "x"))
	r.Database = ""
	for range 2 {
		if err := n.Broken(t.Context(), r, nil); err != nil {
			t.Error(err)
		}
	}
	if err := n.Refused(t.Context(), r); err != nil {
		t.Error(err)
	}
	all := "UNPROVED all databases: config_invalid"
	refused := "UNPROVED drillgres: config_invalid"
	if diff := cmp.Diff([]string{all, all, refused}, titles(people)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"UNPROVED crm: config_invalid", "UNPROVED crm: config_invalid", refused}, titles(crm)); diff != "" {
		t.Error(diff)
	}
	if len(pings.got) != 2 {
		t.Errorf("the switch got %q", titles(pings))
	}
	if notices, err := n.History.Notices(t.Context(), ""); err != nil || len(notices) != 0 {
		t.Errorf("%v, recorded: %v", err, notices)
	}
}

// TestRefused checks the message about a command that names a database which does not exist.
func TestRefused(t *testing.T) {
	people := &inbox{}
	n := &Notifier{Targets: []Target{{config.Receiver{Name: "ops"}, people}}, History: history(t), Now: func() time.Time { return monday }}
	r := resultOf("a", outcome.Fail(outcome.ConfigInvalid, "there is no database shopold").WithHint("choose from: shop"))
	r.Database = ""
	if err := n.Refused(t.Context(), r); err != nil {
		t.Error(err)
	}
	if m := people.got[0]; m.Title != "UNPROVED drillgres: config_invalid" || m.Cause != "there is no database shopold" || m.Hint != "choose from: shop" || m.Database != "" {
		t.Errorf("%+v", m)
	}
}

// hanging is a history that never answers.
type hanging struct{ History }

func (hanging) Notices(ctx context.Context, _ string) ([]record.Notice, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (hanging) Note(ctx context.Context, _ record.Notice) error {
	<-ctx.Done()
	return ctx.Err()
}

// punctual is a receiver that is too late after the deadline.
type punctual struct{ incidents }

func (p punctual) Tell(ctx context.Context, m Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.incidents.Tell(ctx, m)
}

// TestBrokenHistoryHangs checks that a history that hangs is waited for once, however many
// databases there are.
func TestBrokenHistoryHangs(t *testing.T) {
	people, pager := &inbox{}, punctual{incidents{&inbox{}}}
	const wait = 200 * time.Millisecond
	n := &Notifier{
		Targets: []Target{{config.Receiver{Name: "ops"}, people}, {config.Receiver{Name: "pager"}, pager}},
		History: hanging{}, Now: func() time.Time { return monday }, readWithin: wait, noteWithin: wait,
	}
	var names []string
	for i := range 48 {
		names = append(names, fmt.Sprint("db", i))
	}
	r := resultOf("a", outcome.Fail(outcome.ConfigInvalid, "x"))
	r.Database = ""
	began := time.Now()
	if err := n.Broken(t.Context(), r, names); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 5*time.Second || len(people.got) != 1 || len(pager.got) != 48 {
		t.Errorf("after %s: people got %q, a pager %d", took, titles(people), len(pager.got))
	}
}

// TestBrokenAfterLost breaks a config after a failure whose message was lost: it is named
// for its database, and what is not so for each database is not said of all.
func TestBrokenAfterLost(t *testing.T) {
	now, people := monday, &inbox{fails: errors.New("no answer")}
	n := &Notifier{Targets: []Target{{config.Receiver{Name: "ops"}, people}}, Alerts: config.Alerts{Remind: config.Duration(24 * time.Hour)}, History: history(t), Now: func() time.Time { return now }}
	tell := func(database string, f *outcome.Failure) {
		r := resultOf(database+now.String(), f)
		r.Database = database
		_ = n.Tell(t.Context(), r)
	}
	tell("shop", outcome.Fail(outcome.DumpTruncated, "x"))
	people.fails = nil
	tell("wiki", outcome.Fail(outcome.ConfigInvalid, "x"))
	broken := func() Message {
		now = now.Add(24 * time.Hour)
		r := resultOf("broken"+now.String(), outcome.Fail(outcome.ConfigInvalid, "x"))
		r.Database = ""
		if err := n.Broken(t.Context(), r, []string{"blog", "shop", "wiki"}); err != nil {
			t.Error(err)
		}
		return people.got[len(people.got)-1]
	}
	m := broken()
	if m.Title != "UNPROVED blog, shop, wiki: config_invalid" || m.Reminder || strings.Contains(m.Text(), "since:") ||
		!strings.Contains(m.Text(), "before (shop): dump_truncated, whose message may not have arrived\n") || strings.Count(m.Text(), "before") != 1 {
		t.Errorf("%s\n%s", m.Title, m.Text())
	}
	if m = broken(); m.Title != "STILL UNPROVED blog, shop, wiki: config_invalid" || !m.Reminder || strings.Contains(m.Text(), "before") {
		t.Errorf("%s\n%s", m.Title, m.Text())
	}
}

// TestBrokenToldAndNotRecorded checks that a recovery follows a message about several
// databases which could not be recorded.
func TestBrokenToldAndNotRecorded(t *testing.T) {
	h, people := history(t), &inbox{}
	n := &Notifier{Targets: []Target{{config.Receiver{Name: "ops"}, people}}, History: forgetful{h}, Now: func() time.Time { return monday }}
	r := resultOf("a", outcome.Fail(outcome.ConfigInvalid, "x"))
	r.Database = ""
	if err := n.Broken(t.Context(), r, []string{"crm", "shop"}); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Error(err)
	}
	n.History = h
	if err := n.Tell(t.Context(), resultOf("b", nil)); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"UNPROVED crm, shop: config_invalid", "RECOVERED shop from config_invalid"}, titles(people)); diff != "" {
		t.Error(diff)
	}
}
