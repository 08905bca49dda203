package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// postureFacts returns how the store protects the backups, and what its lifecycle rules
// will do to them: first, and to the newest backup.
func postureFacts(r outcome.Result) (facts []fact) {
	if r.Posture == nil {
		return nil
	}
	var known, unknown []string
	for _, f := range r.Posture.Facts {
		name := strings.ReplaceAll(string(f.Name), "_", " ")
		if f.Value == "" {
			unknown = append(unknown, name)
			continue
		}
		known = append(known, name+" "+f.Value)
	}
	add := func(label, text string) {
		if text != "" {
			facts = append(facts, fact{label, text})
		}
	}
	add("store", words.Series(known, len(known)))
	add("unknown", words.List(unknown, len(unknown)))
	fates := r.Posture.Lifecycle
	if len(fates) == 0 {
		return facts
	}
	add("lifecycle", fateText(fates[0]))
	for _, f := range fates[1:] {
		if f.Backup == r.Backup.URI {
			add("", fateText(f))
		}
	}
	return facts
}

func fateText(f outcome.Fate) string {
	return fmt.Sprintf("%s: %s by the rule %q: %s", f.On.UTC().Format(time.DateOnly), f.Action, f.Rule, f.Backup)
}

func (p *printer) posture(r outcome.Result) {
	facts := postureFacts(r)
	if len(facts) > 0 {
		p.blank()
	}
	for _, f := range facts {
		p.block(p.bold(fmt.Sprintf("%-11s", f.label)), f.text)
	}
}
