package locate

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/companion"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Part is one of several objects that are restored before the dump: the roles of the
// cluster, or an earlier part of a set.
type Part struct {
	Object
	Members []Object // the files of a dump in directory format
	Role    string   // globals, createdb, schema, data or dump
	URI     string
	SHA256  string // from its sidecar file; empty: none
}

// set is what may be one backup of several objects.
type set struct {
	parts []Object // in restore order; the zero Object: missing
}

func (s set) isComplete() bool {
	return !slices.ContainsFunc(s.parts, func(o Object) bool { return o.Key == "" })
}

// folder returns where its last present object is.
func (s set) folder() (dir string) {
	for _, o := range s.parts {
		if o.Key != "" {
			dir = path.Dir(o.Key)
		}
	}
	return dir
}

// newest returns when its last object was written.
func (s set) newest() (at time.Time) {
	for _, o := range s.parts {
		if o.ModifiedAt.After(at) {
			at = o.ModifiedAt
		}
	}
	return at
}

// main returns the last part.
func (s set) main() Object { return s.parts[len(s.parts)-1] }

// collectSets returns the sets of objects that the globs of the parts match, the newest
// first. Files of one set share what the stars of the globs matched, or their folder.
func collectSets(globs []string, objects []Object) []set {
	sets := map[string]*set{}
	fixed := make([]map[string]Object, len(globs)) // by folder: objects whose base name is always the same
	for i, glob := range globs {
		if slices.ContainsFunc(globs, hasStars) && !hasStars(glob) {
			fixed[i] = map[string]Object{}
		}
	}
	for _, o := range objects {
		for i, glob := range globs {
			key, ok := starsOf(glob, o.Key)
			if !ok || isHidden(o.Key) || companion.Is(path.Base(o.Key)) && !companion.IsNamedBy(glob, path.Base(o.Key)) {
				continue
			}
			if fixed[i] != nil {
				fixed[i][path.Dir(o.Key)] = o
				break
			}
			if !strings.Contains(glob, "/") { // the files of a set are beside each other
				key = path.Dir(o.Key) + "\x00" + key
			}
			if sets[key] == nil {
				sets[key] = &set{parts: make([]Object, len(globs))}
			}
			if o.ModifiedAt.After(sets[key].parts[i].ModifiedAt) {
				sets[key].parts[i] = o
			}
			break
		}
	}
	var list []set
	for _, s := range sets {
		for i, inFolder := range fixed {
			if inFolder != nil {
				s.parts[i] = inFolder[s.folder()]
			}
		}
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b set) int {
		return cmp.Or(b.newest().Compare(a.newest()), cmp.Compare(b.main().Key, a.main().Key))
	})
	return list
}

// hasStars reports whether the base names that a glob matches differ.
func hasStars(glob string) bool { return strings.ContainsAny(path.Base(glob), "*?[") }

// starsOf reports whether a glob matches an object, and returns what its stars and other
// wildcards matched, without the extensions of formats. A glob without a slash is for base
// names.
func starsOf(glob, key string) (matched string, ok bool) {
	name := path.Base(key)
	if strings.Contains(glob, "/") {
		name = key
	}
	m := starPattern(glob).FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	for i, matched := range m[1:] { // schema-1.sql and data-1.sql.gz are of one set
		m[i+1] = withoutFormats(matched)
	}
	return strings.Join(m[1:], "\x00"), true
}

// starPattern returns the pattern of a glob whose groups are what its stars match.
func starPattern(glob string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("^")
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '*':
			b.WriteString("([^/]*)")
		case '?':
			b.WriteString("([^/])")
		case '[':
			end := strings.IndexByte(glob[i:], ']')
			if end < 0 {
				return regexp.MustCompile(`^\z.`) // matches nothing; the config refuses it
			}
			b.WriteString("(" + glob[i:i+end+1] + ")")
			i += end
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	compiled, err := regexp.Compile(b.String() + "$")
	if err != nil {
		return regexp.MustCompile(`^\z.`)
	}
	return compiled
}

// chooseSet chooses the newest complete set.
func (b *Backup) chooseSet(l Locator, objects, all []Object) error {
	sets := collectSets(l.Parts, objects)
	i := slices.IndexFunc(sets, set.isComplete)
	if !l.isLatest() {
		i = slices.IndexFunc(sets, func(s set) bool {
			return s.isComplete() && slices.ContainsFunc(s.parts, l.isWanted)
		})
	}
	switch {
	case !l.isLatest() && i < 0:
		return outcome.Fail(outcome.ConfigInvalid, "--backup %q is not a file of a complete set", l.Want).
			WithHint("set --backup to the key of a file that backup.parts matches")
	case len(sets) == 0:
		return l.nothingMatches(objects)
	case i < 0:
		return outcome.Fail(outcome.PartMissing, "no set of files is complete: %s", l.lacking(sets[0])).
			WithHint("find out why the backup job does not write all of backup.parts, or correct them")
	}
	b.Matched = len(sets)
	for _, s := range sets {
		if s.isComplete() {
			b.candidates = append(b.candidates, s.main())
		}
	}
	b.stored = storedSets(sets, all)
	b.addFinding(l.findFamilies(b.candidates))
	chosen := sets[i]
	if b.Object = chosen.main(); i > 0 && l.isLatest() {
		b.addFinding(&outcome.Finding{
			Code:    "set_incomplete",
			Message: "the newest set of files is not complete, and an older one was chosen: " + l.lacking(sets[0]),
			Hint:    "find out whether the backup job is still running, or why it does not write all of backup.parts",
		})
	}
	for n, o := range chosen.parts[:len(chosen.parts)-1] {
		b.Before = append(b.Before, Part{Object: o, Members: membersOf(o, all), Role: roleOf(l.Parts[n]), URI: l.Source.URI(o)})
	}
	b.Role = roleOf(l.Parts[len(l.Parts)-1])
	b.URI = l.Source.URI(b.Object)
	if !l.isLatest() && i == slices.IndexFunc(sets, set.isComplete) && l.tooOld(b.Object) == nil {
		b.Chosen = outcome.ChosenLatest
	}
	return nil
}

