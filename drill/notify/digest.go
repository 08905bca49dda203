package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/words"
)

// kindDigest is the kind of the notice of the last digest.
const kindDigest outcome.Kind = "digest"

// standingsWithin is how long reading all databases may take: some results of each, which a
// bucket hands out one by one.
const standingsWithin = time.Minute

// AddDigest sends the weekly digest if it is due, once all databases of a command are done.
// It adds what went wrong to the last result.
func (n *Notifier) AddDigest(ctx context.Context, results []outcome.Result) []outcome.Result {
	if n == nil || len(results) == 0 {
		return results
	}
	err := n.digest(context.WithoutCancel(ctx))
	if err == nil {
		return results
	}
	results = slices.Clone(results)
	last := &results[len(results)-1]
	last.TellErrors = append(slices.Clone(last.TellErrors), n.text(err.Error()))
	if last.ExitCode == outcome.ExitPassed {
		last.ExitCode = outcome.ExitNotRecorded
	}
	return results
}

// digest sends the digest to the receivers that have not had it since it was due, to all at
// the same time. One that has never had it gets the first one a week later at most.
func (n *Notifier) digest(ctx context.Context) error {
	day, at, ok := n.Alerts.DigestTime()
	if !ok || n.History == nil {
		return nil
	}
	now := n.Now()
	due := lastDue(now, day, at)
	readCtx, cancel := context.WithTimeout(ctx, cmp.Or(n.readWithin, readWithin))
	defer cancel()
	notices, err := n.History.Notices(readCtx, "")
	if err != nil {
		return nil // the history's own teller reports it, and the next run sends the digest
	}
	standings := sync.OnceValues(func() ([]standing, error) { return n.standings(ctx, now) })
	return n.each(func(t Target) error {
		if _, keeps := t.keeps(); keeps || !t.Hears(outcome.EventDigest) {
			return nil
		}
		was := past{notices: notices}.notice(t.Name, "", kindDigest)
		if !was.ToldAt.IsZero() && !was.ToldAt.Before(due) && !was.ToldAt.After(now) {
			return nil
		}
		if !was.ToldAt.IsZero() {
			all, err := standings()
			if err != nil {
				return fmt.Errorf("the weekly digest for %s could not be made: %w", t.Name, err)
			}
			if err := n.send(ctx, t, n.composeDigest(all, t, now), t.To.Tell); err != nil {
				return err
			}
		}
		was.Event, was.ToldAt = outcome.EventDigest, now
		noteCtx, cancel := context.WithTimeout(ctx, cmp.Or(n.noteWithin, noteWithin))
		defer cancel()
		return n.History.Note(noteCtx, was)
	})
}

// standing is how a database stands, and what people hear of although nothing failed.
type standing struct {
	record.Standing
	warnings string
	former   bool // it is not in the config any more
}

// standings returns how all databases stand, the worst first, and then those that are not in
// the config any more.
func (n *Notifier) standings(ctx context.Context, now time.Time) ([]standing, error) {
	ctx, cancel := context.WithTimeout(ctx, standingsWithin)
	defer cancel()
	found, err := n.History.Standings(ctx, n.Known, "", now)
	if err != nil {
		return nil, err
	}
	isFormer := func(s record.Standing) bool { return !slices.Contains(n.Known, s.Database) }
	found, former := slices.DeleteFunc(slices.Clone(found), isFormer), slices.DeleteFunc(found, func(s record.Standing) bool { return !isFormer(s) })
	slices.SortStableFunc(found, func(a, b record.Standing) int { return cmp.Compare(age(b), age(a)) })
	all := make([]standing, 0, len(found))
	for _, s := range found {
		notices, err := n.History.Notices(ctx, s.Database) // checks are not in the history, but what they found is
		if err != nil {
			return nil, err
		}
		all = append(all, standing{Standing: s, warnings: n.warningsOf(s.Database, notices)})
	}
	for _, s := range former {
		all = append(all, standing{Standing: s, former: true})
	}
	return all, nil
}

