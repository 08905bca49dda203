package config

import (
	"regexp"
	"strings"
	"unicode"
)

// The checks see what was written, before the defaults are filled in. Those of
// a section are in the file that is named after it.

const formatVersion = 1

var databaseName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

func (l *loader) check(top *path, c *Config) {
	switch at := top.key("version"); {
	case !l.given(at):
		l.bad(at, "is missing (want version: %d)", formatVersion)
	case c.Version != formatVersion:
		l.bad(at, "%d is not a version of this file that drillgres reads (want %d)", c.Version, formatVersion)
	}
	databases := top.key("databases")
	if len(c.Databases) == 0 {
		l.bad(databases, "is missing or empty (want at least one database)")
	}
	for _, name := range c.Names() {
		l.checkDatabase(databases.key(name), name, c.Databases[name])
	}
	l.checkRecord(top.key("record"), &c.Record)
	l.checkPath(top.key("work").key("dir"), c.Work.Dir)
}

func (l *loader) checkDatabase(at *path, name string, db *Database) {
	if !databaseName.MatchString(name) {
		l.bad(at, "is no name for a database here (want lower-case letters, digits, - and _; 63 at most)")
	}
	if db == nil {
		return // its value was of the wrong kind, which is noted
	}
	db.Name = name
	l.checkBackup(at.key("backup"), &db.Backup)
	l.checkPostgres(at.key("postgres"), &db.Postgres)
	l.checkRestore(at.key("restore"), &db.Restore)
	l.checkVerify(at.key("verify"), &db.Verify)
	if db.App != nil {
		l.checkApp(at.key("app"), db.App)
	}
	if db.Migrate != nil {
		l.checkMigrate(at.key("migrate"), db.Migrate, db.App != nil)
	}
	if b := db.Budget; b.Total > 0 && b.Restore > b.Total {
		l.bad(at.key("budget").key("restore"), "%s is more than the total of %s", b.Restore, b.Total)
	}
}

func (l *loader) checkRestore(at *path, r *Restore) {
	if jobs := at.key("jobs"); l.given(jobs) && (r.Jobs < 1 || r.Jobs > 256) {
		l.bad(jobs, "%d is not a number of parallel jobs (want 1 to 256)", r.Jobs)
	}
	l.oneOf(at.key("profile"), r.Profile, "rehearsal", "fast")
	l.oneOf(at.key("roles"), r.Roles, "create", "strict")
	l.notZero(at.key("timeout"), r.Timeout)
}

func (l *loader) oneOf(at *path, value string, allowed ...string) {
	if !l.given(at) {
		return
	}
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	l.bad(at, "%s is not one of %s", quoted(value), strings.Join(allowed, ", "))
}

// notZero refuses a limit of 0 where it would forbid everything.
func (l *loader) notZero(at *path, d Duration) {
	if l.given(at) && d == 0 {
		l.bad(at, "is 0 (leave the key out for the default)")
	}
}

// checkPath refuses what is no path, or looks like one that a shell expands.
func (l *loader) checkPath(at *path, p string) {
	switch {
	case !l.given(at):
	case p == "":
		l.bad(at, "is empty (want a path)")
	case strings.HasPrefix(p, "~"):
		l.bad(at, "begins with ~, which is not expanded here (want an absolute path, or one relative to this file)")
	case hasControl(p):
		l.bad(at, "holds a control character")
	}
}

// checkName checks a name that Postgres would have to hold.
func (l *loader) checkName(at *path, name string) {
	switch {
	case !l.given(at):
	case name == "":
		l.bad(at, "is empty")
	case len(name) > 63:
		l.bad(at, "is longer than the 63 bytes of a Postgres name")
	case hasControl(name):
		l.bad(at, "holds a control character")
	}
}

// checkLabel checks the name of a check, which reports print on one line.
// taken are the names of its list so far, with the place of each.
func (l *loader) checkLabel(at *path, name string, taken map[string]*path) {
	const longest = 200
	first, twice := taken[name]
	switch {
	case strings.TrimSpace(name) == "":
		l.bad(at, "is missing (want a name that reports can show)")
		return
	case len(name) > longest || hasControl(name):
		l.bad(at, "is no name for one line of a report (want at most %d bytes, no line breaks)", longest)
	case twice:
		l.bad(at, "%s is also the name of %s (want a name of its own)", quoted(name), first.text)
	}
	taken[name] = at.up
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
