package drill

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// findOnsite compares where the bucket is with backup.offsite. An answer that the config
// demands and the store does not give is not fine.
func (d Drill) findOnsite(p outcome.Posture, stated locate.Posture) (found []problem) {
	region, account := p.Fact(outcome.FactRegion), p.Fact(outcome.FactAccount)
	add := func(f outcome.Finding) { found = append(found, problem{f, true}) }
	const hint = "copy the backups to a bucket in another region and another account, or correct backup.offsite"
	in, possibly := d.regionsOf(region, stated)
	if len(in) > 0 {
		add(outcome.Finding{
			Code: "backup_not_offsite", Message: fmt.Sprintf("the bucket is in %s; backup.offsite.not_in names that region", words.List(in, len(in))), Hint: hint,
		})
	}
	if len(possibly) > 0 {
		add(outcome.Finding{
			Code:    "offsite_unknown",
			Message: fmt.Sprintf("the bucket is in %s, which may include %s of backup.offsite.not_in", region.Value, words.List(possibly, len(possibly))),
			Hint:    "copy the backups to a bucket in one region, or in two that you choose",
		})
	}
	if account.Value != "" && account.Value == d.Demands.NotAccount {
		add(outcome.Finding{
			Code: "backup_not_offsite", Message: fmt.Sprintf("the bucket is in the account %s of backup.offsite.not_account", account.Value), Hint: hint,
		})
	}
	for _, f := range []struct {
		outcome.Fact
		name  string
		asked bool
	}{{region, "region", len(d.Demands.NotIn) > 0}, {account, "account", d.Demands.NotAccount != ""}} {
		if f.asked && f.Value == "" {
			add(outcome.Finding{
				Code:    "offsite_unknown",
				Message: fmt.Sprintf("the %s of the bucket is unknown, so backup.offsite cannot be checked: %s", f.name, cmp.Or(f.Why, outcome.Unanswered)),
				Hint:    remedyOf(f.Fact, "remove backup.offsite if the store cannot answer"),
			})
		}
	}
	return found
}

// regionsOf returns those of backup.offsite.not_in in which the bucket is, and those in which
// it may be, because the store chooses among several.
func (d Drill) regionsOf(region outcome.Fact, stated locate.Posture) (in, possibly []string) {
	regions := stated.Regions
	if len(regions) == 0 {
		regions = []string{region.Value}
	}
	for _, forbidden := range d.Demands.NotIn {
		name := strings.ToLower(forbidden)
		switch {
		case slices.ContainsFunc(regions, func(r string) bool { return strings.EqualFold(r, name) }):
			in = append(in, name)
		case slices.ContainsFunc(regions, func(r string) bool {
			matches, err := path.Match(strings.ToLower(r), name)
			return matches && err == nil
		}):
			possibly = append(possibly, name)
		}
	}
	return in, possibly
}
