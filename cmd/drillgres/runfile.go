package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

// standardInput names the backup on standard input.
const standardInput = "-"

// fileOptions are the flags of a drill without a config.
type fileOptions struct {
	backupFlags
	major   int
	image   string
	history string
}

func (o *fileOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVar(&o.major, "postgres", 0, "production's `MAJOR` version, for a FILE; without it, the one that the dump states")
	f.StringVar(&o.image, "image", "", "`IMAGE` of Postgres, for a FILE (default postgres:MAJOR)")
	f.StringVar(&o.history, "history", "", "record the drill of a FILE in this `HISTORY`; without it, none is read or written")
	o.backupFlags.flags(cmd)
}

// arguments returns the flags that init needs too, as a shell reads them.
func (o fileOptions) arguments() string {
	var b strings.Builder
	add := func(flag, value string) {
		if value != "" {
			b.WriteString(" --" + flag + " " + words.Shell(value))
		}
	}
	for _, key := range o.keys {
		add("key", key)
	}
	add("passphrase-file", o.passphraseFile)
	add("member", o.member)
	add("database", o.database)
	add("s3-endpoint", o.s3Endpoint)
	if o.major != 0 {
		add("postgres", strconv.Itoa(o.major))
	}
	add("image", o.image)
	return b.String()
}

// fileFlagNames are the names of the flags that only a drill without a config has.
var fileFlagNames = append([]string{"postgres", "image", "history"}, backupFlagNames...)

// namesFile reports whether an argument of run is a backup and not a database of the config.
func namesFile(arg, configFile string) bool {
	if arg == standardInput || place.Scheme(arg) != "" || strings.HasPrefix(arg, ".") || strings.ContainsRune(filepath.ToSlash(arg), '/') {
		return true
	}
	if _, err := os.Stat(arg); err != nil {
		return false
	}
	names, err := config.NamesIn(configFile)
	return err != nil || !slices.Contains(names, arg)
}

// chooseTarget returns the backup that the arguments of run name instead of databases, or an
// empty string.
func chooseTarget(cmd *cobra.Command, o runOptions) (string, error) {
	file := slices.IndexFunc(o.databases, func(arg string) bool { return namesFile(arg, o.config) })
	changed := func(name string) bool { return cmd.Flags().Changed(name) }
	switch {
	case file < 0:
		if i := slices.IndexFunc(fileFlagNames, changed); i >= 0 {
			return "", usage("--%s is for the drill of a file, without a config", fileFlagNames[i]).WithHint("name a file, such as ./shop.dump, or set this in the config")
		}
		return "", nil
	case len(o.databases) > 1:
		return "", usage("one file is drilled at a time, but there are %d arguments", len(o.databases)).WithHint("name one file, or databases of the config")
	case changed("config") || changed("backup"):
		return "", usage("a file is drilled without a config").WithHint("omit --config and --backup, or drill it as a backup of a database: drillgres run DATABASE --backup %s", words.Shell(redact.URL(o.databases[file])))
	}
	return o.databases[file], nil
}

// runFile drills a backup without a config: what the dump says of itself is enough.
func runFile(ctx context.Context, e edges, o runOptions, target string) error {
	if err := o.validate(); err != nil {
		return err
	}
	e.step.mask(redact.InURL(target))
	f, err := describeFile(ctx, &e, o.file, target)
	if err != nil {
		return withoutConfig(err)
	}
	w, err := newSession(ctx, e, f.config(o.file), o, f.db)
	if err != nil {
		return withoutConfig(err)
	}
	defer w.close()
	results, err := drillAll(ctx, w, []*config.Database{f.db}, func(db *config.Database) (drill.Drill, error) { return w.fileDrill(db, f) })
	for i := range results {
		results[i] = resultWithoutConfig(results[i])
	}
	if target != standardInput {
		o.results.next = "drillgres init " + words.Shell(redact.URL(folderOf(target))) + o.file.arguments()
	}
	return o.results.conclude(w.edges, w.Config, results, withoutConfig(err))
}

// folderOf returns the folder of an object in a store, where the next backups will be, and
// any other target as it is.
func folderOf(target string) string {
	switch place.Scheme(target) {
	case "s3", "gs", "az", "sftp":
		return target[:strings.LastIndexByte(target, '/')+1]
	}
	return target
}

// fileDrill wires the drill of a file.
func (s *session) fileDrill(db *config.Database, f describedFile) (drill.Drill, error) {
	o := wiring.DrillOptions{Keep: s.opts.keep, Named: true, Noted: f.noted}
	if f.stdin != nil {
		o.Stream = f.stdin
	}
	d, err := s.Drill(db, o)
	if err != nil {
		return d, err
	}
	if f.unknown != nil {
		d.Provisioner = unprovisioned{f.unknown}
	}
	s.show(&d, "")
	return d, nil
}

// unprovisioned is the provisioner of a drill whose major version is not known, because the
// beginning of the backup could not be read. An earlier stage reports why.
type unprovisioned struct{ why error }

// Provision fails with what kept the version from being known.
func (u unprovisioned) Provision(context.Context, inspect.Needs) (provision.Server, error) {
	return provision.Server{}, u.why
}
