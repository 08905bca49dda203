package verify

import (
	"fmt"
	"regexp"

	"github.com/drillgres/drillgres/drill/outcome"
)

// expired reports whether a table that is gone is one of a dated family, such as
// log_2026_11_01, and a later one of the family is still there: old ones are dropped.
func (c *comparison) expired(gone outcome.Table) bool {
	family, date := datedFamily(nameOf(gone.Name))
	if date == "" {
		return false
	}
	for _, t := range c.is.tables {
		if f, d := datedFamily(nameOf(t.Name)); f == family && d > date {
			return true
		}
	}
	return false
}

var digits = regexp.MustCompile("[0-9]+")

// withYear matches numbers that begin with a year: 2026, 202611, 20261101.
var withYear = regexp.MustCompile("^(19|20)[0-9]{2}([0-9]{2})*$")

// datedFamily returns a table's name with a mark in place of each number of its date,
// and the date. Without a date in the name it is empty. Dates of one family order as
// strings.
func datedFamily(table name) (family name, date string) {
	marked := digits.ReplaceAllStringFunc(table.name, func(number string) string {
		if date == "" && !withYear.MatchString(number) {
			return number
		}
		date += fmt.Sprintf("%20s", number)
		return "#"
	})
	return name{table.schema, marked}, date
}
