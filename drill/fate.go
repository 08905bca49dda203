package drill

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/lifecycle"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// mostFates is how many backups a result lists that lifecycle rules will touch.
const mostFates = 50

// leastAge is the age below which no rule should delete or archive a backup if the config
// does not say how long backups must be kept.
const leastAge = 7 * 24 * time.Hour

// doomed is a backup and what will happen to one of its objects.
type doomed struct {
	locate.Stored
	lifecycle.Event
}

// playForward plays the lifecycle rules of the bucket forward. It returns what they will do
// to the backups of today, and what is wrong with that.
func (d Drill) playForward(b locate.Backup, stated locate.Posture) (fates []outcome.Fate, found []problem) {
	var all []doomed
	worst := map[string]doomed{} // by kind of problem, the one of the youngest backup
	for _, s := range b.Stored() {
		for _, e := range eventsOf(s, stated) {
			all = append(all, doomed{s, e})
			kind := e.Action
			if e.Unclear != "" {
				kind = "unclear"
			}
			if before, ok := worst[kind]; d.isEarly(e) && (!ok || ageOf(e) < ageOf(before.Event)) {
				worst[kind] = doomed{s, e}
			}
		}
	}
	for _, kind := range []string{lifecycle.Delete, lifecycle.Hide, lifecycle.ToCold, "unclear"} {
		if w, ok := worst[kind]; ok {
			found = append(found, d.findFate(w, stated))
		}
	}
	return fatesOf(all, b), found
}

// eventsOf returns the first thing of each kind that will happen to any object of a backup.
func eventsOf(s locate.Stored, stated locate.Posture) (events []lifecycle.Event) {
	for _, o := range s.Files {
		events = append(events, lifecycle.Play(stated.Rules, stated.Versioned, lifecycle.Object{Key: stated.Folder + o.Key, Size: o.Size, ModifiedAt: o.ModifiedAt})...)
	}
	slices.SortStableFunc(events, func(a, b lifecycle.Event) int { return a.On.Compare(b.On) })
	seen := map[[2]string]bool{}
	for i, e := range events {
		if e.Unclear == "" && e.Action != lifecycle.ToCold { // what follows does not happen
			events = events[:i+1]
			break
		}
	}
	return slices.DeleteFunc(events, func(e lifecycle.Event) bool {
		kind := [2]string{e.Action, e.Unclear}
		defer func() { seen[kind] = true }()
		return seen[kind]
	})
}

// ageOf returns the age that the youngest backup has when a rule applies to it.
func ageOf(e lifecycle.Event) time.Duration {
	if e.Any {
		return 0
	}
	return e.Age
}

func (d Drill) isEarly(e lifecycle.Event) bool { return ageOf(e) < cmp.Or(d.Demands.Keep, leastAge) }

// findFate says what a rule does too early.
func (d Drill) findFate(w doomed, stated locate.Posture) problem {
	rule := fmt.Sprintf("the lifecycle rule %q", w.Rule)
	wanted := "not even " + words.Span(leastAge) + " old"
	if d.Demands.Keep > 0 {
		wanted = "less than the " + words.Span(d.Demands.Keep) + " of backup.retention.keep"
	}
	when := fmt.Sprintf("%s on %s, when it is %s old: %s", locate.Show(w.Key), w.On.Format(time.DateOnly), words.Span(w.Age), wanted)
	if w.Any {
		when = fmt.Sprintf("every backup on %s, however young it is, such as %s", w.On.Format(time.DateOnly), locate.Show(w.Key))
	}
	hint := "let the rule spare the backups: raise its days, or narrow its prefix"
	if command := stated.Mend[outcome.FactLifecycle]; command != "" {
		hint += "; it is shown by: " + command
	}
	switch {
	case w.Unclear != "":
		return problem{outcome.Finding{
			Code: "lifecycle_unclear", Message: fmt.Sprintf("%s applies to %s, which a listing does not show. It may %s %s", rule, w.Unclear, w.Action, when), Hint: hint,
		}, false}
	case w.Action == lifecycle.ToCold:
		return problem{outcome.Finding{
			Code: "lifecycle_archives", Message: fmt.Sprintf("%s archives %s. From the class %s it can be read only hours after a request", rule, when, w.Class), Hint: hint,
		}, false}
	case w.Action == lifecycle.Hide:
		return problem{outcome.Finding{Code: "lifecycle_deletes", Message: fmt.Sprintf("%s deletes %s; %s", rule, when, versionOf(w.Event)), Hint: hint}, d.Demands.Keep > 0}
	default:
		return problem{outcome.Finding{Code: "lifecycle_deletes", Message: fmt.Sprintf("%s deletes %s", rule, when), Hint: hint}, d.Demands.Keep > 0}
	}
}

// versionOf says what becomes of the version of a hidden object.
func versionOf(e lifecycle.Event) string {
	switch gone := e.Gone.Format(time.DateOnly); {
	case e.Gone.IsZero() && e.Maybe == "":
		return "no rule deletes its version"
	case e.Gone.IsZero():
		return "it is unknown whether its version is deleted too, by a rule for " + e.Maybe
	case e.Maybe != "":
		return "its version is deleted on " + gone + ", or earlier by a rule for " + e.Maybe
	default:
		return "its version is deleted on " + gone
	}
}

// fatesOf returns what happens soonest, and what happens to the newest backup.
func fatesOf(all []doomed, b locate.Backup) []outcome.Fate {
	slices.SortStableFunc(all, func(x, y doomed) int { return x.On.Compare(y.On) })
	fates := []outcome.Fate{}
	for i, w := range all {
		if w.Unclear == "" && (i < mostFates || w.Key == b.Key) {
			one := outcome.Fate{Backup: b.Source.URI(w.Object), Rule: w.Rule, Action: w.Action, On: w.On}
			fates = append(fates, one)
		}
	}
	return fates
}
