package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/words"
)

// The levels of verify.integrity. Each does what the one before it does, and
// more.
const (
	basic    = "basic"    // the catalog alone
	standard = "standard" // every value, and the structure of tables and indexes
	deep     = "deep"     // rows against indexes, references against rows, and another dump
)

// scrutiny is one close look at a restored database.
type scrutiny struct {
	level    string
	within   time.Duration // 0: as long as the stage may take
	until    time.Time     // zero: as within
	server   provision.Server
	progress outcome.Progress

	stored  *stored
	amcheck amcheck

	read, pages, indexes, references, dump *inquiry
}

// closeLook is what came of it.
type closeLook struct {
	verdicts  []verdict
	integrity outcome.Integrity
}

// lookClosely reads what the restored database stores, as closely as the
// config asks for. What it did not come to in its time is unknown.
func (v Verifier) lookClosely(ctx context.Context, s provision.Server, conn *pgx.Conn, p outcome.Progress) (closeLook, error) {
	k := &scrutiny{
		level: cmp.Or(v.Config.Integrity, standard), within: time.Duration(v.Config.IntegrityWithin),
		server: s, progress: p,
	}
	if k.within > 0 {
		k.until = time.Now().Add(k.within)
	}
	var err error
	if k.stored, err = listStored(ctx, conn); err != nil {
		return closeLook{}, fmt.Errorf("list what the database stores: %w", err)
	}
	k.ask()
	if k.level != basic {
		if err := k.carryOut(ctx, conn); err != nil {
			return closeLook{}, err
		}
	}
	return k.conclude(), nil
}

// ask makes the inquiries, in the order in which they are reported.
func (k *scrutiny) ask() {
	k.read = &inquiry{
		name: "full read", expect: "every value can be read", noun: "table", from: standard,
		code: outcome.ContentIncomplete, hint: damagedHint,
	}
	k.pages = &inquiry{
		name: "table pages", expect: "verify_heapam finds nothing", noun: "table", from: standard,
		code: outcome.ContentIncomplete, hint: damagedHint,
	}
	k.indexes = &inquiry{
		name: "index structure", expect: "bt_index_check finds nothing", noun: "index", from: standard,
		code: outcome.IndexCorrupt, hint: "run bt_index_check on this index in production; if it holds there, check the disk and memory of the machine that drills",
	}
	k.references = &inquiry{
		name: "foreign keys", expect: "every reference is met", noun: "foreign key", from: deep,
		code: outcome.ConstraintViolated,
	}
	k.dump = &inquiry{
		name: "dump again", expect: "pg_dump ends without an error", noun: "database", from: deep,
		code: outcome.ContentIncomplete, hint: damagedHint,
	}
}

// A table was written by this very drill: no backup can bring a damaged page.
const damagedHint = "drill again on another machine: what was written a moment ago does not read, so check the disk and memory under the container engine"

// inquiries has the pages before the values: of one table, they take less time.
func (k *scrutiny) inquiries() []*inquiry {
	return []*inquiry{k.pages, k.read, k.indexes, k.references, k.dump}
}

// carryOut looks into everything, the largest last.
func (k *scrutiny) carryOut(ctx context.Context, conn *pgx.Conn) error {
	first, err := open(ctx, k.server)
	if err != nil {
		return err
	}
	defer provision.Close(ctx, first)
	if k.amcheck, err = loadAmcheck(ctx, first, k.server.Major); err != nil {
		return fmt.Errorf("load amcheck: %w", err)
	}
	k.planReading()
	k.planAmcheck()
	if k.level == deep {
		if err := k.planReferences(ctx, conn); err != nil {
			return err
		}
		k.planDump()
	}
	return k.work(ctx, first, k.tasks())
}

// tasks are those of all inquiries, the largest last: what the time leaves out
// is then as few relations as possible.
func (k *scrutiny) tasks() []*task {
	var all []*task
	for _, q := range k.inquiries() {
		all = append(all, q.tasks...)
	}
	slices.SortStableFunc(all, func(a, b *task) int {
		return cmp.Or(cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.name, b.name))
	})
	return all
}

// conclude makes the verdicts, and what an operator should know besides.
func (k *scrutiny) conclude() closeLook {
	var found closeLook
	for _, q := range k.inquiries() {
		found.verdicts = append(found.verdicts, q.verdict(k))
	}
	found.integrity = outcome.Integrity{Level: k.level, Unreached: k.unreached(), NotProved: k.notProved()}
	// The findings are of all inquiries together; the first verdict carries them.
	found.verdicts[0].findings = append(found.verdicts[0].findings, k.findings(found.integrity.Unreached)...)
	return found
}

// unreached names what the time left out, the largest first, each once.
func (k *scrutiny) unreached() []string {
	var names []string
	for _, t := range slices.Backward(k.tasks()) {
		if !t.ended && !slices.Contains(names, t.name) {
			names = append(names, t.name)
		}
	}
	return names
}

func (k *scrutiny) findings(unreached []string) []outcome.Finding {
	var list []outcome.Finding
	if f := k.amcheck.finding(); k.level != basic && f != nil {
		list = append(list, *f)
	}
	if len(unreached) > 0 {
		list = append(list, outcome.Finding{
			Code:    "integrity_unreached",
			Message: fmt.Sprintf("%s not reached within %s: %s", words.Count(len(unreached), "relation"), words.Span(k.within), words.Series(unreached, shown)),
			Hint:    "raise verify.integrity_within",
		})
	}
	if unclear := k.unclear(); len(unclear) > 0 {
		list = append(list, outcome.Finding{
			Code:    "integrity_unclear",
			Message: "could not be checked: " + words.Series(unclear, shown),
			Hint:    "look up the SQLSTATE in the message: what was to be checked was not damaged, but the check itself ended in an error",
		})
	}
	return list
}

func (k *scrutiny) unclear() []string {
	var texts []string
	for _, t := range k.tasks() {
		if t.unclear != "" {
			texts = append(texts, t.name+": "+t.unclear)
		}
	}
	return texts
}
