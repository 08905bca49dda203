package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// nothingPromised says that nothing was compared with a promise.
const nothingPromised = "that nothing is missing (the backup promises nothing)"

// notProved lists what this look at the database leaves open, what it could
// have proved at another level first.
func (k *scrutiny) notProved() []string {
	var list []string
	if k.level == basic {
		list = append(list, "that every value can be read")
	}
	if k.level == basic || k.pages.off != "" {
		list = append(list, "the pages of tables")
	}
	if k.level == basic || k.indexes.off != "" {
		list = append(list, "the order within B-tree indexes")
	}
	if k.level != deep || k.indexes.off != "" {
		list = append(list, "rows against indexes")
	}
	if k.level != deep {
		list = append(list, "foreign keys against rows", "another dump")
	}
	if others := k.otherIndexes(); others != "" {
		list = append(list, others)
	}
	list = append(list, k.stored.without...)
	return append(list, "Postgres' own catalogs", "that the values are production's")
}

// otherIndexes counts the indexes of kinds that amcheck does not know.
func (k *scrutiny) otherIndexes() string {
	var kinds []string
	var number int64
	for _, i := range k.stored.indexes {
		if i.Method == "btree" || i.Method == "gin" && k.amcheck.gin {
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
