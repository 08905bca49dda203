package runbook

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/redact"
)

// byHand writes the way without drillgres.
func (b *book) byHand() {
	b.section("Way 2: without drillgres")
	b.line("A shell with bash, the programs that appear below, and psql and pg_restore of Postgres %s.", cell(b.Database.Postgres.Version))
	b.line("Each block is one command for the shell: its first error ends it, and nothing after that runs. Go on with the next one only after its last line is printed.")
	b.line("\n### 1. Fetch")
	b.script("fetched", b.download()...)
	b.line("### 2. Open")
	b.open()
	b.line("### 3. Restore")
	b.restore()
}

// script writes lines as one command, which ends at the first error: pasted lines would go on after it.
func (b *book) script(done string, lines ...string) {
	b.commands(slices.Concat([]string{"(", "set -euo pipefail", "umask 077"}, lines, []string{"echo " + quote(done), ")"})...)
}

// download returns the commands that fetch the newest backup.
func (b *book) download() []string {
	section := b.Database.Backup
	if section.Command != nil {
		return b.fromCommand(*section.Command)
	}
	scheme, rest, isURL := strings.Cut(string(section.From), "://")
	if !isURL {
		scheme, rest = "file", string(section.From)
	}
	rest = strings.TrimSuffix(rest, "/")
	keys := b.keys()
	switch scheme {
	case "s3":
		return b.fromS3(rest, keys)
	case "gs":
		lines := []string{"gcloud storage ls -l " + quote("gs://"+rest+"/**") + " | sort -k2 | tail    # the newest last"}
		for _, key := range keys {
			lines = append(lines, "gcloud storage cp "+quoteAll("gs://"+join(bucketOf(rest), key), path.Base(key)))
		}
		return lines
	case "az":
		return fromAzure(rest, keys)
	case "sftp":
		return b.fromSFTP(string(section.From), keys)
	case "https", "http":
		lines := []string{"# The link is in backup.from of the config: it may contain what gives access, so it is not printed in full."}
		headers := ""
		for _, name := range slices.Sorted(maps.Keys(section.HTTP.Headers)) {
			headers += " --header " + quote(name+": VALUE")
		}
		return append(lines, "curl --fail --location --remote-name"+headers+" "+quote(redact.URL(string(section.From))))
	}
	return b.fromDirectory(rest, keys)
}

// keys returns the names at the source of the objects of the last backup, in restore order; or
// one that stands for them.
func (b *book) keys() (keys []string) {
	last := b.lastBackup()
	for _, p := range last.Parts {
		keys = append(keys, objectIn(p.URI))
	}
	if len(keys) == 0 && last.URI != "" {
		keys = append(keys, objectIn(last.URI))
	}
	if len(keys) == 0 {
		keys = []string{b.file(0)}
	}
	return keys
}

// objectIn returns the path in a URI, below its host.
func objectIn(uri string) string {
	_, rest, isURL := strings.Cut(uri, "://")
	if !isURL {
		return uri
	}
	_, key, _ := strings.Cut(rest, "/")
	return key
}

func bucketOf(rest string) string {
	bucket, _, _ := strings.Cut(rest, "/")
	return bucket
}

func join(bucket, key string) string { return bucket + "/" + strings.TrimPrefix(key, "/") }

func (b *book) fromS3(rest string, keys []string) []string {
	s3, options := b.Database.Backup.S3, ""
	for _, o := range [][2]string{{"--endpoint-url", string(s3.Endpoint)}, {"--region", string(s3.Region)}, {"--profile", s3.Profile}} {
		if o[1] != "" {
			options += " " + o[0] + " " + quote(o[1])
		}
	}
	prefix := rest
	if strings.Contains(rest, "/") && b.lastBackup().URI != "s3://"+rest {
		prefix += "/"
	}
	lines := []string{"aws s3 ls --recursive " + quote("s3://"+prefix) + options + " | sort | tail    # the newest last"}
	for _, key := range keys {
		lines = append(lines, "aws s3 cp "+quoteAll("s3://"+join(bucketOf(rest), key), path.Base(key))+options)
	}
	return lines
}

func fromAzure(rest string, keys []string) []string {
	account, rest, _ := strings.Cut(rest, "/")
	container, _, _ := strings.Cut(rest, "/")
	where := " --auth-mode login --account-name " + quote(account) + " --container-name " + quote(container)
	lines := []string{"az storage blob list" + where + " --query 'sort_by(@, &properties.lastModified)[-10:].name' --output tsv    # the newest last"}
	for _, key := range keys {
		key = strings.TrimPrefix(key, container+"/")
		lines = append(lines, "az storage blob download"+where+" --name "+quote(key)+" --file "+quote(path.Base(key)))
	}
	return lines
}

