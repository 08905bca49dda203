package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers/databasus"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

// describedFile is a backup without a config, and what its beginning says.
type describedFile struct {
	db      *config.Database
	noted   []outcome.Finding
	unknown error // why the major version is not known; nil: it is
	stdin   *bufio.Reader
}

// describeFile returns the database that a config would have for the backup. An error of the
// source or the dump is the drill's to report, as long as the command line is right.
func describeFile(ctx context.Context, e *edges, o fileOptions, target string) (f describedFile, err error) {
	if err := checkDirectory(target); err != nil {
		return f, err
	}
	section, err := o.section(target)
	if err != nil {
		return f, err
	}
	f.db = &config.Database{Backup: section}
	var contents inspect.Contents
	if target == standardInput {
		f.stdin = bufio.NewReaderSize(e.stdin, locate.HeadSize)
		f.db.Backup.From = ""
		contents, f.unknown = headOfStream(ctx, f.stdin, o)
	} else {
		contents, f.unknown = glanceAt(ctx, o.backupFlags, target)
	}
	f.db.Name = config.NameFor(cmp.Or(section.Database, contents.Needs.Database.Name, locate.Family(stem(target)), stem(target)), "backup")
	if ctx.Err() != nil {
		return f, context.Cause(ctx)
	}
	return f, f.setMajor(o, contents.Source)
}

// setMajor sets the version and the image of the server.
func (f *describedFile) setMajor(o fileOptions, s inspect.Source) error {
	if err := checkMajor(o.major); err != nil {
		return err
	}
	major, from := o.major, ""
	if major == 0 {
		major, from = statedMajor(s)
	}
	switch {
	case f.unknown != nil && major == 0:
		return nil
	case major == 0:
		return noMajor()
	case !config.SupportsMajor(major):
		return oldMajor(from)
	}
	if f.unknown = nil; from != "" {
		f.noted = append(f.noted, outcome.Finding{
			Code: "major_assumed", Message: fmt.Sprintf("assumed that production is Postgres %d: the dump was made %s", major, from),
			Hint: "name production's major version with --postgres if it is another one",
		})
	}
	f.db.Postgres.Version, f.db.Postgres.Image = strconv.Itoa(major), config.Text(o.image)
	return nil
}

// config returns the config of the drill.
func (f describedFile) config(o fileOptions) *config.Config {
	secrets := redact.InURL(string(f.db.Backup.From))
	if passphrase, _ := o.passphrase(); passphrase != "" { // was read before
		secrets = append(secrets, redact.Secret(passphrase))
	}
	cfg := config.Single(f.db, config.History(o.history), secrets...)
	if f.unknown != nil {
		f.db.Postgres.Image = ""
	}
	return cfg
}

// checkDirectory returns a usage error if a target is a directory that is not a dump.
func checkDirectory(target string) error {
	local, ok := localPath(target)
	if !ok {
		return nil
	}
	if info, err := os.Stat(local); err != nil || !info.IsDir() {
		return nil //nolint:nilerr // the drill reports it
	}
	entries, err := os.ReadDir(local)
	if err != nil || slices.ContainsFunc(entries, func(d fs.DirEntry) bool { return dumpfile.IsContents(d.Name()) }) {
		return nil //nolint:nilerr // the drill reports it
	}
	return usage("%s is a directory, and not a dump in directory format: it has no %s", target, dumpfile.Contents).
		WithHint("name one file in it, or run drillgres init %s for a config that drills the newest backup there", words.Shell(target))
}

// localPath returns the path of a target on this machine.
func localPath(target string) (string, bool) {
	switch place.Scheme(target) {
	case "":
		return target, target != standardInput
	case "file":
		return strings.TrimPrefix(target, "file://"), true
	}
	return "", false
}

// stem returns the name of a file without its extensions.
func stem(target string) string {
	name, _, _ := strings.Cut(path.Base(redact.URL(filepath.ToSlash(target))), ".")
	return name
}

// glanceAt reads what a backup says of itself: its beginning or, where that states no
// version, as in a zip archive, all of it.
func glanceAt(ctx context.Context, o backupFlags, target string) (inspect.Contents, error) {
	opener, err := o.opener()
	if err != nil {
		return inspect.Contents{}, err
	}
	b, err := o.locate(ctx, target)
	if err != nil {
		return inspect.Contents{}, err
	}
	opener.IDs = databasus.IDs(b.Key, nil)
	head, whole, err := b.ReadHead(ctx)
	if err != nil {
		return inspect.Contents{}, err
	}
	contents, err := inspect.Head(ctx, head, whole, opener, inspect.Policy{})
	if err != nil || whole || statesVersion(contents) {
		return contents, err
	}
	return wiring.ReadBackup(ctx, inspect.NewSet(&opener), b)
}

func statesVersion(c inspect.Contents) bool {
	return c.Source.ServerVersion != "" || c.Source.DumpVersion != ""
}

// headOfStream reads what the beginning of a stream says, which stays unread.
func headOfStream(ctx context.Context, r *bufio.Reader, o fileOptions) (inspect.Contents, error) {
	opener, err := o.opener()
	if err != nil {
		return inspect.Contents{}, err
	}
	type beginning struct {
		head  []byte
		whole bool
	}
	b, err := locate.Await(ctx, drill.Deadlines[outcome.Fetch], func() (beginning, error) {
		head, err := r.Peek(locate.HeadSize)
		return beginning{head, err != nil}, nil
	}, nil)
	if err != nil {
		return inspect.Contents{}, err
	}
	return inspect.Head(ctx, b.head, b.whole, opener, inspect.Policy{})
}
