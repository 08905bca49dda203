package runbook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/words"
)

func (b *book) head() {
	b.line("# Recovery of database %s\n", code(b.Database.Name))
	b.line("What to do if production's database is lost. drillgres %s wrote this page on %s from %s.", cmp.Or(b.Version, "dev"), words.Moment(b.At), code(b.Config.File))
	b.line("Print it again after each change of that file, and at least once a quarter: `drillgres runbook %s`.\n", quote(b.Database.Name))
	switch {
	case b.Why != "":
		b.line("**No drill is known: %s.** What follows rests on the config alone.", cell(b.Why))
	case b.last == nil:
		b.line("**No drill has verified a backup yet.** What follows rests on the config alone: run `drillgres run %s` first.", quote(b.Database.Name))
	default:
		b.line("The last drill that verified the newest backup is %s of %s.", code(b.last.RunID), words.Moment(b.last.StartedAt))
	}
	b.line("\nRestore into an **empty** database of a **new** server. Leave the damaged one as it is: it may be needed, and its evidence too.")
}

func (b *book) backup() {
	section := b.Database.Backup
	b.section("The backup")
	if section.Command != nil {
		b.item("Where: the standard output of %s, run in %s", code(quoteAll(section.Command.Run...)), code(cmp.Or(section.Dir, ".")))
	} else {
		b.item("Where: %s", code(redact.URL(string(section.From))))
	}
	b.item("Which one: %s", b.choice())
	if section.MaxAge > 0 {
		b.item("The newest one is at most %s old, if the backup job runs (`backup.max_age`)", words.Span(time.Duration(section.MaxAge)))
	}
	if keep := time.Duration(section.Retention.Keep); keep > 0 {
		b.item("Kept for at least %s (`backup.retention.keep`)", words.Span(keep))
	}
	if b.tool.Name != "" {
		b.item("Made by %s: %s", cell(b.tool.Title), cell(b.tool.Writes))
	}
	if b.last == nil {
		return
	}
	last := b.last.Backup
	b.item("The last one that was drilled: %s, %s, %s", code(last.URI), words.Size(last.SizeBytes), b.shape())
	for _, p := range last.Parts {
		b.item("A part of it, restored in this order: %s (%s, %s)", code(p.URI), cmp.Or(p.Role, "dump"), words.Size(p.SizeBytes))
	}
	if last.PgDumpVersion != "" {
		b.item("Made with pg_dump %s from Postgres %s", last.PgDumpVersion, cmp.Or(last.ServerVersion, "of an unknown version"))
	}
	b.item("SHA-256 of its bytes as they are stored: %s", code(last.SHA256))
}

// choice says how the backup is chosen.
func (b *book) choice() string {
	section := b.Database.Backup
	switch {
	case section.Command != nil:
		return "whatever the program prints: the newest, if nobody has changed its arguments"
	case len(section.Parts) > 0:
		return "the newest complete set of " + codes(section.Parts) + ", whose files share what the stars match"
	case section.Match != "":
		return "the newest file that matches " + code(section.Match)
	case b.tool.Match != "":
		return "the newest file that matches " + code(b.tool.MatchFor(section.Database))
	}
	return "the newest file that looks like a backup"
}

// shape says what the last backup is: its layers, and the format of the dump in them.
func (b *book) shape() string {
	return strings.Join(append(slices.Clone(b.last.Backup.Layers), b.last.Backup.Format), " → ")
}

func (b *book) secrets() {
	b.section("Keys and credentials")
	b.line("This page has none of them. Both ways need them, and so does whoever restores at night.\n")
	before := b.text.Len()
	for i, k := range b.Database.Backup.Keys {
		kind, file := kindOf(k)
		where := ""
		if file.File != "" {
			where = "the file " + code(string(file.File))
		}
		secret := b.origin("backup", "keys", i, keyName(k), "passphrase")
		if file.Passphrase != "" {
			where = words.Join(", ", where, "its passphrase in "+secret)
		}
		b.item("%s: %s", kind, where)
	}
	if key := b.lastBackup().Key; key != "" {
		b.item("The key that opened the last backup is %s: compare it before you look for another one", code(key))
	}
	if section := b.Database.Backup.SFTP; section.KeyFile != "" {
		b.item("The private key of ssh: %s", code(section.KeyFile))
	}
	if names := b.Config.VariablesBelow(b.path()); len(names) > 0 {
		b.item("Environment variables of the config: %s", codes(names))
	}
	if names := b.credentials(); len(names) > 0 {
		b.item("Credentials of the place of the backups: %s", names)
	}
	if b.text.Len() == before {
		b.item("The backup is not encrypted, and its place needs none that drillgres knows of")
	}
}

