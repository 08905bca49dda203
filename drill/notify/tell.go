package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// tellOne tells a receiver of the result of a database, if the policy or the receiver
// wants it, and records what the receiver knows then.
func (n *Notifier) tellOne(ctx context.Context, t Target, r outcome.Result, p past) error {
	was := p.notice(t.Name, r.Database, r.Kind)
	if keeper, ok := t.keeps(); ok {
		return n.tellKeeper(ctx, t, keeper, r, p, was)
	}
	d := Decide(was, r, n.Now(), n.policy(t, p, r))
	if pending, needed := d.before(was); needed {
		_ = n.note(ctx, p, pending) // if the history does not work, the note after the message says so
	}
	var err error
	resolver, resolves := t.To.(Resolver)
	switch {
	case d.Event != "":
		err = n.send(ctx, t, n.compose(r, d, t, p), t.To.Tell)
	case resolves && r.Failure == nil && d.next.Event == outcome.EventPassed: // an interruption leaves the event as it was
		err = n.send(ctx, t, n.compose(r, Decision{Event: outcome.EventPassed}, t, p), resolver.Resolve)
	}
	return n.noteAfter(ctx, p, was, d, err)
}

// tellKeeper tells a receiver that keeps the state itself of each result. Of the problems,
// these are those that it wants, and all others while it shows one: an alert that is not
// renewed ends as if the database was well. It shows the verdict, which telling does not
// change.
func (n *Notifier) tellKeeper(ctx context.Context, t Target, keeper Keeper, r outcome.Result, p past, was record.Notice) error {
	if !keeper.Wants(r.Kind) || !isRoutine(r) || isInterrupted(r) {
		return nil
	}
	event, verdict := outcome.EventOf(r), r
	verdict.TellErrors = nil
	d := Decide(was, verdict, n.Now(), n.policy(t, p, r))
	if !event.IsProblem() || len(t.On) == 0 || d.Event != "" || was.Told != "" {
		err := n.send(ctx, t, n.compose(r, Decision{Event: event}, t, p), t.To.Tell)
		if len(t.On) == 0 {
			return err // it wants all, so that nothing has to be known of it
		}
		return n.noteAfter(ctx, p, was, d, err)
	}
	return n.noteAfter(ctx, p, was, d, nil)
}

func (n *Notifier) policy(t Target, p past, r outcome.Result) Policy {
	return Policy{Alerts: n.Alerts, Hears: t.Hears, Known: p.known, Recorded: p.has(r.RunID)}
}

// noteAfter records what a receiver knows after the attempt to send. It returns sent, and
// why that could not be recorded.
func (n *Notifier) noteAfter(ctx context.Context, p past, was record.Notice, d Decision, sent error) error {
	next, changed := d.after(was, sent)
	if !changed {
		return sent
	}
	if err := n.note(ctx, p, next); err != nil {
		return errors.Join(sent, fmt.Errorf("%w (the next run may tell it again)", err))
	}
	return sent
}

// note records what a receiver knows, unless it is of no database: no drill would end
// that. That a history does not work which could not be read either is reported by its own
// teller.
func (n *Notifier) note(ctx context.Context, p past, next record.Notice) error {
	if n.History == nil || next.Database == "" || p.hangs {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(n.noteWithin, noteWithin))
	defer cancel()
	if err := n.History.Note(ctx, next); err != nil && p.known {
		return err
	}
	return nil
}

// send delivers a message within the deadline.
func (n *Notifier) send(ctx context.Context, t Target, m Message, deliver func(context.Context, Message) error) error {
	limit := cmp.Or(n.sendWithin, sendWithin)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := deliver(limited, m)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		err = fmt.Errorf("it did not take the message within %s: %w", limit, err)
	}
	if err != nil {
		return fmt.Errorf("notify %s: %s", t.Name, n.text(err.Error()))
	}
	return nil
}
