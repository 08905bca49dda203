package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/companion"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/producer"
	"github.com/drillgres/drillgres/drill/propose"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

// urlVariable is the environment variable for a URL that contains a secret.
const urlVariable = "BACKUP_URL"

// survey looks at a source and proposes a config.
type survey struct {
	edges
	initOptions
	ask  *asker
	tool producer.Producer // the recognized backup tool; its name is empty if there is none

	globals string // glob of the files with the cluster's roles, if no tool determines it
}

// propose looks at the newest backup of each database. It fails with the first failure if
// none of them can be read.
func (s *survey) propose(ctx context.Context) (propose.Config, error) {
	c := propose.Config{From: redact.URL(s.from), Written: s.now()}
	groups, err := s.groups(ctx)
	if err != nil {
		return c, err
	}
	if len(groups) > 1 {
		groups = s.choose(groups)
	}
	var first error
	for _, g := range groups {
		db, err := s.database(ctx, g)
		if ctx.Err() != nil {
			return c, context.Cause(ctx)
		}
		if err != nil {
			err = withoutConfig(err)
			first = cmp.Or(first, err)
			c.LeftOut = append(c.LeftOut, propose.LeftOut{Name: cmp.Or(g.Name, "the backups"), Why: report.Clean(err.Error())})
			continue
		}
		c.Databases = append(c.Databases, db)
	}
	if len(c.Databases) == 0 {
		return c, first
	}
	makeUnique(c.Databases)
	return c, nil
}

// groups lists the source and groups its backups by database.
func (s *survey) groups(ctx context.Context) ([]propose.Group, error) {
	source, err := s.open(ctx, s.from)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, drill.Deadlines[outcome.Locate], noAnswer(s.from))
	defer cancel()
	listed, err := source.List(limited)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(listed))
	for i, o := range listed {
		keys[i] = o.Key
	}
	if tool, _, ok := producer.Recognize(keys); ok {
		s.tool = tool
	}
	if s.tool.Unusable != "" {
		return nil, outcome.Fail(outcome.FormatUnsupported, "%s has the layout of %s, which cannot be drilled as it is stored", redact.URL(s.from), s.tool.Title).WithHint("%s", s.tool.Unusable)
	}
	if len(s.tool.Command) > 0 {
		return nil, outcome.Fail(outcome.FormatUnsupported, "%s is a repository of %s", redact.URL(s.from), s.tool.Title).
			WithHint("write a config by hand with backup.command, such as run: [%s]; drillgres producers %s shows it", strings.Join(s.tool.Command, ", "), s.tool.Name)
	}
	if i := slices.IndexFunc(keys, func(key string) bool { return companion.IsRoles(path.Base(key)) }); i >= 0 && len(keys) > 1 && s.tool.Name == "" {
		s.globals = locate.GlobFor(keys[i])
	}
	rules := locate.Rules{Globals: cmp.Or(s.tool.Globals, s.globals)}
	candidates := locate.Locator{Source: source, Rules: rules, Now: s.now}.Candidates(listed)
	if len(candidates) == 0 {
		_, err := locate.Locator{Source: source, Rules: rules, Now: s.now}.Locate(limited) // says what is there
		return nil, err
	}
	if s.tool.Name != "" {
		if groups := propose.GroupByTool(candidates, s.tool); len(groups) > 0 {
			return groups, nil
		}
	}
	groups := propose.GroupByName(candidates)
	if len(candidates) == 1 && source.URI(candidates[0]) == source.URI(locate.Object{}) {
		groups[0].Match = "" // the source is one file
	}
	return groups, nil
}

// choose asks which databases the config is for. Without a terminal it is for all.
func (s *survey) choose(groups []propose.Group) []propose.Group {
	var names []string
	for _, g := range groups {
		names = append(names, cmp.Or(g.Name, "(no name)"))
	}
	const most = 10
	answer := s.ask.text(fmt.Sprintf("There are backups of %s: %s. Which ones (names, or all)?", words.Count(len(groups), "database"), words.List(names, most)), "all")
	wanted := strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' })
	if len(wanted) == 0 || slices.Contains(wanted, "all") {
		return groups
	}
	chosen := slices.DeleteFunc(slices.Clone(groups), func(g propose.Group) bool { return !slices.Contains(wanted, g.Name) })
	if len(chosen) == 0 {
		return groups
	}
	return chosen
}

// database reads the newest backup of a group.
func (s *survey) database(ctx context.Context, g propose.Group) (db propose.Database, err error) {
	section, err := s.sectionFor(g)
	if err != nil {
		return db, err
	}
	seen, err := s.look(ctx, section)
	if keyNeeded(err) && len(s.keys) == 0 && s.passphraseFile == "" {
		if s.keys = s.ask.list("The backup is encrypted. Which file has the key?"); len(s.keys) > 0 {
			if section, err = s.sectionFor(g); err == nil {
				seen, err = s.look(ctx, section)
			}
		}
	}
	if err != nil {
		return db, err
	}
	contents, members := largestOf(seen.Contents, s.backupFlags.database)
	if members > 0 {
		section.Database = contents.Needs.Database.Name
	}
	db = propose.Database{
		Backup: s.written(section, contents.Source), Tool: s.tool.Title, Members: members, Image: s.image,
		Newest: newestText(seen), Needs: contents.Needs, Promise: contents.PromiseFor(contents.Needs.Database.Name), Whole: seen.Whole,
		Preload: extension.Libraries(extensionNames(contents.Needs)),
	}
	if len(redact.InURL(s.from)) > 0 {
		db.Secret = urlVariable
	}
	db.Taken = takenOf(seen, s)
	db.Times, db.Dated = g.Times()
	db.Name = config.NameFor(cmp.Or(contents.Needs.Database.Name, g.Name, propose.Stem(seen.Backup.Key)), "backup")
	db.Major, db.From, err = s.majorOf(contents.Source)
	return db, err
}