// origin says where a secret value of the config comes from.
func (b *book) origin(keys ...any) string {
	var places []string
	for _, r := range b.Config.References(b.path(keys...)) {
		switch {
		case r.Variable != "":
			places = append(places, "the environment variable "+code(r.Variable))
		default:
			places = append(places, "the file "+code(r.File))
		}
	}
	if len(places) == 0 {
		return code(b.Config.File) + " itself"
	}
	return strings.Join(places, " and ")
}

// credentials says what the place of the backups asks for.
func (b *book) credentials() string {
	section := b.Database.Backup
	scheme, _, _ := strings.Cut(string(section.From), "://")
	switch {
	case section.Command != nil:
		return ""
	case scheme == "s3" && section.S3.Profile != "":
		return "the profile " + code(section.S3.Profile) + " of the AWS config"
	case scheme == "s3":
		return "those of the AWS chain (`AWS_ACCESS_KEY_ID`, a profile, or the role of the machine), with `s3:GetObject` and `s3:ListBucket`"
	case scheme == "gs":
		return "those of Google Cloud (`gcloud auth login`), with the role Storage Object Viewer"
	case scheme == "az":
		return "those of Azure (`az login`), with the role Storage Blob Data Reader"
	case scheme == "sftp":
		return "the key above or one of the agent, or `SFTP_PASSWORD`"
	case scheme == "https" && len(section.HTTP.Headers) > 0:
		return "the headers " + codes(slices.Sorted(maps.Keys(section.HTTP.Headers))) + " of `backup.http.headers`"
	}
	return ""
}

func (b *book) server() {
	p := b.Database.Postgres
	b.section("The server to restore into")
	b.item("Postgres **%s**, not another major", cell(p.Version))
	if b.last != nil {
		b.item("Drilled with the image %s, Postgres %s", code(b.last.Postgres.Image), b.last.Postgres.Version)
	} else if p.Image != "" {
		b.item("Drilled with the image %s", code(string(p.Image)))
	}
	b.extensions()
	preload := ""
	for _, name := range slices.Sorted(maps.Keys(p.Settings)) {
		if strings.EqualFold(name, "shared_preload_libraries") {
			preload = p.Settings[name]
			continue
		}
		b.item("Setting: %s", code(name+" = "+p.Settings[name]))
	}
	if b.last != nil && b.last.Postgres.Preloaded != "" {
		preload = b.last.Postgres.Preloaded
	}
	if preload != "" {
		b.item("Setting, which takes a restart: %s", code("shared_preload_libraries = '"+preload+"'"))
	}
	b.item("Encoding: %s. Locale: %s", cmp.Or(codeOr(p.Encoding), "that of production; the dump states it"), cmp.Or(codeOr(p.Locale), "that of production, which a plain dump does not state"))
	b.item("Owner of the database: %s", cmp.Or(codeOr(b.owner()), "that of production"))
	b.roles()
	if disk := b.restoredSize(); disk > 0 {
		b.item("Disk: the last restored database had %s; leave as much again for WAL and for building indexes", words.Size(disk))
	}
}

func codeOr(text string) string {
	if text == "" {
		return ""
	}
	return code(text)
}

// owner returns the owner of the database, as far as the config or the last drill knows it.
func (b *book) owner() string {
	if b.Database.Postgres.Owner != "" || b.last == nil {
		return b.Database.Postgres.Owner
	}
	for _, s := range b.last.Stages {
		if owner, ok := s.Details["owner"].(string); ok && s.Stage == outcome.Provision {
			return owner
		}
	}
	return ""
}

func (b *book) restoredSize() (bytes int64) {
	if b.last != nil {
		for _, t := range b.last.Tables {
			bytes += t.Bytes
		}
	}
	return bytes
}

