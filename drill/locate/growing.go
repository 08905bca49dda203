package locate

import (
	"context"
	"path"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	// stillYoung is how old the newest file of a backup of several files is when it may still
	// be written.
	stillYoung = 2 * time.Minute
	// betweenListings is how long a file that is being written stays the same at most.
	betweenListings = 2 * time.Second
)

// withoutGrowing returns the objects without backups of several files that are still being
// written: a directory, or the files of a set. Only a second listing shows that they grow. A
// single file cannot grow unnoticed: it is compared after it was read.
func (l Locator) withoutGrowing(ctx context.Context, listed []Object) ([]Object, *outcome.Finding, error) {
	directories := dumpDirectories(listed)
	isOfSeveral := func(o Object) bool { return len(l.Parts) > 0 || directories[path.Dir(o.Key)] }
	if !l.isLatest() || !slices.ContainsFunc(listed, func(o Object) bool { return isOfSeveral(o) && l.now().Sub(o.ModifiedAt) < stillYoung }) {
		return listed, nil, nil
	}
	select {
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	case <-time.After(l.pause()):
	}
	again, err := l.Source.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	before := make(map[string]Object, len(listed))
	for _, o := range listed {
		before[o.Key] = o
	}
	grown := map[string]bool{} // keys, and folders of directories
	for _, o := range again {
		if b, ok := before[o.Key]; !ok || b.Size != o.Size || !b.ModifiedAt.Equal(o.ModifiedAt) {
			grown[o.Key], grown[path.Dir(o.Key)] = true, true
		}
	}
	var example string
	kept := slices.DeleteFunc(slices.Clone(listed), func(o Object) bool {
		gone := grown[o.Key] && len(l.Parts) > 0 || grown[path.Dir(o.Key)] && directories[path.Dir(o.Key)]
		if gone {
			example = o.Key
		}
		return gone
	})
	if example == "" {
		return listed, nil, nil
	}
	return kept, &outcome.Finding{
		Code:    "backup_growing",
		Message: "a backup of several files is still being written and was not chosen: " + Show(example),
		Hint:    "drill when the backup job has ended",
	}, nil
}

// dumpDirectories returns the folders that are dumps in directory format.
func dumpDirectories(objects []Object) map[string]bool {
	directories := map[string]bool{}
	for _, o := range objects {
		if dumpfile.IsContents(path.Base(o.Key)) {
			directories[path.Dir(o.Key)] = true
		}
	}
	return directories
}

func (l Locator) pause() time.Duration {
	if l.Pause > 0 {
		return l.Pause
	}
	return betweenListings
}