// sectionFor returns the backup section that reads a group.
func (s *survey) sectionFor(g propose.Group) (config.Backup, error) {
	section, err := s.section(s.from)
	if g.Folder != "" {
		section.From = config.Text(strings.TrimSuffix(s.from, "/") + "/" + g.Folder)
	}
	section.Match, section.Producer, section.Globals = g.Match, s.tool.Name, s.globals
	return section, err
}

// largeBackup is from which size on init says that it reads all of a backup, in bytes.
const largeBackup = 4 << 30

// look reads the newest backup, and fails if it is not a whole dump of a database.
func (s *survey) look(ctx context.Context, section config.Backup) (wiring.Seen, error) {
	cfg := config.Single(&config.Database{Name: "init", Backup: section}, "")
	seen, err := wiring.Look(ctx, cfg.Database("init"), wiring.LookOptions{Now: s.now, Head: s.head, Read: func(b locate.Backup) {
		if b.Size > largeBackup && !s.head {
			_, _ = fmt.Fprintf(s.stderr, "reading %s of %s; --head reads only the beginning\n", words.Size(b.Size), report.Clean(b.URI))
		}
	}})
	if err != nil || !seen.Whole {
		return seen, cmp.Or(err, seen.Broken)
	}
	contents, _ := largestOf(seen.Contents, s.backupFlags.database)
	_, err = inspect.Judge(contents, seen.Broken, inspect.Policy{Taken: takenOf(seen, s)})
	return seen, err
}

func keyNeeded(err error) bool {
	var f *outcome.Failure
	return errors.As(err, &f) && (f.Code == outcome.KeyMissing || f.Code == outcome.KeyWrong)
}

// largestOf returns the contents with one database of a cluster as its main one: the named
// one, or the one with the most bytes. others is how many more there are.
func largestOf(c inspect.Contents, named string) (largest inspect.Contents, others int) {
	if !c.Needs.Cluster || len(c.Promises) == 0 {
		return c, 0
	}
	size := func(p inspect.Promise) (bytes int64) {
		for _, t := range p.Tables {
			bytes += t.Bytes + t.Rows
		}
		return bytes
	}
	filled := slices.DeleteFunc(slices.Clone(c.Promises), func(p inspect.Promise) bool { return p.IsEmpty() })
	if named == "" && len(filled) > 0 {
		named = slices.MaxFunc(filled, func(a, b inspect.Promise) int { return cmp.Compare(size(a), size(b)) }).DatabaseName
	}
	chosen, err := c.ForDatabase(named)
	if err != nil {
		return c, 0
	}
	return chosen, max(len(filled)-1, 0)
}

func takenOf(seen wiring.Seen, s *survey) snapshot.Range {
	b := seen.Backup
	return seen.Contents.Source.TakenAt.Taken(nil, snapshot.Object{ModifiedAt: b.ModifiedAt, Size: b.Size, SeenAt: s.now()})
}

func extensionNames(needs inspect.Needs) (names []string) {
	for _, e := range needs.Extensions {
		names = append(names, e.Name)
	}
	return names
}

// newestText describes the newest backup.
func newestText(seen wiring.Seen) string {
	b, source := seen.Backup, seen.Contents.Source
	made := ""
	if source.DumpVersion != "" {
		made = "by pg_dump " + source.DumpVersion
	}
	packed := slices.Clone(source.Layers)
	slices.Reverse(packed)
	return words.Join(", ", locate.Show(path.Base(b.URI)), words.Size(b.Size), words.Join(" in ", append([]string{string(source.Format)}, packed...)...), made)
}

// majorOf returns production's major version, and how the dump was made that states it.
func (s *survey) majorOf(source inspect.Source) (major, from string, err error) {
	known := s.major
	if known == 0 {
		known, from = statedMajor(source)
	}
	if known == 0 {
		known, _ = strconv.Atoi(s.ask.text("The dump states no version. Which major version of Postgres does production run?", ""))
		from = ""
	}
	switch {
	case known == 0:
		return "", "", noMajor()
	case !config.SupportsMajor(known):
		return "", "", oldMajor(cmp.Or(from, fmt.Sprintf("from Postgres %d", known)))
	}
	return strconv.Itoa(known), from, nil
}

// makeUnique numbers databases of the same name.
func makeUnique(dbs []propose.Database) {
	used := map[string]bool{}
	for i := range dbs {
		name := dbs[i].Name
		for n := 2; used[dbs[i].Name]; n++ {
			dbs[i].Name = config.NameFor(fmt.Sprintf("%s-%d", name, n), "backup")
		}
		used[dbs[i].Name] = true
	}
}
