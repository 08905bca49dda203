package locate

import (
	"path"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Stored is a backup at a source with all of its objects.
type Stored struct {
	Object          // of a set: the last part
	Files  []Object // every object that it consists of
}

// TotalSize returns the size of all of its objects in bytes.
func (s Stored) TotalSize() (size int64) {
	for _, o := range s.Files {
		size += o.Size
	}
	return size
}

// Stored returns the backups at the source from which b was chosen, itself included.
func (b Backup) Stored() []Stored { return b.stored }

// storedOf returns backups of one object, or of one directory, with their objects.
func storedOf(candidates, all []Object) []Stored {
	members := membersByFolder(all)
	stored := make([]Stored, 0, len(candidates))
	for _, o := range candidates {
		stored = append(stored, Stored{o, filesOf(o, members)})
	}
	return stored
}

// storedSets returns the complete ones of sets with their objects.
func storedSets(sets []set, all []Object) (stored []Stored) {
	members := membersByFolder(all)
	for _, s := range sets {
		if !s.isComplete() {
			continue
		}
		one := Stored{Object: s.main()}
		for _, part := range s.parts {
			one.Files = append(one.Files, filesOf(part, members)...)
		}
		stored = append(stored, one)
	}
	return stored
}

func filesOf(o Object, members map[string][]Object) []Object {
	if o.Files == 0 {
		return []Object{o}
	}
	return members[o.Key]
}

func membersByFolder(all []Object) map[string][]Object {
	folders := map[string][]Object{}
	for _, o := range all {
		folders[path.Dir(o.Key)] = append(folders[path.Dir(o.Key)], o)
	}
	return folders
}

// A backup below a fraction of the usual size, 1/usualPart, is too small. If no drill
// verified one, the usual size is the median of the last usualAmong at the source, at least
// usualLeast.
const (
	usualLeast = 4
	usualAmong = 10
	usualPart  = 10
)

// earlierSizes returns the sizes of the backups at the source that are older than b and
// like it: of the same family of names and in the same format. The newest is the first.
func (b Backup) earlierSizes() (sizes []int64) {
	sorted := slices.Clone(b.stored)
	slices.SortStableFunc(sorted, func(x, y Stored) int { return y.ModifiedAt.Compare(x.ModifiedAt) })
	for _, s := range sorted {
		older := s.Key != b.Key && !s.ModifiedAt.After(b.ModifiedAt)
		like := Family(s.Key) == Family(b.Key) && formatsOf(s.Key) == formatsOf(b.Key)
		if size := s.TotalSize(); older && like && size > 0 {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

// formatsOf returns the extensions of formats at the end of a key: a dump that is
// compressed since yesterday is not too small.
func formatsOf(key string) string {
	name := path.Base(key)
	return strings.ToLower(strings.TrimPrefix(name, withoutFormats(name)))
}

// VerifiedSize is the size in bytes of a backup that a drill verified.
type VerifiedSize struct {
	URI   string
	Bytes int64
}

// FindShrunk returns a finding if the backup is much smaller than usual. verified are the
// backups that the last drills verified, the newest first. The newest of them whose name is
// of the same family shows what is usual: a shrunken backup stays too small, however many
// follow it, until a drill verifies one. Without any, the backups at the source show it, if
// there are several.
func (b Backup) FindShrunk(verified []VerifiedSize) *outcome.Finding {
	size, known := b.TotalSize()
	earlier := b.earlierSizes()
	newest := slices.IndexFunc(verified, func(v VerifiedSize) bool { return b.isAlike(v.URI) })
	var usual int64
	var measure string
	switch {
	case !known:
		return nil
	case newest >= 0:
		usual, measure = verified[newest].Bytes, ", the size of the newest backup of its kind that a drill verified"
	case len(earlier) >= usualLeast:
		last := slices.Sorted(slices.Values(earlier[:min(len(earlier), usualAmong)]))
		usual, measure = last[(len(last)-1)/2], ", the median of the last "+words.Count(len(last), "backup")+" before it"
	}
	if size >= usual/usualPart {
		return nil
	}
	return &outcome.Finding{
		Code:    "backup_too_small",
		Message: Show(b.Key) + " has only " + words.Size(size) + ", less than a tenth of the usual " + words.Size(usual) + measure,
		Hint:    "look in the backup job's log for an error before the upload; if the database has shrunk, drill the backup (drillgres run), and its size is usual",
	}
}

// isAlike reports whether a backup at a URI is of the same family of names as b. If it was at
// another place, because the source has moved, only the last part of its name is compared.
func (b Backup) isAlike(uri string) bool {
	if key, here := strings.CutPrefix(uri, strings.TrimSuffix(b.URI, b.Key)); here {
		return Family(key) == Family(b.Key)
	}
	return Family(path.Base(uri)) == Family(path.Base(b.URI))
}

// TotalSize returns the size of all objects of the backup. It returns false for a backup
// that was named, or whose size only reading it shows.
func (b Backup) TotalSize() (size int64, known bool) {
	i := slices.IndexFunc(b.stored, func(s Stored) bool { return s.Key == b.Key })
	if i < 0 || b.Named || b.Size == UnknownSize {
		return 0, false
	}
	return b.stored[i].TotalSize(), true
}
