package evidence

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// link verifies how the records of a database name each other.
func (c *Chain) link(all []seen, now time.Time) {
	byRun := map[string]*seen{}
	for i := range all {
		byRun[all[i].id] = &all[i]
	}
	successors, expired, named := map[string][]string{}, map[string]int{}, map[string]bool{}
	joined := map[Link]bool{} // as damaged, such as the record of another key
	for _, s := range all {
		if !s.valid {
			continue
		}
		for _, p := range s.record.Previous {
			earlier := byRun[p.RunID]
			gone := earlier == nil || earlier.sum == "" && !earlier.unread
			named[p.RunID] = true
			if p.Damaged {
				c.damaged = append(c.damaged, c.damagedText(p, s.id, gone, earlier))
				joined[p.identity()] = true
				continue
			}
			successors[p.RunID] = append(successors[p.RunID], s.id)
			switch {
			case gone && !p.RetainUntil.IsZero() && now.After(p.RetainUntil):
				expired[p.RunID] = p.Number
			case gone:
				c.problem(RecordMissing, p.RunID, "record %d is missing: that of run %s names it", p.Number, s.id)
			case !earlier.unread && earlier.sum != p.SHA256:
				c.problem(RecordReplaced, p.RunID, "record %d is not the one that run %s names", p.Number, s.id)
			}
		}
	}
	c.Expired = len(expired)
	for _, run := range slices.Sorted(maps.Keys(expired)) {
		if expired[run] > c.Records[0].Number {
			c.between = append(c.between, run)
		}
	}
	c.Unfinished = slices.DeleteFunc(c.Unfinished, func(id string) bool { return named[id] }) // its record is missing
	c.endsAndForks(successors, joined, byRun)
	if begun := c.beginnings(all); len(begun) > 1 {
		c.Forks = append(c.Forks, fmt.Sprintf("runs %s are all the first one: they ended at the same time, or the evidence before the later ones was out of reach or removed",
			strings.Join(begun, " and ")))
		c.noteRestarts(begun, byRun)
	}
	c.truncated = len(c.Records) > 0 && c.Records[0].Number > 1
}

// noteRestarts notes the runs that began a chain although an earlier one had begun and ended
// before they began: these are no drills at the same time.
func (c *Chain) noteRestarts(begun []string, byRun map[string]*seen) {
	for _, run := range begun {
		isLater := func(other string) bool {
			return byRun[other].record.FinishedAt.Before(byRun[run].record.StartedAt)
		}
		if slices.ContainsFunc(begun, isLater) {
			c.restarts = append(c.restarts, run)
		}
	}
}

// damagedText says what became of a record that did not count when a later one named it. A
// name without a hash is that of a record that could not be read.
func (c *Chain) damagedText(name Link, by string, gone bool, now *seen) string {
	was, became := "counted as damaged", "is still there"
	if name.SHA256 == "" {
		was = "could not be read"
	}
	switch {
	case gone:
		became = "is gone"
	case now.valid:
		became = "is valid now"
	}
	return fmt.Sprintf("the record of run %s of %s: it %s when that of run %s was written, and %s", name.RunID, c.Database, was, by, became)
}

// returnedKeys returns the runs that were signed with a key which another one had replaced.
func (c *Chain) returnedKeys() (runs []string) {
	current, replaced := "", map[string]bool{}
	for _, r := range c.Records {
		if replaced[r.KeyID] {
			runs = append(runs, r.RunID)
		}
		if current != "" && r.KeyID != current && !replaced[r.KeyID] {
			replaced[current] = true
		}
		if !replaced[r.KeyID] {
			current = r.KeyID
		}
	}
	return runs
}

// endsAndForks sets the records that no other one names, and those that several name. joined
// holds the names of damaged records.
func (c *Chain) endsAndForks(successors map[string][]string, joined map[Link]bool, byRun map[string]*seen) {
	for _, r := range c.Records {
		next := successors[r.RunID]
		if len(next) == 0 {
			if !joined[Link{RunID: r.RunID, SHA256: r.SHA256}] {
				c.Ends = append(c.Ends, r)
			}
			continue
		}
		if next = apart(next, byRun); len(next) > 1 {
			slices.Sort(next)
			c.Forks = append(c.Forks, fmt.Sprintf("run %s is followed by runs %s: they ended at the same time, or somebody wrote to a copy of the chain",
				r.RunID, strings.Join(next, " and ")))
		}
	}
}

// apart returns the runs of which none follows another one. A drill that could not read or
// believe a record in between names the one before that again, which is not a fork.
func apart(runs []string, byRun map[string]*seen) (forks []string) {
	if len(runs) == 1 {
		return runs
	}
	for _, run := range runs {
		if !follows(run, runs, byRun) {
			forks = append(forks, run)
		}
	}
	return forks
}

// follows reports whether the record of a run names one of others, also by way of others.
func follows(run string, others []string, byRun map[string]*seen) bool {
	visited := map[string]bool{run: true}
	for queue := []string{run}; len(queue) > 0; queue = queue[1:] {
		s := byRun[queue[0]]
		if s == nil || !s.valid {
			continue
		}
		for _, p := range s.record.Previous {
			if visited[p.RunID] {
				continue
			}
			if slices.Contains(others, p.RunID) {
				return true
			}
			visited[p.RunID] = true
			queue = append(queue, p.RunID)
		}
	}
	return false
}

// beginnings returns the runs whose records follow no other one.
func (c *Chain) beginnings(all []seen) (runs []string) {
	for _, s := range all {
		if s.valid && !slices.ContainsFunc(s.record.Previous, func(p Link) bool { return !p.Damaged }) {
			runs = append(runs, s.id)
		}
	}
	return runs
}

func (c *Chain) problem(kind Kind, run, format string, args ...any) {
	p := Problem{Kind: kind, RunID: run, File: StatementFile, Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(c.Problems, p) {
		c.Problems = append(c.Problems, p)
	}
}
