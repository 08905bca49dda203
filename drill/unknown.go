package drill

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// findUnplayed reports that the lifecycle rules are unknown, although the config demands
// that backups are kept. A store that does not know the question answers no check, so it
// fails none: retention_short still shows from the listing what is gone.
func (d Drill) findUnplayed(p outcome.Posture) []problem {
	f := p.Fact(outcome.FactLifecycle)
	if d.Demands.Keep == 0 || f.Name == "" || f.Value != "" {
		return nil
	}
	return []problem{{outcome.Finding{
		Code: "lifecycle_unknown",
		Message: fmt.Sprintf("the lifecycle rules of the bucket are unknown, so they may delete backups before the %s of backup.retention.keep: %s",
			words.Span(d.Demands.Keep), cmp.Or(f.Why, outcome.Unanswered)),
		Hint: remedyOf(f, "look at the rules with the store's own tools"),
	}, f.Why != "" && f.Why != outcome.Unanswered}}
}

// findUnknown reports what the store did not answer.
func findUnknown(p outcome.Posture) []problem {
	var unknown []outcome.Fact
	var facts []string
	for _, f := range p.Facts {
		if f.Value == "" && f.Name != outcome.FactCredentials {
			unknown = append(unknown, f)
			facts = append(facts, strings.ReplaceAll(string(f.Name), "_", " ")+" ("+f.Why+")")
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return []problem{{outcome.Finding{
		Code: "posture_unknown", Message: "how the bucket protects the backups is not completely known: " + words.Series(facts, len(facts)),
		Hint: remediesOf(unknown, "look up with the store's own tools what it does not answer"),
	}, false}}
}

// remedyOf returns how to learn a property that is unknown, by why it is. otherwise is for one
// that the store does not know.
func remedyOf(f outcome.Fact, otherwise string) string {
	return remediesOf([]outcome.Fact{f}, otherwise)
}

func remediesOf(unknown []outcome.Fact, otherwise string) string {
	var permissions, remedies []string
	var failed, unanswered bool
	for _, f := range unknown {
		switch {
		case f.Permission != "":
			permissions = append(permissions, f.Permission)
		case f.Why == "" || f.Why == outcome.Unanswered:
			unanswered = true
		default:
			failed = true
		}
	}
	if len(permissions) > 0 {
		slices.Sort(permissions)
		permissions = slices.Compact(permissions)
		remedies = append(remedies, "grant these credentials "+words.List(permissions, len(permissions))+" on the bucket")
	}
	if failed {
		remedies = append(remedies, "check again later, because the store failed to answer")
	}
	if unanswered {
		remedies = append(remedies, otherwise)
	}
	return strings.Join(remedies, "; ")
}