// extensions lists the extensions that the server must have, and where they come from.
func (b *book) extensions() {
	versions := map[string]string{}
	for _, name := range b.Database.Postgres.Extensions {
		versions[name] = ""
	}
	if b.last != nil {
		maps.Copy(versions, b.last.Postgres.Extensions)
	}
	delete(versions, "plpgsql")
	major, _ := strconv.Atoi(b.Database.Postgres.Version)
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		e, _ := extension.Find(name)
		from := "comes with Postgres or its packages of contrib"
		switch packages := e.PackagesFor(major); {
		case len(packages) > 0:
			from = "Debian package " + code(packages[0])
		case e.Image != "":
			from = "image " + code(e.Image)
		}
		version := ""
		if versions[name] != "" {
			version = " " + versions[name] + " in the last drill"
		}
		b.item("Extension %s%s: %s", code(name), cell(version), from)
	}
	if b.last != nil {
		for _, name := range slices.Sorted(maps.Keys(b.last.Postgres.Packages)) {
			b.item("Package that the drill added: %s", code(name+"="+b.last.Postgres.Packages[name]))
		}
	}
}

func (b *book) roles() {
	switch {
	case b.isCluster():
		b.item("Roles: the backup of the cluster has them")
	case b.withRoles():
		b.item("Roles: the backup has them, with their passwords as hashes, in a file of its own")
	default:
		b.item("Roles: the backup does **not** have them. Create them first, with their memberships and new passwords")
	}
	if b.last == nil {
		return
	}
	for _, f := range b.last.Findings {
		if f.Code == "role_created" {
			b.item("The last drill: %s", cell(f.Message))
		}
	}
}

func (b *book) withDrillgres() {
	b.section("Way 1: with drillgres")
	name := quote(b.Database.Name)
	if b.isCluster() {
		b.line("`drillgres restore` does not restore the backup of a whole cluster (pg_dumpall). Use way 2. What drillgres can say about the backup:")
		b.commands("drillgres check "+name+b.configFlag()+"    # is the newest backup there, and plausible?", "drillgres run "+name+b.configFlag()+"      # does it restore? In a sandbox")
		return
	}
	b.line("It chooses the backup, opens its layers, restores it as the drills do, and compares the database with what the backup promises. Put the")
	b.line("password of the server in `PGPASSWORD` or in the password file of libpq. Show first what it would do:")
	to := "postgres://USER@HOST:5432/" + urlPath(b.name())
	flags, owner := b.configFlag(), b.owner()
	if b.withRoles() { // the restore creates the owner, and sets it
		flags, owner = " --with-roles"+flags, ""
	}
	var first []string
	if owner != "" {
		first = append(first, "# The roles of the backup must exist. If they are lost, leave out --owner here, and add --with-roles below: it creates them without login.")
	}
	b.commands(append(first,
		b.createdb(" --host=HOST --port=5432 --username=USER", owner),
		"drillgres check "+name+b.configFlag(),
		"drillgres restore "+name+" --to "+quote(to)+flags+" --dry-run",
		"drillgres restore "+name+" --to "+quote(to)+flags,
	)...)
	b.line("An older backup: `--backup KEY`, where KEY is its name at the source. While the restore runs, and after one that failed, the comment of the")
	b.line("database says so. A restore is never resumed: drop the database, create it again, and start over.")
}

// configFlag returns the flag that names the config, unless it is the default.
func (b *book) configFlag() string {
	if b.Config.File == "" || b.Config.File == "drillgres.yaml" {
		return ""
	}
	return " --config " + quote(b.Config.File)
}

// urlPath escapes a name for the path of a URL.
func urlPath(name string) string {
	var s strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			s.WriteByte(c)
		} else {
			fmt.Fprintf(&s, "%%%02X", c)
		}
	}
	return s.String()
}

func (b *book) checks() {
	b.section("Checks afterwards")
	b.line("`drillgres restore` has done these already. By hand:\n")
	v := b.Database.Verify
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(v.Tables)) {
		t := v.Tables[name]
		if t.MinRows > 0 {
			lines = append(lines, fmt.Sprintf("select count(*) from %s;  -- at least %s", name, words.Number(t.MinRows)))
		}
		if t.Newest != nil {
			lines = append(lines, fmt.Sprintf("select max(%s) from %s;  -- at most %s before the backup", t.Newest.Column, name, words.Span(time.Duration(t.Newest.Within))))
		}
	}
	for _, q := range v.Queries {
		lines = append(lines, "-- "+q.Name+": "+q.Expect.Source)
		lines = append(lines, strings.Split(strings.TrimRight(strings.TrimSpace(q.SQL), ";")+";", "\n")...)
	}
	if len(lines) > 0 {
		b.block("sql", lines)
	}
	b.item("No table is empty that must not be. The last drill found:")
	b.largestTables()
	b.item("The application starts, and somebody logs in")
	b.item("The backup job of the new server runs, and a drill of its first backup passes")
}

