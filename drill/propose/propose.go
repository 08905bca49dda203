// Package propose writes a config for backups that were looked at: what they state, and
// expectations that they meet today. It reads no backup itself.
package propose

import (
	"fmt"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// Config is what a config is written from.
type Config struct {
	From      string // where the backups are, for people
	Written   time.Time
	Databases []Database
	LeftOut   []LeftOut
}

// Database is one database of the config.
type Database struct {
	Name    string        // its key in the config
	Backup  config.Backup // as the config has it; keys by reference, paths relative to the config
	Secret  string        // environment variable that holds backup.from, which contains a secret; empty: none
	Tool    string        // title of the backup tool; empty: not recognized
	Newest  string        // the newest backup, for people
	Times   []time.Time   // when the backups were written, newest first
	Dated   bool          // the times are those of the source
	Members int           // further databases in the same backup, which the drill restores too

	Major string
	From  string // how the dump was made that states Major, such as "by pg_dump 15.2"; empty: it was named
	Image string // empty: the default

	Needs   inspect.Needs
	Promise inspect.Promise
	Whole   bool // the backup was read to its end
	Taken   snapshot.Range
	Preload []string
}

// LeftOut is a database that the config does not have.
type LeftOut struct{ Name, Why string }

// Text returns the config as YAML with comments.
func (c Config) Text() string {
	w := &writer{}
	w.comment(0, "Written by drillgres init on %s, from the backups in %q.", c.Written.UTC().Format(time.DateOnly), c.From)
	w.comment(0, "Expectations are those that today's backup meets: adapt them. docs/config.md describes every key.")
	w.line(0, "version: 1")
	w.line(0, "databases:")
	for i, db := range c.Databases {
		if i > 0 {
			w.blank()
		}
		w.database(db, c.Written)
	}
	for _, l := range c.LeftOut {
		w.blank()
		w.comment(1, "Left out: %s. %s", l.Name, l.Why)
	}
	return w.text.String()
}

func (w *writer) database(db Database, now time.Time) {
	w.comment(1, "The newest backup: %s", db.Newest)
	if db.Members > 0 {
		w.comment(1, "It is of a whole cluster: the drill restores its %d other databases too.", db.Members)
	}
	w.line(1, "%s:", name(db.Name))
	w.backup(db, now)
	w.postgres(db)
	w.verify(db)
	w.app(db)
}

func (w *writer) backup(db Database, now time.Time) {
	b := db.Backup
	w.line(2, "backup:")
	if db.Secret != "" {
		w.remark("the URL gives access by itself", `from: "${%s}"`, db.Secret)
	} else {
		w.line(inSection, "from: %s", location(string(b.From)))
	}
	if b.Producer != "" {
		w.remark(db.Tool, "producer: %s", scalar(b.Producer))
	}
	w.optional("match", b.Match)
	w.optional("globals", b.Globals)
	w.optional("member", b.Member)
	w.optional("database", b.Database)
	if b.S3.Endpoint != "" {
		w.line(inSection, "s3: {endpoint: %s}", location(string(b.S3.Endpoint)))
	}
	if len(b.Keys) > 0 {
		w.line(inSection, "keys:")
		for _, k := range b.Keys {
			w.line(inSection+1, "- %s", key(k))
		}
	}
	w.maxAge(db, now)
}

// maxAge writes the limit of the age, from the spacing of the backups.
func (w *writer) maxAge(db Database, now time.Time) {
	gap, ok := spacing(db.Times)
	if !ok || !db.Dated {
		w.comment(inSection, "max_age: 26h  # an older backup fails; set it to how often backups are made, and a bit more")
		return
	}
	limit := maxAgeFor(gap)
	why := "the backups are about " + span(gap) + " apart"
	oldest := db.Times[0]
	if db.Taken.Known() && db.Taken.Earliest.Before(oldest) {
		oldest = db.Taken.Earliest
	}
	if age := now.Sub(oldest); age > limit {
		w.comment(inSection, "max_age: %s  # %s, but the newest is %s old", span(limit), why, span(age))
		return
	}
	w.remark(why, "max_age: %s", span(limit))
}

func (w *writer) postgres(db Database) {
	w.line(2, "postgres:")
	remark := ""
	if db.From != "" {
		remark = "the dump was made " + db.From
	}
	w.remark(remark, "version: %q", db.Major)
	var names []string
	for _, e := range db.Needs.Extensions {
		if e.Name != "plpgsql" {
			names = append(names, e.Name)
		}
	}
	if len(names) > 0 {
		w.comment(inSection, "Extensions of the dump: %s. Where the image lacks one, the drill makes an image that has it", strings.Join(names, ", "))
	}
	if db.Image != "" {
		w.line(inSection, "image: %s", location(db.Image))
	} else {
		w.comment(inSection, "image: postgres:%s", db.Major)
	}
	if len(db.Preload) > 0 {
		w.line(inSection, "settings: {shared_preload_libraries: %s}", scalar(strings.Join(db.Preload, ",")))
	}
}

func (w *writer) verify(db Database) {
	var large, queues []inspect.Table
	if db.Whole {
		large, queues = chooseTables(db.Promise)
	}
	if len(large) == 0 && len(queues) == 0 {
		w.comment(2, "verify: {tables: {public.orders: {min_rows: 1000}}}  # %s", whyNoTables(db))
		return
	}
	w.line(2, "verify:")
	if len(large) > 0 {
		w.remark("the largest ones, with 80% of the rows of today", "tables:")
	}
	for _, t := range large {
		newest := ""
		if n, within, ok := chooseNewest(t, db.Taken); ok {
			newest = fmt.Sprintf(", newest: {column: %s, within: %s}", scalar(n.Column), span(within))
		}
		w.line(inSection+1, "%s: {min_rows: %d%s}", name(nameOf(t)), floorOf(t.Rows), newest)
	}
	if len(queues) > 0 {
		w.remark("tables that empty themselves may lose more than 20% of their rows", "drift:")
		w.line(inSection+1, "tables:")
	}
	for _, t := range queues {
		w.line(inSection+2, "%s: 90%%", name(nameOf(t)))
	}
}

func whyNoTables(db Database) string {
	if !db.Whole {
		return "only the beginning of the backup was read"
	}
	return "the backup does not show how many rows its tables have"
}

func (w *writer) app(db Database) {
	role, why := appRole(db.Needs)
	w.comment(2, "The application that is deployed today, which the drill starts on the restored data:")
	w.comment(2, "app:")
	w.comment(2, "  image: registry.example/%s:1.0", db.Name)
	w.comment(2, "  role: %s  # %s", scalar(role), why)
	w.comment(2, "  port: 8080")
	w.comment(2, "  ready: {http: /healthz}")
}
