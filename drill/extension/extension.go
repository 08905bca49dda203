// Package extension knows the extensions of Postgres that people use: the Debian package
// of each, the libraries that it needs at the server's start, the settings that keep its
// workers from acting, and the vendor's image if Debian has no package.
package extension

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// Extension is what is known of one extension.
type Extension struct {
	Name string

	// Packages of Debian or of the Postgres project's repository (apt.postgresql.org) that
	// contain it, with NN for the major. The first one that the index has is the right one:
	// some extensions have moved to a package of their own.
	Packages []string

	// Libraries must be in shared_preload_libraries, in this order: without them CREATE
	// EXTENSION or the first use of its objects fails. A library that only collects
	// statistics is not listed.
	Libraries []string

	// Settings of the server, {database} standing for the restored database, that the
	// libraries need, and that keep their workers from acting on the restored data.
	Settings map[string]string

	Image   string // of the vendor, if neither repository has a package
	Removed int    // the major of Postgres that removed it; 0: none
}

// databaseMark stands for the name of the restored database in Settings.
const databaseMark = "{database}"

// Find returns what is known of an extension.
func Find(name string) (Extension, bool) {
	i, found := slices.BinarySearchFunc(all, name, func(e Extension, name string) int { return strings.Compare(e.Name, name) })
	if !found {
		return Extension{Name: name}, false
	}
	return all[i], true
}

// All returns every extension, by name.
func All() []Extension { return slices.Clone(all) }

// PackagesFor returns the names of the packages for a major, the most likely one first.
func (e Extension) PackagesFor(major int) []string {
	var names []string
	for _, name := range e.Packages {
		names = append(names, strings.ReplaceAll(name, "NN", fmt.Sprint(major)))
	}
	return names
}

// NeedsDatabase reports whether its settings contain the name of the restored database,
// which must be known at the server's start.
func (e Extension) NeedsDatabase() bool {
	for _, value := range e.Settings {
		if strings.Contains(value, databaseMark) {
			return true
		}
	}
	return false
}

// Libraries returns what shared_preload_libraries must contain for these extensions, in
// order.
func Libraries(names []string) []string {
	var libraries []string
	for _, name := range slices.Sorted(slices.Values(names)) {
		e, _ := Find(name)
		for _, library := range e.Libraries {
			switch {
			case slices.Contains(libraries, library):
			case library == "citus": // refuses to be loaded after another library
				libraries = slices.Insert(libraries, 0, library)
			default:
				libraries = append(libraries, library)
			}
		}
	}
	return libraries
}

// Missing returns the libraries that these extensions need and that are not in a list
// such as shared_preload_libraries.
func Missing(names []string, loaded string) []string {
	return slices.DeleteFunc(Libraries(names), func(library string) bool { return Lists(loaded, library) })
}

// Preload returns a list of libraries with those added that these extensions need. The
// listed ones keep their order, because it may matter.
func Preload(names []string, listed string) string {
	missing := Missing(names, listed)
	if len(missing) > 0 && missing[0] == "citus" && listed != "" {
		listed, missing = missing[0]+","+listed, missing[1:]
	}
	if listed != "" {
		missing = slices.Insert(missing, 0, listed)
	}
	return strings.Join(missing, ",")
}

// Lists reports whether a list of libraries contains the name, with or without a path.
func Lists(libraries, name string) bool {
	for l := range strings.SplitSeq(libraries, ",") {
		l = strings.Trim(strings.TrimSpace(l), `"`)
		if l == name || strings.HasSuffix(l, "/"+name) {
			return true
		}
	}
	return false
}

// SettingsFor returns the settings of all extensions whose libraries are in a list of
// libraries.
func SettingsFor(libraries, database string) map[string]string {
	settings := map[string]string{}
	for _, e := range all {
		if len(e.Libraries) == 0 || !Lists(libraries, e.Libraries[len(e.Libraries)-1]) {
			continue
		}
		for name, value := range e.Settings {
			settings[name] = strings.ReplaceAll(value, databaseMark, database)
		}
	}
	return settings
}

// NeedDatabase reports whether a library in the list needs to know the restored database.
func NeedDatabase(libraries string) bool {
	const probe = "\x00"
	return slices.ContainsFunc(slices.Collect(maps.Values(SettingsFor(libraries, probe))), func(value string) bool { return strings.Contains(value, probe) })
}

// packageable matches the names of extensions that a package can contain.
var packageable = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*$`)

// longest is the length in bytes of the longest name of an object in Postgres.
const longest = 63

// CanBePackaged reports whether a name, which may come from a hostile dump, can be that of
// an extension in a package.
func CanBePackaged(name string) bool { return len(name) <= longest && packageable.MatchString(name) }

// Names returns the names of extensions for a message, shortened and quoted unless they are
// plain: they come from a dump.
func Names(extensions []string) string {
	const most, length = 10, 80
	shown := make([]string, len(extensions))
	for n, name := range extensions {
		if shown[n] = name; !CanBePackaged(name) {
			shown[n] = strconv.Quote(words.Shorten(name, length))
		}
	}
	return words.List(shown, most)
}

// WhereToGet returns a hint about where to find extensions that an image lacks.
func WhereToGet(lacking []string, major int) string {
	var gone, wanted, debian, hints []string
	for _, name := range lacking {
		e, _ := Find(name)
		if e.Removed > 0 && major >= e.Removed {
			gone = append(gone, fmt.Sprintf("drop extension %s in production: Postgres %d has removed it", name, e.Removed))
			continue
		}
		wanted = append(wanted, name)
		if p := e.PackagesFor(major); len(p) > 0 {
			debian = append(debian, p[0])
		} else if e.Image != "" {
			hints = append(hints, e.Image+" has "+name)
		}
	}
	if len(wanted) > 0 {
		hint := "set postgres.image to one that has " + Names(wanted)
		if slices.Sort(debian); len(debian) > 0 {
			debian = slices.Compact(debian)
			hint += fmt.Sprintf(", such as postgres:%d with the Debian %s %s", major, words.Noun(len(debian), "package", "packages"), strings.Join(debian, ", "))
		}
		hints = slices.Insert(hints, 0, hint)
	}
	return strings.Join(append(hints, gone...), "; ")
}
