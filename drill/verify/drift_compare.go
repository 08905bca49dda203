package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fingerprint"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

const (
	// all is the limit that allows any loss.
	all config.Percent = 100
	// fewRows is where a share of a table's rows begins to mean something: ten
	// jobs in a queue are soon two.
	fewRows = 100
	// littleData is the same for bytes: below it, whether a table has its first
	// page is a large part of all.
	littleData = 1 << 20
)

// comparison holds the content of one drill against that of an earlier one.
type comparison struct {
	rows, size config.Percent
	ruled      map[name]config.Percent // tables with a limit of their own
	was        outcome.Result
	is         shape

	problems      []problem
	findings      []outcome.Finding
	before, after total
	gone          int
	forgiven      []string // tables that are gone and may be
	added         []outcome.Table
	incomparable  string // why the schemas were not compared
}

// total sums up the tables that have no limit of their own.
type total struct{ rows, bytes int64 }

func (t *total) add(table outcome.Table) {
	t.rows += max(table.Rows, 0)
	t.bytes += table.Bytes
}

func compare(limits config.Drift, was outcome.Result, is shape) *comparison {
	c := &comparison{rows: orAll(limits.Rows), size: orAll(limits.Size), ruled: map[name]config.Percent{}, was: was, is: is}
	for table, limit := range limits.Tables {
		c.ruled[nameOf(table)] = limit
	}
	c.compareTables()
	c.compareTotals()
	c.compareSchemas()
	return c
}

func orAll(limit *config.Percent) config.Percent {
	if limit == nil {
		return all
	}
	return *limit
}

// nameOf takes a quoted name apart: which names need quotes differs between
// majors.
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
	was, is := byName(c.was.Tables), byName(c.is.tables)
	for _, t := range c.is.tables {
		if _, ok := was[nameOf(t.Name)]; !ok {
			c.added = append(c.added, t)
		}
		if _, ruled := c.ruled[nameOf(t.Name)]; !ruled {
			c.after.add(t)
		}
	}
	for _, t := range c.was.Tables {
		if _, ruled := c.ruled[nameOf(t.Name)]; !ruled {
			c.before.add(t)
		}
		if now, ok := is[nameOf(t.Name)]; ok {
			c.compareRows(t, now)
		} else {
			c.missing(t)
		}
	}
}

// limitOf is what a table may lose, and the config key that says so.
func (c *comparison) limitOf(t outcome.Table) (limit config.Percent, key string, ruled bool) {
	if limit, ruled := c.ruled[nameOf(t.Name)]; ruled {
		return limit, "verify.drift.tables", true
	}
	return c.rows, "verify.drift.rows", false
}

// missing reports a table that is gone. Where any loss is allowed, it is news
// and no failure.
func (c *comparison) missing(t outcome.Table) {
	c.gone++
	if limit, _, _ := c.limitOf(t); limit >= all {
		c.forgiven = append(c.forgiven, t.Name)
		return
	}
	text := fmt.Sprintf("table %s is gone (%s", t.Name, held(t.Rows))
	if heir := c.heir(t); heir != "" {
		text += "; the new table " + heir + " holds as many: was it renamed?"
	}
	c.problems = append(c.problems, problem{text: text + ")", object: t.Name})
}

func held(rows int64) string {
	if rows <= 0 {
		return "it was empty"
	}
	return "it held " + words.Count(rows, "row")
}

// heir is the one new table with as many rows as one that is gone, or "".
func (c *comparison) heir(gone outcome.Table) string {
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

func (c *comparison) compareRows(was, is outcome.Table) {
	limit, key, ruled := c.limitOf(was)
	fewer := lost(was.Rows, is.Rows)
	switch {
	case fewer > float64(limit) && (ruled || was.Rows >= fewRows):
		c.problems = append(c.problems, problem{
			text:   fmt.Sprintf("%s: %s, were %s (%s)", was.Name, words.Count(is.Rows, "row"), words.Number(was.Rows), over(fewer, key, limit)),
			object: was.Name,
		})
	case !ruled && was.Rows > 0 && is.Rows == 0:
		c.findings = append(c.findings, outcome.Finding{
			Code:    "table_emptied",
			Message: fmt.Sprintf("%s is empty; in run %s it held %s", was.Name, c.was.RunID, words.Count(was.Rows, "row")),
			Hint:    "find out who emptied it, or allow it with verify.drift.tables",
		})
	}
}

func over(fewer float64, key string, limit config.Percent) string {
	return fmt.Sprintf("%s fewer; %s allows %s", share(fewer), key, limit)
}

// compareTotals holds the sums against their limits. Where a table explains
// the loss, it has been named already.
func (c *comparison) compareTotals() {
	if len(c.problems) > 0 {
		return
	}
	if fewer := lost(c.before.rows, c.after.rows); c.before.rows >= fewRows && fewer > float64(c.rows) {
		c.problems = append(c.problems, problem{text: fmt.Sprintf("all tables together: %s, were %s (%s)",
			words.Count(c.after.rows, "row"), words.Number(c.before.rows), over(fewer, "verify.drift.rows", c.rows))})
	}
	if fewer := lost(c.before.bytes, c.after.bytes); c.before.bytes >= littleData && fewer > float64(c.size) {
		c.problems = append(c.problems, problem{text: fmt.Sprintf("all tables together: %s, were %s (%s)",
			words.Size(c.after.bytes), words.Size(c.before.bytes), over(fewer, "verify.drift.size", c.size))})
	}
}

// compareSchemas tells of every change of the schema that is no failure.
func (c *comparison) compareSchemas() {
	var news []string
	tell := func(what string, names []string) {
		if len(names) > 0 {
			news = append(news, what+": "+words.List(names, 8))
		}
	}
	tell("tables new", tableNames(c.added))
	tell("tables gone", c.forgiven)
	if c.incomparable = c.whyIncomparable(); c.incomparable == "" {
		tell("tables changed", c.changedTables())
		tell("kinds of objects that differ", changedParts(c.was.Schema.Parts, c.is.schema.Whole.Parts))
	}
	if len(news) == 0 {
		return
	}
	c.findings = append(c.findings, outcome.Finding{
		Code:    "schema_changed",
		Message: "since run " + c.was.RunID + ": " + strings.Join(news, "; "),
		Hint:    "hold it against the migrations since then; what they made needs nothing",
	})
}

// whyIncomparable is the reason why two schemas' fingerprints say nothing of
// each other, or "".
func (c *comparison) whyIncomparable() string {
	was := c.was.Schema.Fingerprint
	major, _, _ := strings.Cut(c.was.Postgres.Version, ".")
	switch {
	case c.is.schema.trouble != "":
		return c.is.schema.trouble
	case was == "":
		return "that run recorded none"
	case !fingerprint.Comparable(was):
		return "that run's is another drillgres' kind"
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

// changedParts lists the kinds whose fingerprints differ, as words.
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