// mostTables is how many tables the page lists.
const mostTables = 10

func (b *book) largestTables() {
	if b.last == nil {
		b.line("  no drill is known")
		return
	}
	tables := slices.Clone(b.last.Tables)
	slices.SortStableFunc(tables, func(x, y outcome.Table) int { return cmp.Compare(y.Rows, x.Rows) })
	b.line("\n  | table | rows |\n  |---|---|")
	for _, t := range tables[:min(len(tables), mostTables)] {
		b.line("  | %s | %s |", cell(code(t.Name)), words.Number(t.Rows))
	}
	if more := len(tables) - mostTables; more > 0 {
		b.line("  | and %s | |", words.Count(more, "smaller table"))
	}
	b.line("")
}

func (b *book) times() {
	b.section("How long it takes")
	if len(b.Past) == 0 {
		b.line("Nothing is measured: no drill has verified a backup yet.")
		return
	}
	b.line("Measured by drills on their own machine. Recovery is fetch, restore and the start of the application; RPO is the age of the snapshot when the")
	b.line("drill ended: what would have been lost.\n")
	b.line("| drill | size | fetch | restore | recovery | whole drill | RPO |\n|---|---|---|---|---|---|---|")
	fast := false
	for _, r := range b.Past {
		rpo := "unknown"
		if r.RPOSeconds != nil {
			rpo = words.Span(time.Duration(*r.RPOSeconds * float64(time.Second)))
		}
		mark := ""
		if r.Postgres.Profile == "fast" {
			mark, fast = " *", true
		}
		b.line("| %s | %s | %s | %s%s | %s | %s | %s |", words.Moment(r.StartedAt), words.Size(r.Backup.SizeBytes),
			words.Elapsed(r.Times.Fetch), words.Elapsed(r.Times.Restore), mark, words.Elapsed(r.Times.Recovery), words.Elapsed(r.Times.Total), rpo)
	}
	if fast {
		b.line("\n\\* with the profile fast, whose durations are not recovery times.")
	}
	if limit := time.Duration(b.Database.Budget.Restore); limit > 0 {
		b.line("\nThe restore may take %s (`budget.restore`).", words.Span(limit))
	}
}

func (b *book) unproved() {
	b.section("What was not proved")
	if b.last == nil {
		b.item("that any backup of this database restores")
	} else {
		for _, text := range b.last.Integrity.NotProved {
			b.item("%s", cell(text))
		}
		for _, s := range b.last.Stages {
			if s.Status == outcome.StageSkipped && s.Stage == outcome.App {
				b.item("that the application runs on the restored data (%s)", cell(s.Reason))
			}
		}
	}
	b.item("that the server to restore into is as fast as the machine that drills, and can reach the place of the backups")
	b.item("that whoever restores has the keys and credentials above")
	if !b.withRoles() && !b.isCluster() {
		b.item("the roles, their passwords and their memberships")
	}
	if b.format() == "plain" && !b.createsDatabase() {
		b.item("the settings, the privileges and the comment of the database itself: a plain dump has them only with `pg_dump --create`")
	}
	b.item("what was written after the backup: a dump is a point in time, and nothing later is in it")
}

// kindOf returns the kind of a key, and its file and passphrase.
func kindOf(k config.Key) (kind string, file config.KeyFile) {
	switch {
	case k.Age != nil:
		return "age", *k.Age
	case k.OpenPGP != nil:
		return "openpgp", *k.OpenPGP
	case k.OpenSSL != nil:
		return "openssl", config.KeyFile{Passphrase: k.OpenSSL.Passphrase}
	case k.Databasus != nil:
		return "databasus", *k.Databasus
	case k.Zip != nil:
		return "zip", *k.Zip
	}
	return "", config.KeyFile{}
}

// keyName returns the name of a key's kind in the config.
func keyName(k config.Key) string {
	kind, _ := kindOf(k)
	return kind
}