// warningsOf returns the codes of the warnings of a database, which each receiver's notice
// has, whether it was told of them or not.
func (n *Notifier) warningsOf(database string, notices []record.Notice) string {
	var codes []string
	for _, notice := range notices {
		isNoted := func(t Target) bool { return t.Name == notice.Receiver && t.isNoted(database) }
		if notice.Warnings != "" && slices.ContainsFunc(n.Targets, isNoted) { // or it is of a receiver of the past, and no check ends it
			codes = append(codes, strings.Split(notice.Warnings, ",")...)
		}
	}
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), ", ")
}

// lastDue returns the last time at or before now that is on this day of the week, at this
// time of the day.
func lastDue(now time.Time, day time.Weekday, at time.Duration) time.Time {
	back := (int(now.Weekday()) - int(day) + 7) % 7
	due := time.Date(now.Year(), now.Month(), now.Day()-back, int(at/time.Hour), int(at%time.Hour/time.Minute), 0, 0, now.Location())
	if due.After(now) {
		due = due.AddDate(0, 0, -7)
	}
	return due
}

// composeDigest returns how the databases of a receiver stand.
func (n *Notifier) composeDigest(all []standing, t Target, now time.Time) Message {
	m := Message{Event: outcome.EventDigest, Kind: kindDigest, RunID: "digest-" + now.UTC().Format("20060102"), At: now, Link: n.RunURL}
	databases, sound, idle := 0, 0, 0
	var former []string
	for _, s := range all {
		switch {
		case !t.Covers(s.Database):
			continue
		case s.former:
			former = append(former, s.Database)
			continue
		}
		databases++
		if s.isIdle(now) {
			idle++
		} else if s.isSound() {
			sound++
		}
		m.Facts = append(m.Facts, Fact{s.Database, n.text(s.text())})
	}
	if len(former) > 0 {
		m.Facts = append(m.Facts, Fact{"not in the config", n.text(words.List(former, mostFormer))})
	}
	m.Title = fmt.Sprintf("WEEKLY %d of %s passed the last drill", sound, words.Count(databases, "database"))
	if idle > 0 {
		m.Title += fmt.Sprintf(", %d not drilled this week", idle)
	}
	m.Meaning = "How the backups stand, the worst first. The real RPO is the age of the newest verified backup."
	return m
}

// last returns the last drill, and false if there is none.
func (s standing) last() (record.Pace, bool) {
	if len(s.Trend.Drills) == 0 {
		return record.Pace{}, false
	}
	return s.Trend.Drills[len(s.Trend.Drills)-1], true
}

// isIdle reports whether there was no drill this week.
func (s standing) isIdle(now time.Time) bool {
	last, drilled := s.last()
	return !drilled || now.Sub(last.StartedAt) > week
}

// isSound reports whether the last drill passed. With one of a clock that is ahead, nobody
// knows which was the last.
func (s standing) isSound() bool {
	last, _ := s.last()
	return last.Verdict == outcome.VerdictPassed && s.Ahead == 0
}

// text returns how the database stands, in one line.
func (s standing) text() string {
	rpo, warning, recovery, last := "never verified", "", "", ""
	switch {
	case s.RPOSeconds != nil:
		rpo = "real RPO " + words.Span(time.Duration(*s.RPOSeconds*float64(time.Second)))
	case s.IsVerified():
		rpo = "verified, real RPO unknown"
	}
	if s.warnings != "" {
		warning = "warning: " + s.warnings
	}
	if s.Recovery != nil && s.Recovery.Recovery > 0 && s.Recovery.Profile != "fast" {
		recovery = "recovery takes " + words.Elapsed(s.Recovery.Recovery)
	}
	if newest, drilled := s.last(); drilled {
		last = fmt.Sprintf("last drill %s on %s", newest.Verdict, words.Moment(newest.StartedAt))
	}
	return words.Join(", ", rpo, warning, recovery, last, report.AheadText(s.Ahead))
}

// mostFormer is how many databases that are not in the config any more a digest names.
const mostFormer = 5

const week = 7 * 24 * time.Hour

// age returns how bad a standing is: never verified is worst, then an unknown age.
func age(s record.Standing) float64 {
	switch {
	case s.RPOSeconds != nil:
		return *s.RPOSeconds
	case s.IsVerified():
		return 1e17
	default:
		return 1e18
	}
}
