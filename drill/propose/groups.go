package propose

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/producer"
)

// Group is the backups of one database, or of one cluster.
type Group struct {
	Name    string          // of the database, as far as the names of the files say; may be empty
	Folder  string          // below the source; empty: anywhere in it
	Match   string          // glob of their base names; empty: no glob is needed
	Unclear bool            // no glob matches exactly these names
	Objects []locate.Object // newest first
}

// Times returns when the backups were written, newest first, and whether the source says so.
func (g Group) Times() (times []time.Time, dated bool) {
	dated = true
	for _, o := range g.Objects {
		times = append(times, o.ModifiedAt)
		dated = dated && !o.Undated
	}
	return times, dated
}

// GroupByTool groups backups by the database that a backup tool has in their names. Of a
// tool that has none there, and of sets of files, there is one group.
func GroupByTool(candidates []locate.Object, tool producer.Producer) []Group {
	groups := map[string]*Group{}
	var names []string
	for _, o := range candidates {
		name, ok := tool.DatabaseOf(o.Key)
		if !ok && strings.Contains(tool.Match, "{database}") && len(tool.Parts) == 0 || !ok && !tool.Matches(o.Key, "") {
			continue
		}
		if groups[name] == nil {
			groups[name] = &Group{Name: name}
			names = append(names, name)
		}
		groups[name].Objects = append(groups[name].Objects, o)
	}
	slices.Sort(names)
	sorted := make([]Group, 0, len(names))
	for _, name := range names {
		if len(names) > 1 {
			groups[name].Match = tool.MatchFor(name)
		}
		sorted = append(sorted, *groups[name])
	}
	return sorted
}

// GroupByName groups backups by what their names have in common, and finds a glob for each
// group that matches no other.
func GroupByName(candidates []locate.Object) []Group {
	groups := map[string]*Group{}
	var names []string
	for _, o := range candidates {
		family := locate.Family(o.Key)
		if groups[family] == nil {
			groups[family] = &Group{Name: strings.ReplaceAll(family, " ", "-")}
			names = append(names, family)
		}
		groups[family].Objects = append(groups[family].Objects, o)
	}
	slices.Sort(names)
	sorted := make([]Group, 0, len(names))
	for _, name := range names {
		for _, g := range groups[name].numbered() {
			g.separate(candidates)
			sorted = append(sorted, g)
		}
	}
	return sorted
}

var (
	// date matches a date and a time in a name, or seconds since 1970.
	date = regexp.MustCompile(`20\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[T _.-]*[0-2]\d[-_:.h]?[0-5]\d(?:[-_:.m]?[0-5]\d)?)?(?:Z|[+-]\d\d:?\d\d)?|\b1\d{9,12}\b`)
	// separators matches what stands between the parts of a name.
	separators = regexp.MustCompile(`^[-_. ]+|[-_. ]+$`)
)

// Stem returns the base name of a key without its date and its extensions.
func Stem(key string) string {
	base := date.ReplaceAllString(path.Base(key), "")
	name, _, _ := strings.Cut(strings.TrimLeft(base, "."), ".")
	return separators.ReplaceAllString(name, "")
}

// numbered splits a group whose databases differ only in a number, such as tenant-01 and
// tenant-02: several of its backups have the same date, and other names.
func (g *Group) numbered() []Group {
	dates, stems := map[string]bool{}, map[string]*Group{}
	for _, o := range g.Objects {
		when, stem := date.FindString(path.Base(o.Key)), Stem(o.Key)
		if when == "" || stem == "" {
			return []Group{*g}
		}
		dates[when] = true
		if stems[stem] == nil {
			stems[stem] = &Group{Name: stem}
		}
		stems[stem].Objects = append(stems[stem].Objects, o)
	}
	if len(stems) < 2 || len(dates) == len(g.Objects) {
		return []Group{*g}
	}
	split := make([]Group, 0, len(stems))
	for _, stem := range slices.Sorted(maps.Keys(stems)) {
		split = append(split, *stems[stem])
	}
	return split
}

var digits = regexp.MustCompile(`[0-9]+([^\pL]*[0-9]+)*`)

// separate sets what selects the objects of the group, and nothing else of the candidates.
func (g *Group) separate(candidates []locate.Object) {
	base := path.Base(g.Objects[0].Key)
	stricter := digits.ReplaceAllString(literalGlob(base), "[0-9]*")
	dated := date.ReplaceAllString(literalGlob(base), "[0-9]*")
	for _, glob := range []string{locate.GlobFor(g.Objects[0].Key), stricter, dated, firstLetters(base) + "[-_.][0-9]*"} {
		if g.isExact(glob, "", candidates) {
			g.Match = glob
			return
		}
	}
	if len(g.Objects) == len(candidates) {
		return
	}
	first, _, below := strings.Cut(g.Objects[0].Key, "/")
	if below && g.isExact("", first, candidates) {
		g.Folder = first
		return
	}
	g.Match, g.Unclear = stricter, true
}

// literalGlob returns a glob that matches only this text.
func literalGlob(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(text)
}

// firstLetters returns the beginning of a name up to its first digit, without separators.
func firstLetters(base string) string {
	if i := strings.IndexAny(base, "0123456789"); i >= 0 {
		base = base[:i]
	}
	return literalGlob(strings.TrimRight(base, "-_."))
}

// isExact reports whether a glob and a folder select exactly the objects of the group.
func (g *Group) isExact(glob, folder string, candidates []locate.Object) bool {
	selected := 0
	for _, o := range candidates {
		matched, err := path.Match(glob, path.Base(o.Key))
		if err != nil {
			return false
		}
		if (glob == "" || matched) && (folder == "" || strings.HasPrefix(o.Key, folder+"/")) {
			if !slices.ContainsFunc(g.Objects, func(own locate.Object) bool { return own.Key == o.Key }) {
				return false
			}
			selected++
		}
	}
	return selected == len(g.Objects)
}
