package record

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// PromiseStatus says whether drills passed as often as promised.
type PromiseStatus string

// The values of PromiseStatus.
const (
	PromiseKept    PromiseStatus = "kept"       // always
	PromiseGaps    PromiseStatus = "gaps"       // not always, but the last one is recent enough
	PromiseOverdue PromiseStatus = "overdue"    // the last one is too long ago
	PromiseNever   PromiseStatus = "never"      // no drill passed
	PromiseNone    PromiseStatus = "no promise" // nothing was promised
)

// Frequency is how often drills of a database passed in a period, against a promise.
type Frequency struct {
	Drills     int           `json:"drills"`
	Passed     int           `json:"passed"`
	Failed     int           `json:"failed"`
	Unproved   int           `json:"unproved"`
	Last       *Past         `json:"last"`        // the last drill of any verdict; null: none
	LastPassed *Past         `json:"last_passed"` // the last one that verified the newest backup, also if it was before the period; null: none
	Longest    float64       `json:"longest_gap_seconds"`
	Gaps       []Gap         `json:"gaps"` // that are longer than promised, the oldest first; the last one may reach to now
	Status     PromiseStatus `json:"status"`
}

// Past is a past drill.
type Past struct {
	RunID      string          `json:"run_id"`
	FinishedAt time.Time       `json:"finished_at"`
	Verdict    outcome.Verdict `json:"verdict"`
	Code       outcome.Code    `json:"code"`
}

// Gap is a time without a drill that passed.
type Gap struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Seconds float64   `json:"seconds"`
}

// tolerated returns how far apart drills may be that are promised so often. No schedule is
// exact to the minute, so a tenth more is tolerated, a day at most.
func tolerated(every time.Duration) time.Duration {
	return every + min(every/10, 24*time.Hour)
}

// FrequencyOf returns how often drills of one database passed from since to now. every is
// what was promised; 0: nothing. The entries may be in any order.
func FrequencyOf(entries []Entry, every time.Duration, since, now time.Time) Frequency {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b Entry) int { return a.FinishedAt.Compare(b.FinishedAt) })
	f := Frequency{Gaps: []Gap{}, Status: PromiseNone}
	from := since // of the next gap
	begun := false
	for _, e := range entries {
		if e.Kind != outcome.KindDrill || e.FinishedAt.IsZero() || e.FinishedAt.After(now) {
			continue
		}
		past := Past{e.RunID, e.FinishedAt, e.Verdict, e.Code}
		if !begun { // nothing was promised before the first drill
			begun = true
			if e.FinishedAt.After(from) {
				from = e.FinishedAt
			}
		}
		inPeriod := !e.FinishedAt.Before(since)
		if inPeriod {
			f.count(e.Verdict)
			f.Last = &past
		}
		if !e.verified() {
			continue
		}
		if inPeriod {
			f.gap(from, e.FinishedAt, every)
		}
		from, f.LastPassed = e.FinishedAt, &past
	}
	if begun {
		f.gap(from, now, every)
	}
	f.judge(every, now)
	return f
}

func (f *Frequency) count(v outcome.Verdict) {
	f.Drills++
	switch v {
	case outcome.VerdictPassed:
		f.Passed++
	case outcome.VerdictFailed:
		f.Failed++
	default:
		f.Unproved++
	}
}

func (f *Frequency) gap(from, to time.Time, every time.Duration) {
	d := to.Sub(from)
	f.Longest = max(f.Longest, d.Seconds())
	if every > 0 && d > tolerated(every) {
		f.Gaps = append(f.Gaps, Gap{from, to, d.Seconds()})
	}
}

func (f *Frequency) judge(every time.Duration, now time.Time) {
	switch {
	case every <= 0:
	case f.LastPassed == nil:
		f.Status = PromiseNever
	case now.Sub(f.LastPassed.FinishedAt) > tolerated(every):
		f.Status = PromiseOverdue
	case len(f.Gaps) > 0:
		f.Status = PromiseGaps
	default:
		f.Status = PromiseKept
	}
}
