package inspect

import (
	"iter"
	"slices"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// Format is the format of a dump, detected from its content only.
type Format string

// The formats that Scan detects.
const (
	Plain     Format = "plain"     // pg_dump -Fp: SQL with COPY blocks
	Custom    Format = "custom"    // pg_dump -Fc: an archive for pg_restore
	Tar       Format = "tar"       // pg_dump -Ft
	Cluster   Format = "cluster"   // pg_dumpall: SQL of a whole cluster
	Directory Format = "directory" // pg_dump -Fd
)

// Contents holds everything that [Scan] finds in a backup, as three values for
// different stages.
type Contents struct {
	Source Source
	// Earlier are the Sources of the parts that are restored before this one, in order.
	Earlier []Source
	// Misordered is a table that an earlier part fills and a later one creates; empty: none.
	Misordered string
	Needs      Needs
	// Promises holds one Promise per database, in the backup's order. It is empty
	// for a backup that does not list the contents of its databases, such as a
	// physical backup.
	Promises []Promise
}

// Source holds how the backup was created. Restore uses it to choose its tool, and
// reports show it. What the backup does not state is empty or zero.
type Source struct {
	Format        Format
	Layers        []string // that were opened, from the outside in: age, gzip, tar …
	Key           string   // recipient or fingerprint of the key that opened it; empty: not encrypted
	Member        string   // of a tar or zip archive; untrusted
	LayerFindings []outcome.Finding

	ServerVersion  string          // of the server that was dumped: "15.18"
	DumpVersion    string          // of the pg_dump that created the backup: "15.18"
	ArchiveVersion string          // of the archive format: "1.14"; empty for SQL
	TakenAt        snapshot.Stated // as stated by the dump

	Splices []Splice // of a plain dump, in order
	// RoleStatements are those of SQL that create roles and set what they may do, by role.
	RoleStatements map[string][]Splice `json:"-"`
	// Beyond are the other statements that change more than the database.
	Beyond    []Beyond      `json:"-"`
	Public    *PublicSchema // nil: the dump does not create the schema public, or drops it first
	Refreshes []View        // that may need a server that a sandbox cannot reach, in order
	// Foreign is the first statement of a plain dump that pg_dump never writes and that may
	// change how psql reads the rest, such as DO. It is empty if there is none.
	Foreign string

	Outline   *Outline // of a plain dump that only pg_dump wrote; nil: none
	Blocks    []Block  // of an archive whose rows are all in them, in the order of its table of contents
	AfterRows int64    // the first entry of such an archive that belongs after the rows; 0: none
	NoOutline string   // why a dump has neither an Outline nor Blocks

	Reencoded     bool   // SQL with a byte order mark and line ends of Windows: PowerShell wrote the file
	TrailingBytes int64  // bytes behind the end of a layer, which belong to nothing
	TrailingLayer string // the layer that has them

	Restricted           bool   // the SQL is between \restrict and \unrestrict
	DecodedBytes         int64  // size of the dump without the compression of the file
	Creates              string // the database that the SQL creates without connecting to one, such as pg_back's createdb.sql; empty: none
	Fills                bool   // the part has contents of a database, and not only roles and settings
	DumpCount            int    // dumps of pg_dump in an SQL file, counted by their first comments
	RowSecurity          bool   // rows that row security hides from the dumping role are missing (SET row_security = on)
	LostStatements       int64  // comments of pg_dump without their statement, of kinds that people remove
	LostExample          string // what the first of them announces
	DropsWithoutIfExists bool   // the SQL begins by dropping objects that a new database does not have (pg_dump --clean)
}

// ProvesEnd reports whether the backup shows that it is complete: an archive by its
// table of contents, SQL by the comments of pg_dump.
func (s Source) ProvesEnd() bool {
	return s.DumpVersion != "" || s.ArchiveVersion != "" || s.DumpCount > 0
}

// parts returns the Sources of all parts, in restore order.
func (c Contents) parts() []Source { return slices.Concat(c.Earlier, []Source{c.Source}) }

// ProvesEnd reports whether every part with contents of a database shows that it is complete.
func (c Contents) ProvesEnd() bool {
	isAlone := len(c.Earlier) == 0
	return !slices.ContainsFunc(c.parts(), func(s Source) bool { return (s.Fills || isAlone) && !s.ProvesEnd() })
}

// isWholeCluster reports whether it is SQL of a cluster with its databases.
func (s Source) isWholeCluster() bool { return s.Format == Cluster && s.DumpCount > 0 }

// Compression returns the name of the compression around the dump, or an empty string.
func (s Source) Compression() string { return s.layer(layers.IsCompression) }

// Encryption returns the name of the encryption around the dump, or an empty string.
func (s Source) Encryption() string { return s.layer(layers.IsEncryption) }

// layer returns the first layer of a kind.
func (s Source) layer(isOne func(name string) bool) string {
	if i := slices.IndexFunc(s.Layers, isOne); i >= 0 {
		return s.Layers[i]
	}
	return ""
}

// PromiseFor returns the Promise for a database. For a backup with a single
// database it returns the only Promise for any name, because such a backup often
// does not name its database and can be restored under another name. It returns an
// empty Promise if the backup does not contain the database.
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
