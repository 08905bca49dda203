package inspect

import (
	"iter"
	"slices"

	"github.com/drillgres/drillgres/drill/snapshot"
)

// Format is the kind of dump, recognised by its content alone.
type Format string

// The formats that Scan recognises. Plain and custom can be restored.
const (
	Plain     Format = "plain"     // pg_dump -Fp: SQL with COPY blocks
	Custom    Format = "custom"    // pg_dump -Fc: an archive for pg_restore
	Tar       Format = "tar"       // pg_dump -Ft
	Cluster   Format = "cluster"   // pg_dumpall: SQL of a whole cluster
	Directory Format = "directory" // pg_dump -Fd
)

// Contents is everything that [Scan] learns of a backup, as three values. Each
// stage takes the one that it needs.
type Contents struct {
	Source Source
	Needs  Needs
	// Promises has one Promise for each database in the backup, in the backup's
	// order. A backup that lists nothing of its databases, such as a physical
	// one, has none.
	Promises []Promise
}

// Source is how the backup was made: what restore must know to choose its tool,
// and what a report shows. What the backup does not say is empty or zero.
type Source struct {
	Format      Format
	Compression string // of the file as a whole: gzip or zstd; empty: none

	ServerVersion  string          // of the server that was dumped: "15.18"
	DumpVersion    string          // of the pg_dump that made the backup: "15.18"
	ArchiveVersion string          // of the archive format: "1.14"; empty for SQL
	TakenAt        snapshot.Stated // that the dump states

	Restricted           bool  // the SQL stands within \restrict … \unrestrict
	DecodedBytes         int64 // size of the dump without the compression of the file
	DumpCount            int   // dumps of pg_dump in an SQL file, counted by their first comments
	DropsWithoutIfExists bool  // the SQL begins by dropping objects that must exist (pg_dump --clean)
}

// PromiseFor returns the Promise for a database. The Promise of a backup with a
// single database is returned for any name: such a backup often does not name
// its database, and can be restored under another name. Where nothing is
// promised for the database, the Promise is empty.
func (c Contents) PromiseFor(database string) Promise {
	if len(c.Promises) == 1 {
		return c.Promises[0]
	}
	i := slices.IndexFunc(c.Promises, func(p Promise) bool { return p.DatabaseName == database })
	if i < 0 {
		return Promise{}
	}
	return c.Promises[i]
}

// tables returns the tables of all databases.
func (c Contents) tables() iter.Seq[Table] {
	return func(yield func(Table) bool) {
		for _, p := range c.Promises {
			for _, t := range p.Tables {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// objects returns the objects of all databases.
func (c Contents) objects() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		for _, p := range c.Promises {
			for _, o := range p.Objects {
				if !yield(o) {
					return
				}
			}
		}
	}
}
