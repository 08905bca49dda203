package verify

import (
	"fmt"
	"regexp"
	"slices"
)

// dated is a table of a dated family, such as log_2026_11_01.
type dated struct {
	family name   // the table's name with a mark in place of each number of its date
	date   string // dates of one family order as strings
}

// findExpired returns the tables that are gone because they are old: later ones of their
// dated family are there, none of those that are there is older, and at most half of the
// family is gone.
func (c *comparison) findExpired() map[name]bool {
	there, gone := map[name][]string{}, map[name][]name{}
	is := byName(c.is.tables)
	for _, t := range c.is.tables {
		if d, ok := datedTable(nameOf(t.Name)); ok {
			there[d.family] = append(there[d.family], d.date)
		}
	}
	expired := map[name]bool{}
	kept := map[name]int{}
	for _, t := range c.was.Tables {
		table := nameOf(t.Name)
		d, ok := datedTable(table)
		if _, still := is[table]; !ok || still {
			kept[d.family]++
			continue
		}
		if dates := there[d.family]; len(dates) > 0 && d.date < slices.Min(dates) {
			gone[d.family] = append(gone[d.family], table)
		}
	}
	for family, tables := range gone {
		for _, table := range tables {
			expired[table] = len(tables) <= max(1, kept[family])
		}
	}
	return expired
}

// The dates in names of tables: with the year first (2026_11_01, p202611, y2026w45), with
// the day first (01_11_2026), and with two digits for the year (261101).
var (
	yearFirst = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)[0-9]{2}(?:[0-9]{2})*)(?:[^0-9]+([0-9]+))?(?:[^0-9]+([0-9]+))?`)
	dayFirst  = regexp.MustCompile(`(?:^|[^0-9])([0-9]{1,2})[^0-9]([0-9]{1,2})[^0-9]((?:19|20)[0-9]{2})(?:$|[^0-9])`)
	shortYear = regexp.MustCompile(`(?:^|[^0-9])([1-4][0-9](?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01]))(?:$|[^0-9])`)
)

// datedTable returns a table's family and date. A year alone is not a date: such a number
// may mean anything, and what is kept by years is seldom dropped.
func datedTable(table name) (dated, bool) {
	for _, form := range []*regexp.Regexp{dayFirst, yearFirst, shortYear} {
		m := form.FindStringSubmatchIndex(table.name)
		if m == nil {
			continue
		}
		var numbers []string
		marked := ""
		end := 0
		for group := 2; group < len(m) && m[group] >= 0; group += 2 {
			numbers = append(numbers, table.name[m[group]:m[group+1]])
			marked += table.name[end:m[group]] + "#"
			end = m[group+1]
		}
		marked += table.name[end:]
		if form == yearFirst && len(numbers) == 1 && len(numbers[0]) == len("2026") {
			continue
		}
		if form == dayFirst {
			slices.Reverse(numbers)
		}
		date := ""
		for _, number := range numbers {
			date += fmt.Sprintf("%20s", number)
		}
		return dated{name{table.schema, marked}, date}, true
	}
	return dated{}, false
}
