package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/words"
)

// The levels of verify.integrity. Each level includes the one before it.
const (
	basic    = "basic"    // the catalog alone
	standard = "standard" // every value, and the structure of tables and indexes
	deep     = "deep"     // rows against indexes, references against rows, and another dump
)

// integrityRun checks the integrity of one restored database.
type integrityRun struct {
	level    string
	within   time.Duration // 0: no limit but that of the stage
	deadline time.Time     // the end of within; zero: no limit
	server   provision.Server
	sessions *sessions
	db       *database // whose rows are counted while they are read
	progress outcome.Progress

	stored  *stored
	methods methods
	ahead   *Ahead // what was read during the load; nil: nothing

	aheadParts int // of tasks, which were read then

	read, pages, indexes, references, dump *integrityCheck
}

// integrityResult holds the results of the integrity checks.
type integrityResult struct {
	verdicts  []verdict
	integrity outcome.Integrity
	ahead     float64 // how long tables were read during the load, in seconds; 0: nothing of that was used
}

// checkIntegrity checks the stored data at the level of the config. Relations that
// it does not reach in time are unknown. It counts the rows of db, as far as it reads them.
func (v Verifier) checkIntegrity(ctx context.Context, s provision.Server, all *sessions, db *database, p outcome.Progress) (integrityResult, error) {
	r := &integrityRun{
		level: cmp.Or(v.Config.Integrity, standard), within: time.Duration(v.Config.IntegrityWithin),
		server: s, sessions: all, db: db, progress: p, ahead: v.Ahead,
	}
	if r.within > 0 {
		r.deadline = time.Now().Add(r.within)
	}
	var err error
	if r.stored, err = listStored(ctx, all.first); err != nil {
		return integrityResult{}, fmt.Errorf("list what the database stores: %w", err)
	}
	r.defineChecks()
	if r.level != basic {
		if err := r.runAll(ctx); err != nil {
			return integrityResult{}, err
		}
	}
	return r.conclude(), nil
}

// defineChecks creates the checks.
func (r *integrityRun) defineChecks() {
	r.read = &integrityCheck{
		name: "full read", expect: "every value can be read", noun: "table", level: standard,
		code: outcome.ContentIncomplete, hint: damagedHint, storage: true,
	}
	r.pages = &integrityCheck{
		name: "table pages", expect: "verify_heapam finds nothing", noun: "table", level: standard,
		code: outcome.SandboxLost, hint: damagedHint,
	}
	r.indexes = &integrityCheck{
		name: "index structure", expect: "bt_index_check finds nothing", noun: "index", level: standard,
		code: outcome.IndexCorrupt, hint: "run bt_index_check on this index in production; if it passes there, check the disk and memory of the machine that runs the drill",
	}
	r.references = &integrityCheck{
		name: "foreign keys", expect: "every referenced row exists", noun: "foreign key", level: deep,
		code: outcome.ConstraintViolated,
	}
	r.dump = &integrityCheck{
		name: "dump again", expect: "pg_dump ends without an error", noun: "database", level: deep,
		code: outcome.ContentIncomplete, hint: damagedHint,
	}
}

// damagedHint blames the machine: the drill itself wrote the tables, and no backup
// can contain a damaged page.
const damagedHint = "drill again on another machine, and check the disk and memory under the container engine: it cannot read back what the drill has just written"

// checks returns the checks in the order of the report. The pages of a table
// come before its values, because they take less time.
func (r *integrityRun) checks() []*integrityCheck {
	return []*integrityCheck{r.pages, r.read, r.indexes, r.references, r.dump}
}

// runAll runs all tasks, the largest relation last.
func (r *integrityRun) runAll(ctx context.Context) error {
	var err error
	if r.methods, err = methodsIn(ctx, r.sessions.first, r.server.Major, r.level); err != nil {
		return err
	}
	r.planReading()
	r.planAmcheck()
	if r.level == deep {
		if err := r.planReferences(ctx, r.sessions.first); err != nil {
			return err
		}
		r.planDump()
	}
	return r.runTasks(ctx)
}

// tasks returns the tasks of all checks, the largest relation last. When the
// time is up, as few relations as possible are then left.
func (r *integrityRun) tasks() []*task {
	var all []*task
	for _, c := range r.checks() {
		all = append(all, c.tasks...)
	}
	slices.SortStableFunc(all, func(a, b *task) int {
		return cmp.Or(cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.name, b.name))
	})
	return all
}

// conclude collects the verdicts, and the findings about all checks together.
func (r *integrityRun) conclude() integrityResult {
	var found integrityResult
	for _, c := range r.checks() {
		found.verdicts = append(found.verdicts, c.verdict(r))
	}
	if r.aheadParts > 0 {
		found.ahead = r.ahead.seconds()
	}
	found.integrity = outcome.Integrity{Level: r.level, Unreached: r.unreached(), NotProved: r.notProved()}
	// The findings are not about a single check, so the first verdict carries them.
	found.verdicts[0].findings = append(found.verdicts[0].findings, r.findings(found.integrity.Unreached)...)
	return found
}

// unreached returns the names that were not reached in time, the largest first,
// without duplicates.
func (r *integrityRun) unreached() []string {
	var names []string
	for _, t := range slices.Backward(r.tasks()) {
		if !t.ended && !slices.Contains(names, t.name) {
			names = append(names, t.name)
		}
	}
	return names
}

func (r *integrityRun) findings(unreached []string) []outcome.Finding {
	var list []outcome.Finding
	if f := r.methods.amcheck.finding(); r.level != basic && f != nil {
		list = append(list, *f)
	}
	if len(unreached) > 0 {
		list = append(list, outcome.Finding{
			Code:    "integrity_unreached",
			Message: fmt.Sprintf("%s not reached within %s: %s", words.Count(len(unreached), "relation"), words.Span(r.within), words.Series(unreached, maxListed)),
			Hint:    "raise verify.integrity_within",
		})
	}
	if unclear := r.unclear(); len(unclear) > 0 {
		list = append(list, outcome.Finding{
			Code:    "integrity_unclear",
			Message: "could not be checked: " + words.Series(unclear, maxListed),
			Hint:    "look up the SQLSTATE in the message: the check itself ended in an error and found no damage",
		})
	}
	return list
}

func (r *integrityRun) unclear() []string {
	var texts []string
	for _, t := range r.tasks() {
		if t.unclear != "" {
			texts = append(texts, t.name+": "+t.unclear)
		}
	}
	return texts
}