// lacking says which parts of a set are missing.
func (l Locator) lacking(s set) string {
	var missing, present []string
	for i, o := range s.parts {
		if o.Key == "" {
			missing = append(missing, l.Parts[i])
		} else {
			present = append(present, Show(o.Key))
		}
	}
	return fmt.Sprintf("beside %s, nothing matches %s", words.List(present, maxListed), words.List(missing, maxListed))
}

// isWanted reports whether the user has named the object.
func (l Locator) isWanted(o Object) bool {
	want := strings.TrimPrefix(l.Want, "/")
	uri := l.Source.URI(o)
	return o.Key == l.Want || uri == l.Want || strings.HasSuffix("/"+o.Key, "/"+want) || strings.HasSuffix(uri, "/"+want)
}

// roleOf returns what a part of a set is, by the words of its glob.
func roleOf(glob string) string {
	words := strings.FieldsFunc(strings.ToLower(path.Base(glob)), func(r rune) bool { return r < 'a' || r > 'z' })
	for _, role := range []struct{ word, is string }{{"schema", "schema"}, {"data", "data"}, {"globals", "globals"}, {"roles", "globals"}, {"createdb", createdb}} {
		if slices.Contains(words, role.word) {
			return role.is
		}
	}
	return "dump"
}

// formats are the extensions of dumps.
var formats = []string{".sql", ".dump", ".dmp", ".pgdump", ".psql", ".tar", ".d", ".dir", ".custom", ".backup", ".bak", ".pg"}

// withoutFormats returns what stars matched, without the extensions of a format.
func withoutFormats(name string) string {
	name = companion.Unwrapped(name)
	for slices.Contains(formats, path.Ext(name)) {
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	return name
}

// createdb is the role of a part that creates the database.
const createdb = "createdb"

// addCreation adds the file that creates the database of the dump, if there is one. It has
// the dump's name, so that it is of the same run.
func (b *Backup) addCreation(l Locator, objects []Object) {
	if l.Creation == "" {
		return
	}
	name := withoutFormats(b.Key) + l.Creation
	for _, o := range objects {
		if companion.Unwrapped(o.Key) == name {
			b.Before = append(b.Before, Part{Object: o, Role: createdb, URI: l.Source.URI(o)})
			return
		}
	}
}

// globalsSlack is how much later than its dump the file with the roles may be written: some
// jobs write it last.
const globalsSlack = time.Hour

// addGlobals adds the file with the roles of the cluster: of the same set, or the newest that
// is not newer than the dump.
func (b *Backup) addGlobals(l Locator, objects []Object) {
	if l.Globals == "" {
		return
	}
	best := l.bestGlobals(b.Object, objects)
	if best.Key == "" {
		b.addFinding(&outcome.Finding{
			Code:    "globals_missing",
			Message: fmt.Sprintf("no file matches backup.globals (%s) and is as old as the backup: the roles are not restored", l.Globals),
			Hint:    "back up the roles with each dump: pg_dumpall --globals-only",
		})
		return
	}
	if age := b.ModifiedAt.Sub(best.ModifiedAt); age > max(l.MaxAge, globalsAge) {
		b.addFinding(&outcome.Finding{
			Code:    "globals_old",
			Message: fmt.Sprintf("the roles are from %s, which is %s older than the dump: roles and memberships since then are not restored", Show(best.Key), words.Span(age)),
			Hint:    "back up the roles with each dump: pg_dumpall --globals-only",
		})
	}
	b.Before = slices.Insert(b.Before, 0, Part{Object: best, Role: "globals", URI: l.Source.URI(best)})
}

// globalsAge is how much older than its dump a file with roles may be without a finding.
const globalsAge = 8 * 24 * time.Hour

// bestGlobals returns the file with the roles that belongs to a dump: of the same set, in the
// same folder, or the newest that is not newer.
func (l Locator) bestGlobals(dump Object, objects []Object) (best Object) {
	own, named := starsOf(cmp.Or(l.Match, "*"), dump.Key)
	rank := func(o Object, stars string) int {
		n := 0
		if path.Dir(o.Key) == path.Dir(dump.Key) {
			n++
		}
		if named && l.Match != "" && stars != "" && stars == own {
			n += 2
		}
		return n
	}
	most := -1
	for _, o := range objects {
		stars, ok := starsOf(l.Globals, o.Key)
		if !ok || o.Key == dump.Key {
			continue
		}
		n := rank(o, stars)
		if n < 2 && o.ModifiedAt.After(dump.ModifiedAt.Add(globalsSlack)) {
			continue
		}
		if n > most || n == most && o.ModifiedAt.After(best.ModifiedAt) {
			best, most = o, n
		}
	}
	return best
}
