package locate

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/companion"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/words"
)

// maxListed is how many candidates an error lists.
const maxListed = 3

func (l Locator) nothingMatches(objects []Object) error {
	where := l.Source.URI(Object{})
	if len(objects) == 0 {
		return outcome.Fail(outcome.BackupMissing, "%s contains no objects", where)
	}
	newest := slices.MaxFunc(objects, func(a, b Object) int { return a.ModifiedAt.Compare(b.ModifiedAt) })
	seen := fmt.Sprintf("%s in %s, the newest of them %s from %s", words.Count(len(objects), "object"), where,
		Show(newest.Key), newest.ModifiedAt.UTC().Format(time.RFC3339))
	if l.Match == "" {
		return outcome.Fail(outcome.BackupMissing, "nothing looks like a backup among %s", seen).
			WithHint("set backup.match to the names of the backups, or correct backup.from")
	}
	f := outcome.Fail(outcome.BackupMissing, "backup.match %q matches nothing among %s", l.Match, seen)
	for _, o := range objects {
		name := path.Base(o.Key)
		if matched, _ := path.Match(l.Match, name); matched && companion.Is(name) {
			return f.WithHint("correct backup.match: a file that accompanies backups, such as %s, counts only if backup.match names its kind", Show(name))
		}
	}
	return f
}

// linkBroken returns the failure of a source whose backups are behind a link that
// leads nowhere, such as a volume that is not mounted.
func (l Locator) linkBroken(listed []Object) error {
	i := slices.IndexFunc(listed, func(o Object) bool { return o.Broken })
	return outcome.Fail(outcome.SourceNotFound, "%s contains no backup, and its link %s leads to something that does not exist",
		l.Source.URI(Object{}), Show(listed[i].Key)).
		WithHint("mount the file system that the link leads to, or correct backup.from")
}

// findWanted returns the object that Want names: by its whole key or URI, or by a
// unique end of one. A name that does not exist is a usage error and says nothing
// about the backup.
func (l Locator) findWanted(objects, matching []Object) (Object, error) {
	want := strings.TrimPrefix(l.Want, "/")
	var ending []Object
	for _, o := range objects {
		uri := l.Source.URI(o)
		if o.Key == l.Want || uri == l.Want || uri == redact.URL(l.Want) {
			return o, nil
		}
		if strings.HasSuffix("/"+o.Key, "/"+want) || strings.HasSuffix(uri, "/"+want) {
			ending = append(ending, o)
		}
	}
	switch len(ending) {
	case 1:
		return ending[0], nil
	case 0:
		return Object{}, l.wantedMissing(objects, matching)
	default:
		return Object{}, outcome.Fail(outcome.ConfigInvalid, "%d backups in %s match %s: %s",
			len(ending), l.Source.URI(Object{}), Show(redact.URL(l.Want)), listKeys(ending)).
			WithHint("set --backup to the whole key of one of them")
	}
}

func (l Locator) wantedMissing(objects, matching []Object) error {
	where := l.Source.URI(Object{})
	if len(matching) == 0 {
		return outcome.Fail(outcome.ConfigInvalid, "%s is not among %s in %s",
			Show(redact.URL(l.Want)), words.Count(len(objects), "object"), where).
			WithHint("set --backup to the key of an existing backup")
	}
	alike := words.Alike(path.Base(l.Want), matching, baseName)
	return outcome.Fail(outcome.ConfigInvalid, "%s is not among %s in %s; similar: %s",
		Show(redact.URL(l.Want)), words.Count(len(objects), "object"), where, listKeys(alike)).
		WithHint("set --backup to the key of an existing backup")
}

func baseName(o Object) string { return path.Base(o.Key) }

func listKeys(objects []Object) string {
	shown := make([]string, len(objects))
	for i, o := range objects {
		shown[i] = Show(o.Key)
	}
	return words.List(shown, maxListed)
}
