package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// nothingPromised is the item for a backup without a promise to compare with.
const nothingPromised = "that nothing is missing (the backup promises nothing)"

// notProved lists what the checks do not prove. What another level would prove
// comes first.
func (r *integrityRun) notProved() []string {
	var list []string
	if r.level == basic {
		list = append(list, "that every value can be read")
	}
	if r.level == basic || r.pages.unavailable != "" {
		list = append(list, "the pages of tables")
	}
	if r.level == basic || r.indexes.unavailable != "" {
		list = append(list, "the order within B-tree indexes")
	}
	if r.level != deep || r.indexes.unavailable != "" {
		list = append(list, "rows against indexes")
	}
	if r.level != deep {
		list = append(list, "foreign keys against rows", "another dump")
	}
	if others := r.otherIndexes(); others != "" {
		list = append(list, others)
	}
	list = append(list, r.stored.unstored...)
	return append(list, "Postgres' own catalogs", "that the values are production's")
}

// otherIndexes describes the indexes whose access method amcheck does not
// support.
func (r *integrityRun) otherIndexes() string {
	var kinds []string
	var number int64
	for _, i := range r.stored.indexes {
		if i.Method == "btree" || i.Method == "gin" && r.methods.amcheck.gin {
			continue
		}
		number++
		if !slices.Contains(kinds, i.Method) {
			kinds = append(kinds, i.Method)
		}
	}
	if number == 0 {
		return ""
	}
	slices.Sort(kinds)
	return fmt.Sprintf("%s of other kinds (%s)", words.Count(number, "index"), strings.Join(kinds, ", "))
}