func (b *book) fromSFTP(from string, keys []string) []string {
	u, err := url.Parse(from)
	if err != nil {
		return []string{"# " + redact.URL(from)}
	}
	login, options := u.Hostname(), ""
	if u.User.Username() != "" {
		login = u.User.Username() + "@" + login
	}
	section := b.Database.Backup.SFTP
	for _, o := range [][2]string{{"-P ", u.Port()}, {"-i ", section.KeyFile}, {"-o UserKnownHostsFile=", section.KnownHosts}} {
		if o[1] != "" {
			options += " " + o[0] + quote(o[1])
		}
	}
	lines := []string{"echo " + quote(`ls -ltr "`+u.Path+`"`) + " | sftp -b -" + options + " " + quote(login) + " | tail    # the newest last"}
	for _, key := range keys {
		if !strings.HasPrefix(key, "/") {
			key = "/" + key
		}
		if b.last == nil {
			key = path.Join(u.Path, path.Base(key))
		}
		lines = append(lines, "sftp"+options+" "+quoteAll(login+":"+key, path.Base(key)))
	}
	return lines
}

func (b *book) fromDirectory(dir string, keys []string) []string {
	lines := []string{"ls -ltr " + quote(dir) + " | tail    # the newest last"}
	for _, key := range keys {
		if b.last == nil {
			key = path.Join(dir, path.Base(key))
		} else if !strings.HasPrefix(key, "/") {
			key = "/" + key
		}
		lines = append(lines, "cp -r "+quote(key)+" .")
	}
	return lines
}

// fromCommand returns the commands that run the program of the config.
func (b *book) fromCommand(c config.Command) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		lines = append(lines, "export "+name+"=…    # from "+plain(b.origin("backup", "command", "env", name)))
	}
	command := quoteAll(c.Run...)
	if dir := b.Database.Backup.Dir; dir != "" && dir != "." {
		command = "(cd " + quote(dir) + " && " + command + ")"
	}
	return append(lines, command+" > "+quote(b.file(0)))
}

// plain removes the marks of code from a text, for a comment in a script.
func plain(text string) string { return strings.ReplaceAll(text, "`", "") }

// file returns the name of the i-th file of the backup on the machine that restores.
func (b *book) file(i int) string {
	last := b.lastBackup()
	switch {
	case i < len(last.Parts):
		return path.Base(last.Parts[i].URI)
	case b.Database.Backup.Command != nil:
		return cmp.Or(b.Database.Backup.Command.Name, "backup")
	case last.URI != "":
		return path.Base(last.URI)
	}
	return "BACKUP"
}

// files returns the files of the backup with their roles, in restore order.
func (b *book) files() (files []file) {
	for i, p := range b.lastBackup().Parts {
		files = append(files, file{stored: b.file(i), role: p.Role})
	}
	if len(files) == 0 {
		files = append(files, file{stored: b.file(0), role: "dump"})
	}
	return files
}

// file is a file of the backup, as it is stored and after its layers are opened.
type file struct{ stored, role string }

// opened returns the name of the file after its layers are opened.
func (f file) opened(layers []string, format string) string {
	if len(layers) == 0 {
		return f.stored
	}
	switch {
	case f.role != "dump" && f.role != "":
		return f.role + ".sql"
	case format == "custom" || format == "tar":
		return "restore.dump"
	case format == "directory":
		return "restore.d"
	}
	return "restore.sql"
}

// open writes the commands that open the layers of each file.
func (b *book) open() {
	layers, known := b.layers()
	if !known {
		b.line("\nNo drill has recorded what is around the dump. %s shows it. Typical commands:", code("file "+quote(b.file(0))))
	}
	if len(layers) == 0 && known {
		b.line("\nNothing is around the dump.\n")
		return
	}
	var lines []string
	for _, f := range b.files() {
		lines = append(lines, b.pipeline(f, layers)...)
	}
	b.script("opened", lines...)
	if slices.Contains(layers, "databasus") {
		b.line("No common program opens the encryption of Databasus: restore with way 1, or with Databasus itself.\n")
	}
	if len(b.files()) > 1 {
		b.line("The files of a set may be wrapped differently: leave out what does not apply to one.\n")
	}
}

