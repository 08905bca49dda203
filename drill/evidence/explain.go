package evidence

import (
	"fmt"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// explain says in plain words what the evidence proves and what it does not.
func (r *Report) explain(v Verifier) {
	r.Proved, r.NotProved = []string{}, []string{}
	for _, c := range r.Chains {
		r.explainChain(c)
	}
	for _, ref := range r.Backup {
		if ref.Objects > 1 {
			r.Proved = append(r.Proved, fmt.Sprintf("the file has the bytes of 1 of the %d objects of the backup that run %s of %s drilled: %s", ref.Objects, ref.RunID, ref.Database, verdictOf(ref)))
			r.NotProved = append(r.NotProved, fmt.Sprintf("that the other objects of the backup of run %s of %s are at hand: they were not compared", ref.RunID, ref.Database))
			continue
		}
		r.Proved = append(r.Proved, fmt.Sprintf("the backup has the bytes that run %s of %s drilled: %s", ref.RunID, ref.Database, verdictOf(ref)))
	}
	if r.Valid && len(v.Last) > 0 {
		r.Proved = append(r.Proved, fmt.Sprintf("%s that you named: so is everything that they follow", words.CountOf(len(v.Last), "record is there", "records are there")))
	}
	if len(r.Keys) > 0 {
		r.NotProved = append(r.NotProved,
			"who signed: whoever holds the private key can write records, and a new chain; compare the ids of the keys with those that their owner gave you",
			"when it was: all times are those of the clock of the machine that drilled")
	}
	if v.Drills != nil && r.Valid {
		all := "every drill in the history since the first record has its record"
		if len(r.unseen) > 0 {
			all += ", but for those that are not proved"
		}
		r.Proved = append(r.Proved, all)
	}
	r.NotProved = append(r.NotProved, r.unseen...)
	if v.Drills == nil {
		r.NotProved = append(r.NotProved, "that every drill has its record: one that was removed before the next drill leaves no gap (--config FILE compares with the history; --last SHA256 names a record that must be there, from the log of its drill or an earlier verification)")
	}
	if len(v.Backup) == 0 {
		r.NotProved = append(r.NotProved, "that a backup at hand is one that was drilled (--backup FILE compares it)")
	}
	r.NotProved = append(r.NotProved, "more than the drills tested: each record lists under not_proved what its drill did not")
}

func (r *Report) explainChain(c Chain) {
	if len(c.Unfinished) > 0 {
		r.NotProved = append(r.NotProved, fmt.Sprintf("anything about %s of %s: there are files and no record, which no other record names; the drill could not write all of its evidence, or the record was the last one and was removed",
			words.List(prefixedRuns(c.Unfinished), mostRuns), c.Database))
	}
	r.NotProved = append(r.NotProved, c.unnamed...)
	r.NotProved = append(r.NotProved, c.damaged...)
	if len(c.Records) == 0 {
		return
	}
	if len(c.Problems) > 0 {
		r.NotProved = append(r.NotProved, fmt.Sprintf("that the evidence of %s is complete and unchanged: see its problems", c.Database))
		return
	}
	first := c.Records[0]
	if c.Alone {
		r.Proved = append(r.Proved, fmt.Sprintf("run %s of %s is as it was signed, with every file: %s", first.RunID, c.Database, verdictOf(first)))
		r.NotProved = append(r.NotProved, "its place in the chain: verify the folder of the database, which has the other records")
		return
	}
	r.Proved = append(r.Proved, c.whole())
	if c.truncated {
		r.NotProved = append(r.NotProved, fmt.Sprintf("what was before run %s of %s, which is record %d: the retention of earlier ones is over", first.RunID, c.Database, first.Number))
	}
	if len(c.between) > 0 {
		r.NotProved = append(r.NotProved, fmt.Sprintf("what %s of %s found: their records are gone and their retention is over, but older ones are there", words.List(prefixedRuns(c.between), mostRuns), c.Database))
	}
	if len(c.restarts) > 0 {
		r.NotProved = append(r.NotProved, fmt.Sprintf("that nothing was removed before %s of %s: another chain had begun, and this one does not follow it", words.List(prefixedRuns(c.restarts), mostRuns), c.Database))
	}
	if len(c.Ends) > 1 {
		r.NotProved = append(r.NotProved, fmt.Sprintf("that %s has one chain: it ends with %s, which no later record has joined yet", c.Database, runsOf(c.Ends)))
	}
	if runs := c.returnedKeys(); len(runs) > 0 {
		r.NotProved = append(r.NotProved, fmt.Sprintf("who signed %s of %s: another key had replaced theirs before", words.List(prefixedRuns(runs), mostRuns), c.Database))
	}
}

// whole says that the records of a chain without problems are whole.
func (c Chain) whole() string {
	first, last := c.Records[0], c.Records[len(c.Records)-1]
	if len(c.Records) == 1 {
		return fmt.Sprintf("the record of %s is as it was signed, with every file: run %s", c.Database, first.RunID)
	}
	text := fmt.Sprintf("%s of %s are as they were signed, with every file, from run %s to run %s", words.Count(len(c.Records), "record"), c.Database, first.RunID, last.RunID)
	if len(c.between) == 0 && len(c.Ends) == 1 && len(c.damaged)+len(c.restarts) == 0 {
		text += "; each record that a later one names is there"
	}
	return text
}

// verdictOf returns the verdict of a record, with the code of its failure.
func verdictOf(r Ref) string {
	if r.Code == "" {
		return string(r.Verdict)
	}
	return string(r.Verdict) + " (" + string(r.Code) + ")"
}

// mostRuns is how many runs a sentence names.
const mostRuns = 5

func runsOf(refs []Ref) string {
	ids := make([]string, 0, len(refs))
	for _, r := range refs {
		ids = append(ids, r.RunID)
	}
	return strings.Join(prefixedRuns(ids), " and ")
}

func prefixedRuns(ids []string) []string {
	texts := make([]string, 0, len(ids))
	for _, id := range ids {
		texts = append(texts, "run "+id)
	}
	return texts
}
