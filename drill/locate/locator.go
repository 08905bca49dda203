package locate

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Rules say which backup to take and what a plausible one looks like.
type Rules struct {
	Match   string        // glob on the base name; empty: everything that looks like a backup
	MaxAge  time.Duration // 0: any age
	MinSize int64         // bytes; 0: any size but zero
	Want    string        // a key, URI, or the end of one from a slash on; empty or "latest": the newest
	File    bool          // the source is a file of this machine that was named by hand
}

// Asked returns how a backup is chosen by these rules.
func (r Rules) Asked() outcome.Chosen {
	switch {
	case r.File:
		return outcome.ChosenFile
	case r.wantsLatest():
		return outcome.ChosenLatest
	default:
		return outcome.ChosenKey
	}
}

func (r Rules) wantsLatest() bool { return r.Want == "" || r.Want == "latest" }

// Locator chooses a backup from a source.
type Locator struct {
	Source Source
	Rules
	Now func() time.Time // nil: time.Now
}

// Locate lists the source and chooses a backup. It fails with backup_missing,
// backup_stale, backup_empty, backup_too_small, format_unsupported or an error
// of the source; with config_invalid where the backup that was asked for by name
// is not there. The Backup also comes with those failures that judge it, and
// always with how it was chosen.
//
// A backup that was asked for by name may be of any age.
func (l Locator) Locate(ctx context.Context) (Backup, error) {
	b := Backup{Source: l.Source, Chosen: l.Asked()}
	if err := checkPattern(l.Match); err != nil {
		return b, err
	}
	listed, err := l.Source.List(ctx)
	if err != nil {
		return b, l.explainMissing(err)
	}
	objects := foldDirectories(listed)
	if err := b.choose(l, objects); err != nil {
		return b, l.explainMissing(err)
	}
	if err := l.judge(b.Object); err != nil {
		return b, err
	}
	if err := b.resolve(ctx); err != nil {
		return b, err
	}
	b.note(l.skew(b.Object))
	sum, finding, err := l.checksum(ctx, b.Object, listed)
	b.SHA256 = sum
	b.note(finding)
	return b, err
}

// choose sets the object. One that was asked for by its key and is the newest
// counts as that.
func (b *Backup) choose(l Locator, objects []Object) error {
	matching := l.matching(objects)
	b.Matched = len(matching)
	switch {
	case !l.wantsLatest():
		o, err := l.wanted(objects, matching)
		if err != nil {
			return err
		}
		b.Object = o
		if len(matching) > 0 && matching[0].Key == o.Key {
			b.Chosen = outcome.ChosenLatest
		}
	case len(matching) == 0:
		return l.nothingMatches(objects)
	default:
		b.Object = matching[0]
	}
	b.URI = l.Source.URI(b.Object)
	return nil
}

// explainMissing makes a mistake of usage of a file that was named by hand and
// is not there: that says nothing about the backup or its source.
func (l Locator) explainMissing(err error) error {
	f := outcome.AsFailure(err)
	if !l.File || f.Code != outcome.SourceNotFound && f.Code != outcome.BackupMissing {
		return err
	}
	return outcome.Fail(outcome.ConfigInvalid, "--backup: %w", err).WithHint("give --backup the path of a backup, or a key at the source without ./ before it")
}

// matching gives the objects that are candidates, newest first. Of several
// with the same time the greatest key comes first: names often carry a date.
// What the source itself names, a single file, is one whatever it is called.
func (l Locator) matching(objects []Object) []Object {
	whole := l.Source.URI(Object{})
	keys := make(map[string]bool, len(objects))
	for _, o := range objects {
		keys[o.Key] = true
	}
	var found []Object
	for _, o := range objects {
		if isCandidate(l.Match, o, keys) || l.Source.URI(o) == whole {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b Object) int {
		return cmp.Or(b.ModifiedAt.Compare(a.ModifiedAt), cmp.Compare(b.Key, a.Key))
	})
	return found
}

func (l Locator) now() time.Time {
	if l.Now == nil {
		return time.Now()
	}
	return l.Now()
}

func (b *Backup) resolve(ctx context.Context) error {
	r, ok := b.Source.(Resolver)
	if !ok {
		return nil
	}
	o, err := r.Resolve(ctx, b.Object)
	if err != nil {
		return err
	}
	b.Object = o
	return nil
}

func (b *Backup) note(f *outcome.Finding) {
	if f != nil {
		b.Findings = append(b.Findings, *f)
	}
}