// pipeline returns the command that writes the dump in a file.
func (b *book) pipeline(f file, layers []string) (lines []string) {
	to := f.opened(layers, b.format())
	var steps []string
	for _, layer := range layers {
		before, step := b.opener(layer)
		lines = append(lines, before...)
		steps = append(steps, step)
	}
	if len(steps) == 0 {
		return append(lines, "# "+f.stored+" as it is")
	}
	steps[0] += " < " + quote(f.stored)
	last := layers[len(layers)-1]
	if b.format() == "directory" && (last == "tar" || last == "zip") {
		if steps[len(steps)-1] = "tar -xf - -C " + to; len(steps) == 1 {
			steps[0] += " < " + quote(f.stored)
		}
		return append(lines, "mkdir "+to, strings.Join(steps, " | "))
	}
	return append(lines, strings.Join(steps, " | ")+" > "+quote(to))
}

// streams decompress standard input to standard output.
var streams = map[string]string{"gzip": "gunzip -c", "zstd": "zstd -dc", "xz": "xz -dc", "bzip2": "bzip2 -dc", "lz4": "lz4 -dc", "zlib": "pigz -dc"}

// opener returns the step that opens a layer from standard input to standard output, and what
// must come before.
func (b *book) opener(layer string) (before []string, step string) {
	if program := streams[layer]; program != "" {
		return nil, program
	}
	member := quote(cmp.Or(b.lastBackup().Member, b.Database.Backup.Member, b.tool.Member, "MEMBER"))
	i := slices.IndexFunc(b.Database.Backup.Keys, func(k config.Key) bool { return keyName(k) == layer })
	var key config.Key
	if i >= 0 {
		key = b.Database.Backup.Keys[i]
	}
	_, from := kindOf(key)
	switch layer {
	case "age":
		if from.File != "" {
			return nil, "age --decrypt --identity " + quote(string(from.File))
		}
		return nil, "age --decrypt" // asks for the passphrase
	case "openpgp":
		if from.File != "" {
			before = []string{"gpg --import " + quote(string(from.File))}
		}
		return before, "gpg --decrypt"
	case "openssl":
		return nil, b.openssl(key.OpenSSL, i)
	case "tar":
		return nil, "tar --extract --to-stdout --file=- --wildcards " + member
	case "zip":
		return nil, "bsdtar --extract --to-stdout --file=- --include=" + member
	}
	return nil, layer + " …"
}

// openssl returns the command of openssl enc with the options of a key.
func (b *book) openssl(key *config.OpenSSLKey, i int) string {
	options := config.OpenSSLKey{}
	if key != nil {
		options = *key
	}
	if used := b.tool.OpenSSL; used != nil && options.Cipher == "" && options.PBKDF2 == nil && options.Iterations == 0 && options.Digest == "" {
		options.Cipher, options.PBKDF2, options.Iterations, options.Digest = used.Cipher, &used.PBKDF2, used.Iterations, used.Digest
	}
	command := "openssl enc -d -" + cmp.Or(options.Cipher, "aes-256-cbc")
	if options.PBKDF2 == nil || *options.PBKDF2 {
		command += fmt.Sprintf(" -pbkdf2 -iter %d", cmp.Or(options.Iterations, 10000))
	}
	command += " -md " + cmp.Or(options.Digest, "sha256")
	from := b.Config.References(b.path("backup", "keys", max(i, 0), "openssl", "passphrase"))
	switch {
	case len(from) != 1: // asks for the passphrase
		return command
	case from[0].Variable != "":
		return command + " -pass env:" + from[0].Variable
	}
	return command + " -pass " + quote("file:"+from[0].File)
}

// createdb returns the command that creates the empty database, with options that name the server.
// owner may be empty.
func (b *book) createdb(options, owner string) string {
	p := b.Database.Postgres
	for _, o := range [][2]string{{"--owner=", owner}, {"--encoding=", p.Encoding}, {"--locale=", p.Locale}} {
		if o[1] != "" {
			options += " " + quote(o[0]+o[1])
		}
	}
	return "createdb --template=template0" + options + " " + quote(b.name())
}

// conninfo returns a connection to a database, whose name libpq does not take for a connection
// string.
func conninfo(database string) string {
	if strings.ContainsAny(database, "=:") {
		return quote("dbname='" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(database) + "'")
	}
	return quote(database)
}

