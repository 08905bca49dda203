package inspect

import (
	"cmp"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// takeTurns keeps foreign keys in their order if the catalog depends on it. One of or to a partitioned table makes
// the server add others with names that the table does not have yet. One of a partition becomes part of that of the
// partitioned table if it comes first and was checked.
func (o *outline) takeTurns(k *catalog) {
	parted := map[sqltext.Name]bool{} // tables, and the roots of whole families
	family := func(b *Build) sqltext.Name { return cmp.Or(b.Root, b.Table) }
	var foreign []*Build
	for i := range o.Builds {
		if b := &o.Builds[i]; b.Kind == BuildForeignKey {
			foreign = append(foreign, b)
		}
	}
	for _, b := range foreign {
		b.Root, b.RefersRoot = k.rootOf(b.Table), k.rootOf(b.Refers)
		parted[family(b)] = parted[family(b)] || k.partitioned[b.Table]
		parted[b.Table] = parted[b.Table] || k.partitioned[b.Table] || k.partitioned[b.Refers]
	}
	for _, b := range foreign {
		switch {
		case parted[family(b)]:
			b.Turn = family(b)
		case parted[b.Table]:
			b.Turn = b.Table
		}
	}
}
