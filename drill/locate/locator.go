package locate

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Rules determine which backup to choose and what a plausible backup looks like.
type Rules struct {
	Match   string   // glob for the base name; empty: everything that looks like a backup
	Parts   []string // globs of the files of a backup, in restore order; empty: a backup is one object
	Globals string   // glob of the files with the roles of the cluster; empty: none
	// Creation is the extension, instead of the dump's own, of a file with the SQL that creates the database: .createdb.sql. Empty: none.
	Creation string
	Folder   func(key string) bool // reports whether a key can be of a backup; nil: any
	Keep     time.Duration         // how old the oldest backup must be; 0: any age
	Gap      time.Duration         // how far two neighbouring backups may be apart; 0: any distance
	MaxAge   time.Duration         // 0: any age
	MinSize  int64                 // bytes; 0: any size except zero
	Want     string                // a key, a URI, or the end of one that begins at a slash; empty or "latest": the newest
	File     bool                  // the source is a local file that the user named on the command line
}

// Asked returns how these rules choose a backup.
func (r Rules) Asked() outcome.Chosen {
	switch {
	case r.File:
		return outcome.ChosenFile
	case r.isLatest():
		return outcome.ChosenLatest
	default:
		return outcome.ChosenKey
	}
}

func (r Rules) isLatest() bool { return r.Want == "" || r.Want == "latest" }

// Locator chooses a backup from a source.
type Locator struct {
	Source Source
	Rules
	Now   func() time.Time // nil: time.Now
	Pause time.Duration    // between two listings of files that may still be written; 0: 2 s
}

// Locate lists the source and chooses a backup. It fails with backup_missing,
// backup_stale, backup_empty, backup_too_small, format_unsupported or an error
// of the source, and with config_invalid if the backup that Want names does not
// exist. The Backup always holds how it was chosen, and it is complete if the
// failure is about the backup itself.
//
// A backup that Want names may be of any age.
func (l Locator) Locate(ctx context.Context) (Backup, error) {
	b, listed, existing, err := l.list(ctx)
	if err != nil {
		return b, err
	}
	b.addCreation(l, existing)
	b.addGlobals(l, existing)
	b.Members = membersOf(b.Object, existing)
	if err := l.checkAll(b); err != nil {
		return b, err
	}
	if err := b.resolve(ctx); err != nil {
		return b, err
	}
	b.addFinding(l.checkSkew(b.Object))
	if err := l.checkRetention(b); err != nil {
		return b, err
	}
	b.addFinding(l.checkDated(b.Object))
	sum, finding, err := l.readSidecar(ctx, b.Object, listed)
	b.SHA256 = sum
	b.addFinding(finding)
	for i := range b.Before {
		if err == nil {
			b.Before[i].SHA256, finding, err = l.readSidecar(ctx, b.Before[i].Object, listed)
			b.addFinding(finding)
		}
	}
	return b, err
}

// list lists the source and chooses an object. It also returns everything that it listed, and
// what of it exists and is not being written.
func (l Locator) list(ctx context.Context) (b Backup, listed, existing []Object, err error) {
	b = Backup{Source: l.Source, Chosen: l.Asked(), Named: !l.isLatest() || l.File}
	if err := checkPattern(l.Match); err != nil {
		return b, nil, nil, err
	}
	listed, err = l.Source.List(ctx)
	if err != nil {
		return b, nil, nil, l.explainMissing(err)
	}
	settled, growing, err := l.withoutGrowing(ctx, listed)
	if err != nil {
		return b, nil, nil, l.explainMissing(err)
	}
	existing = slices.DeleteFunc(slices.Clone(settled), func(o Object) bool { return o.Broken })
	if len(existing) < len(listed) && l.isLatest() && len(l.matching(existing)) == 0 {
		return b, nil, nil, l.linkBroken(listed)
	}
	if err := b.choose(l, foldDirectories(existing), existing); err != nil {
		return b, nil, nil, l.explainMissing(err)
	}
	b.addFinding(growing)
	return b, listed, existing, nil
}

