package progress

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// UsualDrills is how many past drills an estimate is made from.
const UsualDrills = 5

// Usual holds how long the stages of past drills took. Its zero value knows nothing.
type Usual struct{ past []past }

type past struct {
	size    int64 // bytes of the backup; 0: unknown
	seconds map[outcome.Stage]float64
}

// UsualOf returns the times of past drills.
func UsualOf(results []outcome.Result) (u Usual) {
	for _, r := range results {
		p := past{size: r.Backup.SizeBytes, seconds: map[outcome.Stage]float64{}}
		if n := len(r.Backup.Parts); n > 0 {
			p.size = r.Backup.Parts[n-1].SizeBytes // the dump, whose progress fetch reports
		}
		for _, s := range r.Stages {
			if s.Status == outcome.StagePassed {
				p.seconds[s.Stage] = s.Seconds
			}
		}
		u.past = append(u.past, p)
	}
	return u
}

// seconds returns how long a stage usually takes: the median, in which each drill is scaled to
// a backup of size bytes if the time depends on that. ok is false if no past drill knows.
func (u Usual) seconds(s outcome.Stage, size int64) (usual float64, ok bool) {
	var all []float64
	for _, p := range u.past {
		seconds, ran := p.seconds[s]
		if !ran {
			continue
		}
		if growsWithBackup(s) && size > 0 && p.size > 0 {
			seconds *= float64(size) / float64(p.size)
		}
		all = append(all, seconds)
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2, true
}

func growsWithBackup(s outcome.Stage) bool { return inBytes(s) || s == outcome.Verify }

// stageLeft estimates when a running stage ends.
func (p painter) stageLeft(d shown, s stage) string {
	usual, known := d.usual.seconds(s.name, d.size)
	if !known {
		return ""
	}
	if rest := usual - p.now.Sub(s.began).Seconds(); rest > 0 {
		return about(rest)
	}
	return "usually " + words.Elapsed(usual)
}

// left estimates when a drill ends; empty if nothing is known.
func (p painter) left(d shown) string {
	total, known := 0.0, false
	for _, s := range d.stages {
		usual, ok := d.usual.seconds(s.name, d.size)
		if !ok || s.status != "" {
			continue
		}
		known = true
		if s.running() {
			usual = max(usual-p.now.Sub(s.began).Seconds(), 0)
		}
		total += usual
	}
	if !known || d.failed() {
		return ""
	}
	return about(total)
}

// about returns an estimate in whole seconds, as it is not more precise than that.
func about(seconds float64) string {
	rest := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	return "about " + words.Span(max(rest, time.Second)) + " left"
}