func (b *book) restore() {
	b.line("\n`PGHOST`, `PGPORT`, `PGUSER` and `PGPASSWORD` must be set: they name the server and a superuser of it.")
	layers, _ := b.layers()
	psql := "psql --no-psqlrc --set=ON_ERROR_STOP=1 --dbname="
	var lines []string
	roles := false
	for _, f := range b.files() {
		if f.role == "globals" {
			roles = true
			lines = append(lines, "# Roles that exist, such as postgres, are errors that may be ignored: read the output.", rolesFrom(f.opened(layers, b.format())))
		}
	}
	if !roles && b.withRoles() {
		lines = append(lines, "# Fetch and open the newest "+cmp.Or(b.Database.Backup.Globals, b.tool.Globals)+" in the same way. Roles that exist are errors that may be ignored.",
			rolesFrom("globals.sql"))
	}
	if !b.withRoles() && !b.isCluster() {
		lines = append(lines, "# Before this block, create the roles that the page names above: the backup does not have them.")
	}
	switch {
	case b.isCluster():
		lines = append(lines, `# The only error that may be ignored is: role "postgres" already exists. Read every other one.`)
	case b.createsDatabase():
		lines = append(lines, "# If the dump has CREATE DATABASE. Otherwise create the database, and connect to it.")
		psql += "postgres"
	default:
		lines = append(lines, b.createdb("", b.owner()))
		psql += conninfo(b.name())
	}
	lines = append(lines, b.hooks(psql, "restore", "before")...)
	for _, f := range b.files() {
		switch opened := f.opened(layers, b.format()); {
		case f.role == "globals":
		case b.isCluster():
			lines = append(lines, rolesFrom(opened))
		case slices.Contains([]string{"custom", "tar", "directory"}, b.format()):
			lines = append(lines, b.load(psql, f, layers),
				"# The settings, the privileges and the comment of the database itself, which are restored only on demand.",
				"pg_restore --create --list "+quote(opened)+" | sed -n -E '/ DATABASE PROPERTIES | (ACL|COMMENT) - DATABASE /p' > database.list",
				"pg_restore --create --use-list=database.list --file=- "+quote(opened)+" | sed '/^CREATE DATABASE /d' | "+psql)
		default:
			lines = append(lines, b.load(psql, f, layers))
		}
	}
	lines = append(lines, b.hooks("psql --no-psqlrc --set=ON_ERROR_STOP=1 --dbname="+conninfo(b.name()), "restore", "after")...)
	if b.isCluster() {
		lines = append(lines, "vacuumdb --all --analyze-only")
	} else {
		lines = append(lines, "psql --no-psqlrc --dbname="+conninfo(b.name())+" --command=ANALYZE")
	}
	b.script("restored", lines...)
	b.line("If it fails, drop the database and start again: a half restored one looks like a whole one.")
	b.hookTexts()
}

// rolesFrom returns the command that runs SQL of pg_dumpall. It leaves the user that runs it as it is: with
// production's password of it, the next connection would fail.
func rolesFrom(file string) string {
	return `sed "1,/^.connect /{/^ALTER ROLE \"*$PGUSER\"* WITH /d;}" ` + quote(file) + " | psql --no-psqlrc --dbname=postgres"
}

// load returns the command that loads a file.
func (b *book) load(psql string, f file, layers []string) string {
	opened := quote(f.opened(layers, b.format()))
	archive := "pg_restore --exit-on-error --jobs=4 --dbname=" + conninfo(b.name()) + " " + opened
	switch b.format() {
	case "custom", "directory":
		return archive
	case "tar":
		return strings.Replace(archive, " --jobs=4", "", 1)
	case "":
		return psql + " --file=" + opened + "    # or, if file " + opened + " says PostgreSQL custom database dump: " + archive
	}
	return psql + " --file=" + opened
}

// hooks returns the commands that run the SQL before or after the dump.
func (b *book) hooks(psql string, keys ...string) (lines []string) {
	list := b.Database.Restore.Before
	if keys[1] == "after" {
		list = b.Database.Restore.After
	}
	for i := range list {
		lines = append(lines, fmt.Sprintf("%s --file=%s-%d.sql    # %s.%s[%d] of the config, below", psql, keys[1], i+1, keys[0], keys[1], i))
	}
	return lines
}

// hookTexts prints the SQL before and after the dump.
func (b *book) hookTexts() {
	for _, part := range []struct {
		name string
		list []config.SQL
	}{{"before", b.Database.Restore.Before}, {"after", b.Database.Restore.After}} {
		for i, sql := range part.list {
			b.line("\n%s:", code(fmt.Sprintf("%s-%d.sql", part.name, i+1)))
			b.block("sql", strings.Split(strings.TrimSpace(string(sql)), "\n"))
		}
	}
}
