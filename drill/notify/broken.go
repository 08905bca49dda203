package notify

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/words"
)

// brokenWithin is how long telling of a result that no drill could come to may take.
const brokenWithin = time.Minute

// atOnce is how many databases are read, or told to one receiver, at the same time.
const atOnce = 8

// Broken tells the receivers of a result that no drill could come to, such as that of an
// invalid config, about those of the databases that they are told of: people in one
// message, and those that keep the state of each database for each. databases is empty if
// not even they could be read.
func (n *Notifier) Broken(ctx context.Context, r outcome.Result, databases []string) error {
	ctx, cancel := context.WithTimeout(ctx, brokenWithin)
	defer cancel()
	pasts := n.rememberAll(ctx, databases)
	return n.each(func(t Target) error {
		names := slices.DeleteFunc(slices.Clone(databases), func(name string) bool { return !t.Covers(name) })
		if len(databases) == 0 {
			names = append(t.Databases, "")[:max(len(t.Databases), 1)]
		}
		_, keeps := t.keeps()
		_, resolves := t.To.(Resolver)
		if !keeps && !resolves {
			return n.tellTogether(ctx, t, r, names, pasts)
		}
		var telling errgroup.Group
		telling.SetLimit(atOnce)
		errs := make([]error, len(names))
		for i, name := range names {
			telling.Go(func() error {
				one := r
				one.Database = name
				errs[i] = n.tellOne(ctx, t, one, pasts[name])
				return nil
			})
		}
		_ = telling.Wait() // none returns an error
		return errors.Join(errs...)
	})
}

// Refused tells people of a result that is about none of the databases, such as that of a
// command that names another one. It is not recorded, because no drill would end it. Its
// subject is drillgres itself.
func (n *Notifier) Refused(ctx context.Context, r outcome.Result) error {
	return n.each(func(t Target) error {
		if _, keeps := t.keeps(); keeps {
			return nil
		}
		d := Decide(record.Notice{}, r, n.Now(), n.policy(t, past{}, r))
		if d.Event == "" {
			return nil
		}
		m := n.compose(r, d, t, past{})
		command := r
		command.Database = "drillgres"
		m.Title = n.text(title(command, d))
		return n.send(ctx, t, m, t.To.Tell)
	})
}

// rememberAll reads what receivers were told of several databases. All together have the
// time of one: a history that hangs must not keep the message from being sent.
func (n *Notifier) rememberAll(ctx context.Context, databases []string) map[string]past {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(n.readWithin, readWithin))
	defer cancel()
	read := make([]past, len(databases))
	var reading errgroup.Group
	reading.SetLimit(atOnce)
	for i, name := range databases {
		reading.Go(func() error {
			read[i] = n.remember(ctx, name)
			read[i].hangs = !read[i].known && ctx.Err() != nil
			return nil
		})
	}
	_ = reading.Wait() // none returns an error
	pasts := make(map[string]past, len(databases))
	for i, name := range databases {
		pasts[name] = read[i]
	}
	return pasts
}

// tellTogether sends one message about those of the databases of which one is due.
func (n *Notifier) tellTogether(ctx context.Context, t Target, r outcome.Result, names []string, pasts map[string]past) error {
	all, now := make([]condition, len(names)), n.Now()
	var due []condition
	for i, name := range names {
		one := r
		one.Database = name
		was := pasts[name].notice(t.Name, name, r.Kind)
		all[i] = condition{was, Decide(was, one, now, n.policy(t, pasts[name], one)), pasts[name]}
		if all[i].Event != "" {
			due = append(due, all[i])
		}
	}
	var err error
	if len(due) > 0 {
		_ = n.noteAll(ctx, due, condition.before) // if the history does not work, the notes after the message say so
		err = n.send(ctx, t, n.composeFor(r, t, due), t.To.Tell)
	}
	return errors.Join(err, n.noteAll(ctx, all, func(c condition) (record.Notice, bool) { return c.after(c.was, err) }))
}

// condition is what a receiver knows of one of several databases, and what it is told.
type condition struct {
	was record.Notice
	Decision
	past past
}

func (c condition) before() (record.Notice, bool) { return c.Decision.before(c.was) }

// noteAll records what a receiver knows of several databases. It stops at the first error:
// the others would take as long.
func (n *Notifier) noteAll(ctx context.Context, conditions []condition, notice func(condition) (record.Notice, bool)) error {
	for _, c := range conditions {
		if next, needed := notice(c); needed {
			if err := n.note(ctx, c.past, next); err != nil {
				return err
			}
		}
	}
	return nil
}

// composeFor returns the message about several databases.
func (n *Notifier) composeFor(r outcome.Result, t Target, due []condition) Message {
	if len(due) == 1 {
		r.Database = due[0].was.Database
		return n.compose(r, due[0].Decision, t, due[0].past)
	}
	d := ofAll(due)
	m := n.compose(r, d, t, past{})
	var names []string
	var missed []Fact
	for _, c := range due {
		names = append(names, c.was.Database)
		if c.Missed != "" {
			missed = append(missed, Fact{"before (" + c.was.Database + ")", n.text(mayNotHaveArrived(c.Missed))})
		}
	}
	r.Database = words.List(names, longestSubject)
	m.Title = n.text(title(r, d))
	m.Facts = append(missed, m.Facts...)
	if len(names) > longestSubject {
		m.Facts = append([]Fact{{"databases", n.text(words.List(names, mostNames))}}, m.Facts...)
	}
	return m
}

// ofAll returns what is said of several databases: the gravest, and otherwise only what is so
// for each.
func ofAll(due []condition) Decision {
	d := due[0].Decision
	d.Missed = ""
	for _, c := range due[1:] {
		d.Unproved = max(d.Unproved, c.Unproved)
		d.Escalated = d.Escalated || c.Escalated
		d.Reminder = d.Reminder && c.Reminder
		if !d.Since.Equal(c.Since) {
			d.Since = time.Time{}
		}
	}
	return d
}

const (
	longestSubject = 5   // databases in a title
	mostNames      = 100 // databases in a message
)
