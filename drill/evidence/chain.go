package evidence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/words"
)

// The records of a database form a chain: each names the hash of the one before. Nobody
// coordinates the machines that drill, so two drills that end at the same time may both name
// the same record. The next record then names both, and the chain is one again. What is named
// cannot be removed or changed without a trace.

// end is where the chain of a database ends.
type end struct {
	links  []Link
	number int  // of the last record; 0: there is none
	unread bool // it could not be read at all
}

// latest returns where the chain of a database ends. An error that leaves unread unset is
// about earlier records that are damaged, or could not be read.
func latest(ctx context.Context, s Store, database string, own PublicKey, now time.Time) (end, error) {
	paths, err := s.List(ctx, database)
	if err != nil {
		return end{unread: true}, err
	}
	unread, linkErr := checkLinks(s, database, paths)
	if unread {
		return end{unread: true}, linkErr
	}
	records, err := readAll(ctx, s, database, paths, own, now)
	if err != nil {
		return end{unread: true}, err
	}
	distrust(records, aheadOf(now))
	e := endOf(records)
	return e, errors.Join(linkErr, problemsOf(database, records, e.number == 0))
}

// problemsOf returns an error about the records that do not count. restarted says that the
// chain begins again.
func problemsOf(database string, records []linked, restarted bool) error {
	var damaged, unread []error
	if restarted && len(records) > 0 {
		damaged = append(damaged, fmt.Errorf("read %s and found no valid one, so the chain begins again with number 1", words.Count(len(records), "record")))
	}
	for _, r := range records {
		switch {
		case r.unread:
			unread = append(unread, r.damage)
		case r.damage != nil:
			damaged = append(damaged, r.damage)
		}
	}
	var all []error
	if len(damaged) > 0 {
		all = append(all, fmt.Errorf("earlier evidence of %s is damaged: run drillgres evidence verify, and find out who changed it: %w", database, errors.Join(damaged...)))
	}
	if len(unread) > 0 {
		all = append(all, fmt.Errorf("earlier evidence of %s could not be read: run drillgres evidence verify to see whether it can be now: %w", database, errors.Join(unread...)))
	}
	return errors.Join(all...)
}

// linked is a record and how to name it.
type linked struct {
	Link
	previous []Link
	own      bool  // it is signed with the key of this drill
	damage   error // nil: it counts as a record
	unread   bool  // it may be intact, but could not be read
	ignored  bool  // it does not end the chain, and is not damaged
}

// distrust ignores the records under other keys once there is one under the key of this
// drill: anybody can write such a record. One that a replaced key left is named by a later
// record, also by way of others, or is not newer than the first of this key. Any other is
// damaged. A record of a clock that was ahead may be named only by one that is not read any
// more, so its number decides. limit is the run id from which on runs are ahead of the clock.
func distrust(records []linked, limit string) {
	first, firstRun := 0, ""
	for _, r := range records {
		if r.own && (first == 0 || r.Number < first) {
			first = r.Number
		}
		if r.own && (firstRun == "" || r.RunID < firstRun) {
			firstRun = r.RunID
		}
	}
	if first == 0 {
		return
	}
	named, runs := namedByOwn(records)
	for i := range records {
		r := &records[i]
		if r.own || r.damage != nil {
			continue
		}
		problem := ""
		switch {
		case named[r.identity()]:
			r.ignored = true
			continue
		case runs[r.RunID]:
			problem = "it is not the one that a later record names"
		case r.Number <= first && (r.RunID < firstRun || r.RunID >= limit):
			r.ignored, r.previous = true, nil // nobody knows who wrote it
			continue
		default:
			problem = "it is signed with another key, after this drill's key was in use"
		}
		r.damage = fmt.Errorf("%s of run %s: %s", StatementFile, r.RunID, problem)
		r.Link = Link{RunID: r.RunID, SHA256: r.SHA256, Damaged: true}
	}
}

// namedByOwn returns the intact records that those under the key of this drill name, and those
// that these name in turn, whatever their keys.
func namedByOwn(records []linked) (named map[Link]bool, runs map[string]bool) {
	intact, follow := map[Link]linked{}, []linked{}
	for _, r := range records {
		if r.damage == nil {
			intact[r.identity()] = r
		}
		if r.own {
			follow = append(follow, r)
		}
	}
	named, runs = map[Link]bool{}, map[string]bool{}
	for ; len(follow) > 0; follow = follow[1:] {
		for _, p := range follow[0].previous {
			if p.Damaged || named[p.identity()] {
				continue
			}
			named[p.identity()], runs[p.RunID] = true, true
			if r, ok := intact[p.identity()]; ok && !r.own {
				follow = append(follow, r)
			}
		}
	}
	return named, runs
}

// endOf returns the records that no other one names. Damaged ones are named too, so that
// their removal leaves a trace. They count for nothing else.
func endOf(records []linked) end {
	named, runs := map[Link]bool{}, map[string]bool{}
	for _, r := range records {
		if r.damage == nil {
			for _, p := range r.previous {
				named[p.identity()], runs[p.RunID] = true, true
			}
		}
	}
	e := end{links: []Link{}}
	for _, r := range records {
		if r.ignored || named[r.identity()] || r.damage != nil && runs[r.RunID] {
			continue
		}
		e.links = append(e.links, r.Link)
		e.number = max(e.number, r.Number)
	}
	slices.SortFunc(e.links, func(a, b Link) int { return cmp.Compare(a.RunID, b.RunID) })
	return e
}

// identity returns what a name must match.
func (l Link) identity() Link { return Link{RunID: l.RunID, SHA256: l.SHA256} }
