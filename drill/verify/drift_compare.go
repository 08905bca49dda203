package verify

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fingerprint"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

const (
	// anyLoss is the limit that allows any loss.
	anyLoss config.Percent = 100
	// fewRows is the number of rows below which a percentage means nothing: a
	// queue of ten jobs soon has two.
	fewRows = 100
	// littleData is the number of bytes below which a percentage means nothing:
	// the first page of a table changes it too much.
	littleData = 1 << 20
	// fewDrills is the number of verified drills below which it is unknown how much a
	// table changes from one backup to the next.
	fewDrills = 3
)

// comparison compares the content of one drill with that of earlier ones.
type comparison struct {
	rows, size  config.Percent
	tableLimits map[name]config.Percent // limits of single tables
	drills      int                     // the number of verified drills
	backups     []outcome.Result        // the drills of the last backups, newest first
	lowest      map[name]int64          // the lowest number of rows of each table in the drills that have it
	irregular   map[name]bool           // tables that some drills lack between two that have them
	was         outcome.Result          // the first of them
	is          content

	problems      []problem
	findings      []outcome.Finding
	before, after total
	gone          int
	goneAllowed   []string // tables that are gone, as their limit or their past allows
	shrunk        []string // tables that lost more than the limit since the last drill, as their past allows
	added         []outcome.Table
	incomparable  string // why the schemas were not compared
}

// total is the sum over the tables without their own limit.
type total struct{ rows, bytes int64 }

func (t *total) add(table outcome.Table) {
	t.rows += max(table.Rows, 0)
	t.bytes += table.Bytes
}

func compare(limits config.Drift, earlier outcome.Earlier, is content) *comparison {
	c := &comparison{
		rows: limitOrAnyLoss(limits.Rows), size: limitOrAnyLoss(limits.Size), tableLimits: map[name]config.Percent{},
		drills: earlier.Drills, backups: earlier.Backups, was: earlier.Backups[0], is: is,
	}
	c.lowest, c.irregular = lowest(earlier.Backups)
	for table, limit := range limits.Tables {
		c.tableLimits[nameOf(table)] = limit
	}
	c.compareTables()
	c.compareTotals()
	c.compareSchemas()
	return c
}

// lowest returns the lowest number of rows of each table of the first drill, in the drills
// that have it, and the tables that come and go. A table that all earlier drills lack is
// new.
func lowest(drills []outcome.Result) (rows map[name]int64, irregular map[name]bool) {
	rows, irregular = map[name]int64{}, map[name]bool{}
	missing := map[name]bool{}
	for i, d := range drills {
		had := byName(d.Tables)
		if i == 0 {
			for table, t := range had {
				rows[table] = t.Rows
			}
			continue
		}
		for table := range rows {
			if t, ok := had[table]; ok {
				rows[table] = min(rows[table], t.Rows)
				irregular[table] = irregular[table] || missing[table]
			} else {
				missing[table] = true
			}
		}
	}
	return rows, irregular
}

func limitOrAnyLoss(limit *config.Percent) config.Percent {
	if limit == nil {
		return anyLoss
	}
	return *limit
}

// nameOf splits a quoted name, because the majors differ in which names they
// quote.
func nameOf(quoted string) name {
	s, t, err := config.SplitTable(quoted)
	if err != nil {
		return name{name: quoted}
	}
	return name{s, t}
}

func byName(tables []outcome.Table) map[name]outcome.Table {
	m := make(map[name]outcome.Table, len(tables))
	for _, t := range tables {
		m[nameOf(t.Name)] = t
	}
	return m
}

func (c *comparison) compareTables() {
	was, is, expired := byName(c.was.Tables), byName(c.is.tables), c.findExpired()
	for _, t := range c.is.tables {
		if _, ok := was[nameOf(t.Name)]; !ok {
			c.added = append(c.added, t)
		}
		if _, ruled := c.tableLimits[nameOf(t.Name)]; !ruled {
			c.after.add(t)
		}
	}
	for _, t := range c.was.Tables {
		table := nameOf(t.Name)
		_, ruled := c.tableLimits[table]
		if !ruled && !expired[table] {
			c.before.add(t)
		}
		now, there := is[table]
		switch {
		case there:
			c.compareRows(t, now)
		case !ruled && expired[table]:
			c.gone++
			c.goneAllowed = append(c.goneAllowed, t.Name)
		default:
			c.missing(t)
		}
	}
}

