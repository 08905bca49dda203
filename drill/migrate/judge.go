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

// recordMigration adds what the migrations did to the report, with the findings
// that the config does not allow.
func (r *run) recordMigration(s script, a attempt) {
	m := a.Migration
	m.Image, m.Command, m.Digest = s.image, s.command, a.digest
	m.Files, m.Role, m.Seconds = s.files, a.role, a.seconds
	for _, f := range a.Findings {
		if f.Code == "no_lock_timeout" && s.files == nil && r.setsLockTimeout() {
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

// lockTimeoutOption matches a lock_timeout in the options of a connection.
var lockTimeoutOption = regexp.MustCompile(`lock_timeout\s*=\s*'?0*[1-9]`)

// setsLockTimeout reports whether the tool's environment (PGOPTIONS, or options
// in a URL) sets a lock_timeout for its connections. The server does not show it
// to other sessions.
func (r *run) setsLockTimeout() bool {
	for _, value := range r.tool().Config.Env {
		text, err := url.QueryUnescape(value.Reveal())
		if err != nil {
			text = value.Reveal()
		}
		if lockTimeoutOption.MatchString(text) {
			return true
		}
	}
	return false
}

// allowed returns the configured reason for which a finding is intended.
func (r *run) allowed(finding, on string) (reason string, ok bool) {
	for _, a := range r.Config.Allow {
		if a.Finding == finding && a.On == on {
			return a.Reason, true
		}
	}
	return "", false
}

// maxNamed is the maximum number of objects that a message names.
const maxNamed = 3

// droppedData returns the failure of migrations that drop values, unless the
// config allows it.
func (r *run) droppedData() error {
	var dropped []string
	for _, d := range r.report.Migration.Dropped {
		if _, ok := r.allowed("drops_data", d.Name); !ok {
			dropped = append(dropped, fmt.Sprintf("%s %s (of %s)", d.Kind, d.Name, words.Count(d.Rows, "row")))
		}
	}
	if len(dropped) == 0 {
		return nil
	}
	return outcome.Fail(outcome.MigrationDropsData, "the migration drops values that production holds: %s", words.Series(dropped, maxNamed))
}

// overBudget returns the failure of migrations that exceeded the budget, or nil.
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
				blockedAccess(b.Blocks), b.Table, b.Seconds, limit, b.Statement))
		}
	}
	return over
}

// blockedAccess returns what a lock blocks, in words.
func blockedAccess(blocks string) string {
	if blocks == "both" {
		return "reads and writes"
	}
	return blocks
}

// changes lists what a run changed. It returns an empty string if nothing
// changed.
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
	return words.Series(all, maxNamed)
}
