// Package runbook writes the procedure of a recovery as Markdown: the page that is printed
// and put in the binder. It reads nothing but what it is given: the config of a database, and
// the results of its last verified drills.
package runbook

import (
	"cmp"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/producer"
)

// Runbook is what a page is written from.
type Runbook struct {
	Config   *config.Config
	Database *config.Database
	Past     []outcome.Result // drills that verified the newest backup of their time, newest first
	At       time.Time
	Version  string // of drillgres
	Why      string // why Past is empty, if the history could not be read
}

// Write writes the page. It contains neither keys nor values that the config takes from
// elsewhere: it says where they are.
func (r Runbook) Write(w io.Writer) error {
	b := &book{Runbook: r}
	if len(r.Past) > 0 {
		b.last = &r.Past[0]
	}
	b.tool, _ = producer.Find(cmp.Or(r.Database.Backup.Producer, b.lastBackup().Producer))
	b.head()
	b.backup()
	b.secrets()
	b.server()
	b.withDrillgres()
	b.byHand()
	b.checks()
	b.times()
	b.unproved()
	_, err := w.Write(blankLines.ReplaceAll(b.text.Bytes(), []byte("\n\n")))
	return err
}

// blankLines matches several of them.
var blankLines = regexp.MustCompile(`\n{3,}`)

// path returns the path of a value in the section of the database.
func (b *book) path(keys ...any) string {
	return config.Path(append([]any{"databases", b.Database.Name}, keys...)...)
}

// lastBackup returns the backup of the last verified drill; zero: none is known.
func (b *book) lastBackup() outcome.Backup {
	if b.last == nil {
		return outcome.Backup{}
	}
	return b.last.Backup
}

// name returns the name of the database to restore: that in the dump, or that of the config.
func (b *book) name() string {
	named := b.lastBackup().Database
	return cmp.Or(b.Database.Backup.Database, named, b.Database.Name)
}

// format returns the format of the dump, as far as the last drill or the backup tool show it.
func (b *book) format() string { return b.lastBackup().Format }

// layers returns what is around the dump, from the outside in. known reports whether a drill
// has seen it: otherwise only the keys of the config show that there is encryption.
func (b *book) layers() (names []string, known bool) {
	if b.last != nil {
		return b.last.Backup.Layers, true
	}
	for _, k := range b.Database.Backup.Keys {
		if kind, _ := kindOf(k); !slices.Contains(names, kind) {
			names = append(names, kind)
		}
	}
	return names, false
}

// withRoles reports whether the backup has the roles of the cluster in a file beside the dump.
func (b *book) withRoles() bool {
	return b.Database.Backup.Globals != "" || b.tool.Globals != "" || slices.ContainsFunc(b.lastBackup().Parts, isGlobals)
}

func isGlobals(p outcome.Part) bool { return p.Role == "globals" }

// isCluster reports whether the backup is of a whole cluster.
func (b *book) isCluster() bool { return b.format() == "cluster" || b.tool.Name == "pg_dumpall" }

// createsDatabase reports whether the SQL of the backup creates its databases: a plain dump
// names its database only if it connects to it.
func (b *book) createsDatabase() bool {
	return b.isCluster() || b.format() == "plain" && b.lastBackup().Database != ""
}