// Backups returns every backup from which Locate chooses the newest, newest first, and findings
// about them. It fails as Locate does, except for what is about the newest backup itself.
func (l Locator) Backups(ctx context.Context) ([]Stored, []outcome.Finding, error) {
	b, _, _, err := l.list(ctx)
	return b.stored, b.Findings, err
}

// choose sets the object. If Want names the newest backup, it counts as chosen
// for being the newest.
func (b *Backup) choose(l Locator, objects, all []Object) error {
	if len(l.Parts) > 0 {
		return b.chooseSet(l, objects, all)
	}
	matching := l.matching(objects)
	copied := l.preferNamedDate(matching)
	b.Matched, b.candidates, b.stored = len(matching), matching, storedOf(matching, all)
	switch {
	case !l.isLatest():
		o, err := l.findWanted(objects, matching)
		if err != nil {
			return err
		}
		b.Object = o
		if !l.File && len(matching) > 0 && matching[0].Key == o.Key && l.tooOld(o) == nil {
			b.Chosen = outcome.ChosenLatest
		}
	case len(matching) == 0:
		return l.nothingMatches(objects)
	default:
		b.Object = matching[0]
		b.addFinding(l.findFamilies(matching))
		b.addFinding(copied)
	}
	b.URI = l.Source.URI(b.Object)
	return nil
}

// explainMissing turns a missing file that the user named into a usage error,
// because it says nothing about the backups of the config.
func (l Locator) explainMissing(err error) error {
	f := outcome.AsFailure(err)
	if !l.File || f.Code != outcome.SourceNotFound && f.Code != outcome.BackupMissing {
		return err
	}
	return outcome.Fail(outcome.ConfigInvalid, "%w", err).WithHint("set --backup to the path of a backup, or to a key at the source without a leading ./")
}

// matching returns the candidates, newest first. Among those of the same time the
// greatest key comes first, because names often contain a date. A single file
// that is the source itself is a candidate whatever its name.
func (l Locator) matching(objects []Object) []Object {
	sourceURI := l.Source.URI(Object{})
	keys := make(map[string]bool, len(objects))
	for _, o := range objects {
		keys[o.Key] = true
	}
	var found []Object
	for _, o := range objects {
		if _, roles := starsOf(l.Globals, o.Key); roles && l.Globals != "" {
			continue
		}
		if isCandidate(l.Match, o, keys) && (l.Folder == nil || l.Folder(o.Key)) || l.Source.URI(o) == sourceURI {
			found = append(found, o)
		}
	}
	found = withoutLinks(found)
	slices.SortFunc(found, func(a, b Object) int {
		return cmp.Or(b.ModifiedAt.Compare(a.ModifiedAt), cmp.Compare(b.Key, a.Key))
	})
	return found
}

// Candidates returns the objects of a listing that can be backups, newest first. The files of
// a dump in directory format are one object.
func (l Locator) Candidates(listed []Object) []Object {
	existing := slices.DeleteFunc(slices.Clone(listed), func(o Object) bool { return o.Broken })
	return l.matching(foldDirectories(existing))
}

// withoutLinks returns the candidates without those that are links to others.
func withoutLinks(candidates []Object) []Object {
	keys := make(map[string]bool, len(candidates))
	for _, o := range candidates {
		keys[o.Key] = true
	}
	return slices.DeleteFunc(candidates, func(o Object) bool { return o.SameAs != o.Key && keys[o.SameAs] })
}

func (l Locator) now() time.Time {
	if l.Now == nil {
		return time.Now()
	}
	return l.Now()
}

func (b *Backup) resolve(ctx context.Context) error {
	r, ok := b.Source.(Resolver)
	if !ok || len(b.Members) > 0 {
		return nil
	}
	o, err := r.Resolve(ctx, b.Object)
	if err != nil {
		return err
	}
	b.Object = o
	return nil
}

func (b *Backup) addFinding(f *outcome.Finding) {
	if f != nil {
		b.Findings = append(b.Findings, *f)
	}
}
