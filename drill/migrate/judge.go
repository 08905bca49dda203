package migrate

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/migrate/watch"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// describe keeps what the migrations did, and the findings that the config
// does not allow.
func (r *run) describe(w way, v went) {
	m := v.Migration
	m.Image, m.Command, m.Digest = w.image, w.command, v.digest
	m.Files, m.Role, m.Seconds = w.files, v.role, v.seconds
	for _, f := range v.Findings {
		if f.Code == "no_lock_timeout" && w.files == nil && r.limitsLocks() {
			continue
		}
		if reason, ok := r.allowed(f.Code, f.On); ok {
			m.Allowed = append(m.Allowed, outcome.Allowed{Finding: f.Code, On: f.On, Reason: reason})
			continue
		}
		r.report.Findings = append(r.report.Findings, f)
	}
	r.report.Migration = &m
}

// givenTimeout is a lock_timeout that a client gives with its connection.
var givenTimeout = regexp.MustCompile(`lock_timeout\s*=\s*'?0*[1-9]`)

// limitsLocks tells whether the tool's environment (PGOPTIONS, or options in a
// URL) gives its connections a lock_timeout, of which the server tells nobody.
func (r *run) limitsLocks() bool {
	for _, value := range r.tool().Config.Env {
		text, err := url.QueryUnescape(value.Reveal())
		if err != nil {
			text = value.Reveal()
		}
		if givenTimeout.MatchString(text) {
			return true
		}
	}
	return false
}

// allowed tells the reason for which a finding about something is intended.
func (r *run) allowed(finding, on string) (reason string, ok bool) {
	for _, a := range r.Config.Allow {
		if a.Finding == finding && a.On == on {
			return a.Reason, true
		}
	}
	return "", false
}

// shown is how many of several things a message names.
const shown = 3

// drops is the failure of migrations that drop values which the config does
// not allow to be dropped.
func (r *run) drops() error {
	var dropped []string
	for _, d := range r.report.Migration.Dropped {
		if _, ok := r.allowed("drops_data", d.Name); !ok {
			dropped = append(dropped, fmt.Sprintf("%s %s (of %s)", d.Kind, d.Name, words.Count(d.Rows, "row")))
		}
	}
	if len(dropped) == 0 {
		return nil
	}
	return outcome.Fail(outcome.MigrationDropsData, "the migration drops values that production holds: %s", words.Series(dropped, shown))
}

// overBudget is the failure of migrations that held and took too long.
func (r *run) overBudget(s watch.Seen) *outcome.Failure {
	over := slices.Concat(r.overTotal(s), r.overStatement(s), r.overLock(s))
	if len(over) == 0 {
		return nil
	}
	return outcome.Fail(outcome.MigrationOverBudget, "%s", strings.Join(over, "\n"))
}

func (r *run) overTotal(watch.Seen) []string {
	limit := time.Duration(r.Config.Budget.Total)
	if took := r.report.Migration.Seconds; limit > 0 && took > limit.Seconds() {
		return []string{fmt.Sprintf("the migrations took %.1fs, and migrate.budget.total allows %s", took, limit)}
	}
	return nil
}

func (r *run) overStatement(s watch.Seen) []string {
	limit := time.Duration(r.Config.Budget.Statement)
	if limit <= 0 || len(s.Migration.Statements) == 0 {
		return nil
	}
	longest := slices.MaxFunc(s.Migration.Statements, func(a, b outcome.Statement) int {
		return int(1e6 * (a.Seconds - b.Seconds))
	})
	if longest.Seconds <= limit.Seconds() {
		return nil
	}
	return []string{fmt.Sprintf("a statement took %.1fs, and migrate.budget.statement allows %s: %s", longest.Seconds, limit, longest.SQL)}
}

func (r *run) overLock(s watch.Seen) []string {
	limit := time.Duration(r.Config.Budget.Lock)
	var over []string
	for _, b := range s.Blocked {
		if limit > 0 && b.Seconds > limit.Seconds() {
			over = append(over, fmt.Sprintf("%s of %s would have been blocked for %.1fs, and migrate.budget.lock allows %s: %s",
				whom(b.Blocks), b.Table, b.Seconds, limit, b.Statement))
		}
	}
	return over
}

func whom(blocks string) string {
	if blocks == "both" {
		return "reads and writes"
	}
	return blocks
}

// changes are what a run that is to change nothing has changed; empty: nothing.
func changes(s watch.Seen) string {
	var all []string
	for _, c := range s.Migration.Schema {
		all = append(all, fmt.Sprintf("%s of %s %s", c.Was, c.Kind, c.Name))
	}
	for _, w := range s.Migration.Rewritten {
		all = append(all, fmt.Sprintf("%s %s was rewritten", w.Kind, w.Name))
	}
	for _, table := range slices.Sorted(maps.Keys(s.Written)) {
		all = append(all, fmt.Sprintf("%s of %s %s written", words.Count(s.Written[table], "row"), table, words.Noun(s.Written[table], "was", "were")))
	}
	return words.Series(all, shown)
}
