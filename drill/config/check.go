package config

import (
	"regexp"
	"strings"
	"unicode"
)

// The checks see the config as it was written, before defaults are set. The
// checks of a section are in the file that is named after it.

const formatVersion = 1

var databaseName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

func (l *loader) check(top *path, c *Config) {
	switch at := top.key("version"); {
	case !l.given(at):
		l.invalid(at, "is missing (want version: %d)", formatVersion)
	case c.Version != formatVersion:
		l.invalid(at, "unsupported version %d (want %d)", c.Version, formatVersion)
	}
	databases := top.key("databases")
	if len(c.Databases) == 0 {
		l.invalid(databases, "is missing or empty (want at least one database)")
	}
	for _, name := range c.Names() {
		l.checkDatabase(databases.key(name), name, c.Databases[name])
	}
	l.checkOneOf(top.key("images").key("pull"), c.Images.Pull, PullMissing, PullAlways)
	l.checkRecord(top.key("record"), &c.Record)
	l.checkNotify(top, c)
	l.checkMetrics(top.key("metrics"), c.Metrics)
	if c.Evidence != nil {
		l.checkEvidence(top.key("evidence"), c.Evidence, c.Names())
	}
	l.checkPath(top.key("work").key("dir"), c.Work.Dir)
}

func (l *loader) checkDatabase(at *path, name string, db *Database) {
	if !databaseName.MatchString(name) {
		l.invalid(at, "is not a valid database name (want lower-case letters, digits, - and _; at most 63)")
	}
	if db == nil {
		return // its value has the wrong type, which is reported already
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
	l.checkNotZero(at.key("max_unverified"), db.MaxUnverified)
	if b := db.Budget; b.Total > 0 && b.Restore > b.Total {
		l.invalid(at.key("budget").key("restore"), "%s exceeds the total of %s", b.Restore, b.Total)
	}
}

func (l *loader) checkRestore(at *path, r *Restore) {
	if jobs := at.key("jobs"); l.given(jobs) && (r.Jobs < 1 || r.Jobs > 256) {
		l.invalid(jobs, "%d is not a number of parallel jobs (want 1 to 256)", r.Jobs)
	}
	l.checkOneOf(at.key("profile"), r.Profile, "rehearsal", "fast")
	l.checkOneOf(at.key("loader"), r.Loader, "auto", "parallel", "client")
	l.checkOneOf(at.key("roles"), r.Roles, "create", "strict")
	l.checkNotZero(at.key("timeout"), r.Timeout)
}

func (l *loader) checkOneOf(at *path, value string, allowed ...string) {
	if !l.given(at) {
		return
	}
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	l.invalid(at, "%s is not one of %s", quoted(value), strings.Join(allowed, ", "))
}

// checkNotZero reports a limit of 0, which would forbid everything.
func (l *loader) checkNotZero(at *path, d Duration) {
	if l.given(at) && d == 0 {
		l.invalid(at, "is 0 (omit the key for the default)")
	}
}

// checkPath reports a value that is not a path, or that only a shell would expand.
func (l *loader) checkPath(at *path, p string) {
	switch {
	case !l.given(at):
	case p == "":
		l.invalid(at, "is empty (want a path)")
	case strings.HasPrefix(p, "~"):
		l.invalid(at, "begins with ~, which is not expanded (want an absolute path, or one relative to this file)")
	case hasControl(p):
		l.invalid(at, "contains a control character")
	}
}

// checkName checks the name of an object in Postgres.
func (l *loader) checkName(at *path, name string) {
	switch {
	case !l.given(at):
	case name == "":
		l.invalid(at, "is empty")
	case len(name) > 63:
		l.invalid(at, "is longer than 63 bytes, the limit for a Postgres name")
	case hasControl(name):
		l.invalid(at, "contains a control character")
	}
}

// checkLabel checks the name of a check, which reports print on one line. used
// holds the names in its list so far, with the path of each.
func (l *loader) checkLabel(at *path, name string, used map[string]*path) {
	const longest = 200
	first, duplicate := used[name]
	switch {
	case strings.TrimSpace(name) == "":
		l.invalid(at, "is missing (want a name to show in reports)")
		return
	case len(name) > longest || hasControl(name):
		l.invalid(at, "does not fit on one line of a report (want at most %d bytes, no line breaks)", longest)
	case duplicate:
		l.invalid(at, "duplicate name %s (also used by %s)", quoted(name), first.text)
	}
	used[name] = at.up
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
