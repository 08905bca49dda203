// Package notify tells people what happened to a database: which receiver hears of a
// result, as what, and in which words. How a message reaches a receiver is in package
// notify/channel.
package notify

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
)

// Receiver delivers messages to one place. Its errors contain neither its address nor
// its secrets.
type Receiver interface {
	Tell(ctx context.Context, m Message) error
}

// Keeper is implemented by a Receiver that keeps the state of a database itself, such as a
// dead man's switch. It is told of each result of the kinds that it wants, and not by the
// policy.
type Keeper interface {
	Wants(kind outcome.Kind) bool
}

// Resolver is implemented by a Receiver that keeps a problem open until it is told that
// it is over. It is told so of each drill or check that is well: a recovery may be an
// event that the receiver does not want, or may have been lost.
type Resolver interface {
	Resolve(ctx context.Context, m Message) error
}

// Starter is implemented by a Receiver that is also told when a drill starts.
type Starter interface {
	Start(ctx context.Context, m Message) error
}

// Tester is implemented by a Receiver whose test is not an ordinary message.
type Tester interface {
	Test(ctx context.Context, m Message) error
}

// Target is a receiver with its settings.
type Target struct {
	config.Receiver
	To Receiver // nil: it is off
}

func (t Target) keeps() (Keeper, bool) {
	k, ok := t.To.(Keeper)
	return k, ok
}

// isNoted reports whether it is recorded what the receiver knows of a database.
func (t Target) isNoted(database string) bool {
	_, keeps := t.keeps()
	return t.To != nil && t.Covers(database) && (!keeps || len(t.On) > 0)
}

// History is where the notifier reads and records what receivers were told.
type History interface {
	Notices(ctx context.Context, database string) ([]record.Notice, error)
	Note(ctx context.Context, n record.Notice) error
	Entries(ctx context.Context, f record.Filter) ([]record.Entry, error)
	Standings(ctx context.Context, known []string, only string, now time.Time) ([]record.Standing, error)
}

var _ History = (*record.History)(nil)

// Notifier tells receivers of results. It is a teller of a drill.
type Notifier struct {
	Targets  []Target
	Alerts   config.Alerts
	History  History // nil: none, so that nothing is known of what was told
	Now      func() time.Time
	Redactor *redact.Redactor
	RunURL   string   // of the run in a CI system; empty: unknown
	Known    []string // the databases of the config, for the digest

	// Deadlines; 0: the default. All together are shorter than that of a teller.
	readWithin, sendWithin, noteWithin time.Duration
}

const (
	readWithin = 10 * time.Second
	sendWithin = 30 * time.Second
	noteWithin = 8 * time.Second // before a message and after it
)

// Tell tells all receivers of a result at the same time. It returns the errors of those
// that could not be told, joined.
func (n *Notifier) Tell(ctx context.Context, r outcome.Result) error {
	if len(n.Targets) == 0 {
		return nil
	}
	past := n.remember(ctx, r.Database)
	return n.each(func(t Target) error {
		if !t.Covers(r.Database) {
			return nil
		}
		return n.tellOne(ctx, t, r, past)
	})
}

// Start tells the receivers that want it that a drill starts. r has no verdict yet.
func (n *Notifier) Start(ctx context.Context, r outcome.Result) error {
	return n.each(func(t Target) error {
		s, ok := t.To.(Starter)
		if !ok || !t.Covers(r.Database) {
			return nil
		}
		return n.send(ctx, t, n.start(r), s.Start)
	})
}

// Test sends a test message to a receiver.
func (n *Notifier) Test(ctx context.Context, t Target) error {
	deliver := t.To.Tell
	if tester, ok := t.To.(Tester); ok {
		deliver = tester.Test
	}
	return n.send(ctx, t, n.test(), deliver)
}

// each calls do for each receiver that is not off, all at the same time.
func (n *Notifier) each(do func(Target) error) error {
	errs := make([]error, len(n.Targets))
	var telling sync.WaitGroup
	for i, t := range n.Targets {
		if t.To != nil {
			telling.Go(func() { errs[i] = do(t) })
		}
	}
	telling.Wait()
	return errors.Join(errs...)
}

// past is what is known of a database from the history.
type past struct {
	notices []record.Notice
	entries []record.Entry // newest first
	known   bool           // whether the history could be read
	hangs   bool           // whether it did not answer in time, so that nothing is written to it either
}

// remember reads what receivers were told. If the history does not answer, everything
// counts as not told.
func (n *Notifier) remember(ctx context.Context, database string) (p past) {
	if n.History == nil || database == "" {
		return p
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(n.readWithin, readWithin))
	defer cancel()
	var err error
	if p.notices, err = n.History.Notices(ctx, database); err != nil {
		return past{}
	}
	if p.entries, err = n.History.Entries(ctx, record.Filter{Database: database}); err != nil {
		return past{}
	}
	p.known = true
	return p
}

// has reports whether the history has the result of a run. What is known was read after the
// result was recorded.
func (p past) has(runID string) bool {
	return slices.ContainsFunc(p.entries, func(e record.Entry) bool { return e.RunID == runID })
}

// notice returns what a receiver knows of one condition of a database.
func (p past) notice(receiver, database string, kind outcome.Kind) record.Notice {
	i := slices.IndexFunc(p.notices, func(n record.Notice) bool { return n.Receiver == receiver && n.Kind == kind })
	if i < 0 {
		return record.Notice{Receiver: receiver, Database: database, Kind: kind}
	}
	found := p.notices[i]
	if found.Owed.IsProblem() && found.OwedFor == "" {
		found.OwedFor = found.Code // earlier versions did not record it
	}
	return found
}

// text returns a text without secrets.
func (n *Notifier) text(s string) string {
	if n.Redactor == nil {
		return s
	}
	return n.Redactor.Text(s)
}