// limitOf returns how much a table may lose, the config key of that limit, and
// whether it is the table's own.
func (c *comparison) limitOf(t outcome.Table) (limit config.Percent, key string, ruled bool) {
	if limit, ruled := c.tableLimits[nameOf(t.Name)]; ruled {
		return limit, "verify.drift.tables", true
	}
	return c.rows, "verify.drift.rows", false
}

// missing reports a table that is gone. If the limit allows any loss, or if the table
// comes and goes, it becomes part of a finding and not a problem.
func (c *comparison) missing(t outcome.Table) {
	c.gone++
	limit, _, ruled := c.limitOf(t)
	if limit >= anyLoss || c.irregular[nameOf(t.Name)] && !ruled {
		c.goneAllowed = append(c.goneAllowed, t.Name)
		return
	}
	text := fmt.Sprintf("table %s is gone (%s", t.Name, formerRows(t.Rows))
	if heir := c.renamedTo(t); heir != "" {
		text += "; the new table " + heir + " has as many: was it renamed?"
	}
	c.report(problem{text: text + ")", object: t.Name, hint: setting(t.Name, "off")}, ruled)
}

// report reports the loss of one table. Before enough drills show how much a table
// changes, it is a finding, unless the config has a limit for the table.
func (c *comparison) report(p problem, ruled bool) {
	if ruled || c.drills >= fewDrills {
		c.problems = append(c.problems, p)
		return
	}
	c.findings = append(c.findings, outcome.Finding{
		Code:    string(outcome.ContentDrifted),
		Message: fmt.Sprintf("%s; a failure after %d verified drills, this database has %d", p.text, fewDrills, c.drills),
		Hint:    "find out what the table has lost; to allow it in every drill, set " + p.hint,
	})
}

