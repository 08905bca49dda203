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
}

// Locator chooses a backup from a source.
type Locator struct {
	Source Source
	Rules
	Now func() time.Time // nil: time.Now
}

// Locate lists the source and chooses a backup. It fails with backup_missing,
// backup_stale, backup_empty, backup_too_small, format_unsupported or an error
// of the source. The Backup is also given with those failures that judge it.
//
// A backup that was asked for by name may be of any age.
func (l Locator) Locate(ctx context.Context) (Backup, error) {
	if err := checkPattern(l.Match); err != nil {
		return Backup{}, err
	}
	listed, err := l.Source.List(ctx)
	if err != nil {
		return Backup{}, err
	}
	objects := foldDirectories(listed)
	chosen, matched, err := l.choose(objects)
	if err != nil {
		return Backup{}, err
	}
	b := Backup{Object: chosen, Source: l.Source, URI: l.Source.URI(chosen), Matched: matched}
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

func (l Locator) choose(objects []Object) (Object, int, error) {
	matching := l.matching(objects)
	if l.wantsLatest() {
		if len(matching) == 0 {
			return Object{}, 0, l.nothingMatches(objects)
		}
		return matching[0], len(matching), nil
	}
	o, err := l.wanted(objects, matching)
	return o, len(matching), err
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

func (l Locator) wantsLatest() bool { return l.Want == "" || l.Want == "latest" }

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