// setting returns the setting that allows a table to lose that share of its rows.
func setting(table, share string) string {
	if strings.ContainsFunc(table, func(r rune) bool { return r != '.' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		table = "'" + strings.ReplaceAll(table, "'", "''") + "'"
	}
	return fmt.Sprintf("verify: {drift: {tables: {%s: %s}}}", table, share)
}

func formerRows(rows int64) string {
	if rows <= 0 {
		return "it was empty"
	}
	return "it had " + words.Count(rows, "row")
}

// renamedTo returns the new table that has as many rows as the table that is gone, or
// "" if there is not exactly one.
func (c *comparison) renamedTo(gone outcome.Table) string {
	found := ""
	for _, t := range c.added {
		if t.Rows == gone.Rows && t.Rows > 0 {
			if found != "" {
				return ""
			}
			found = t.Name
		}
	}
	return found
}

// compareRows compares a table with the lowest of its counts or, if it has its own limit,
// with the last one.
func (c *comparison) compareRows(was, is outcome.Table) {
	limit, key, ruled := c.limitOf(was)
	before, count := c.lowest[nameOf(was.Name)], c.formatLowest
	if ruled {
		before, count = was.Rows, words.Number
	}
	fewer := lossPercent(before, is.Rows)
	switch {
	case fewer > float64(limit) && (ruled || before >= fewRows):
		c.report(problem{
			text:   fmt.Sprintf("%s: %s, were %s (%s)", was.Name, words.Count(is.Rows, "row"), count(before), formatLoss(fewer, key, limit)),
			object: was.Name, hint: setting(was.Name, roundPercent(math.Ceil(fewer)).String()),
		}, ruled)
	case !ruled && was.Rows > 0 && is.Rows == 0:
		c.findings = append(c.findings, outcome.Finding{
			Code:    "table_emptied",
			Message: fmt.Sprintf("%s is empty; in run %s it had %s", was.Name, c.was.RunID, words.Count(was.Rows, "row")),
			Hint:    "find out what emptied the table, or allow it with verify.drift.tables",
		})
	case !ruled && was.Rows >= fewRows && lossPercent(was.Rows, is.Rows) > float64(limit):
		c.shrunk = append(c.shrunk, was.Name)
	}
}

// formatLowest formats the lowest number of rows that the drills had.
func (c *comparison) formatLowest(rows int64) string {
	if len(c.backups) == 1 {
		return words.Number(rows)
	}
	return fmt.Sprintf("at least %s in the last %d verified backups", words.Number(rows), len(c.backups))
}

func formatLoss(fewer float64, key string, limit config.Percent) string {
	return fmt.Sprintf("%s fewer; %s allows %s", roundPercent(fewer), key, limit)
}

// compareTotals compares the sums with their limits, unless a single table has
// been reported already: it explains the loss.
func (c *comparison) compareTotals() {
	if len(c.problems) > 0 {
		return
	}
	if fewer := lossPercent(c.before.rows, c.after.rows); c.before.rows >= fewRows && fewer > float64(c.rows) {
		c.reportTotal(words.Count(c.after.rows, "row"), words.Number(c.before.rows), fewer, "rows", c.rows)
	}
	if fewer := lossPercent(c.before.bytes, c.after.bytes); c.before.bytes >= littleData && fewer > float64(c.size) {
		c.reportTotal(words.Size(c.after.bytes), words.Size(c.before.bytes), fewer, "size", c.size)
	}
}

func (c *comparison) reportTotal(is, was string, fewer float64, key string, limit config.Percent) {
	c.problems = append(c.problems, problem{
		text: fmt.Sprintf("all tables together: %s, were %s (%s)", is, was, formatLoss(fewer, "verify.drift."+key, limit)),
		hint: fmt.Sprintf("verify: {drift: {%s: %s}}", key, roundPercent(math.Ceil(fewer))),
	})
}

// compareSchemas adds a finding about the changes of the schema. They are not a
// failure.
func (c *comparison) compareSchemas() {
	var changes []string
	add := func(what string, names []string) {
		if len(names) > 0 {
			changes = append(changes, what+": "+words.List(names, 8))
		}
	}
	add("new tables", tableNames(c.added))
	add("tables gone", c.goneAllowed)
	if c.incomparable = c.whyIncomparable(); c.incomparable == "" {
		add("tables changed", c.changedTables())
		add("kinds of objects that differ", changedParts(c.was.Schema.Parts, c.is.schema.Whole.Parts))
		c.findLostKeys()
	}
	if len(changes) == 0 {
		return
	}
	c.findings = append(c.findings, outcome.Finding{
		Code:    "schema_changed",
		Message: "since run " + c.was.RunID + ": " + strings.Join(changes, "; "),
		Hint:    "compare the changes with the migrations since then; expected changes need no action",
	})
}

// findLostKeys reports that the database has no constraint or no index any more, as if the
// end of the dump were missing.
func (c *comparison) findLostKeys() {
	for _, lost := range []struct{ part, name string }{{"constraints", "constraint"}, {"indexes", "index"}} {
		_, had := c.was.Schema.Parts[lost.part]
		_, has := c.is.schema.Whole.Parts[lost.part]
		if had && !has && len(c.is.tables) > 0 && c.rows < anyLoss {
			c.problems = append(c.problems, problem{text: fmt.Sprintf("no %s is left, and run %s had some", lost.name, c.was.RunID)})
		}
	}
}

// whyIncomparable returns the reason why the fingerprints of the two schemas
// cannot be compared, or "".
func (c *comparison) whyIncomparable() string {
	was := c.was.Schema.Fingerprint
	major, _, _ := strings.Cut(c.was.Postgres.Version, ".")
	switch {
	case c.is.schema.unreadable != "":
		return c.is.schema.unreadable
	case was == "":
		return "that run recorded none"
	case !fingerprint.Comparable(was):
		return "another version of drillgres made that run's fingerprint"
	case major != strconv.Itoa(c.is.major):
		return fmt.Sprintf("Postgres %s then, %d now", major, c.is.major)
	}
	return ""
}

func (c *comparison) changedTables() (names []string) {
	is := byName(c.is.tables)
	for _, t := range c.was.Tables {
		now, ok := is[nameOf(t.Name)]
		if ok && now.Fingerprint != t.Fingerprint {
			names = append(names, t.Name)
		}
	}
	return names
}

// changedParts returns the kinds of objects whose fingerprints differ, in words.
func changedParts(was, is map[string]string) (kinds []string) {
	for part := range was {
		if is[part] != was[part] {
			kinds = append(kinds, strings.ReplaceAll(part, "_", " "))
		}
	}
	for part := range is {
		if _, ok := was[part]; !ok {
			kinds = append(kinds, strings.ReplaceAll(part, "_", " "))
		}
	}
	slices.Sort(kinds)
	return kinds
}

func tableNames(tables []outcome.Table) (names []string) {
	for _, t := range tables {
		names = append(names, t.Name)
	}
	return names
}
