package config

import (
	"maps"
	"slices"
	"strings"
)

func (l *loader) checkVerify(at *path, v *Verify) {
	tables := at.key("tables")
	for _, name := range sortedNames(v.Tables) {
		l.checkTable(tables.key(name), name, v.Tables[name])
	}
	l.checkOneOf(at.key("integrity"), v.Integrity, "basic", "standard", "deep")
	l.checkNotZero(at.key("integrity_within"), v.IntegrityWithin)
	l.checkDrift(at.key("drift"), v.Drift)
	used := map[string]*path{}
	for i := range v.Queries {
		q, place := &v.Queries[i], at.key("queries").at(i)
		l.checkLabel(place.key("name"), q.Name, used)
		if strings.TrimSpace(q.SQL) == "" {
			l.invalid(place.key("sql"), "is missing (want a query)")
		}
		l.compileExpect(place.key("expect"), &q.Expect, CompileSQL, required("value == 0"))
	}
}

// maxWindow bounds how many results of the history a drill reads.
const maxWindow = 100

func (l *loader) checkDrift(at *path, d Drift) {
	for _, name := range sortedNames(d.Tables) {
		if _, _, err := SplitTable(name); err != nil {
			l.invalid(at.key("tables").key(name), "%v", err)
		}
	}
	if window := at.key("window"); l.given(window) && (d.Window < 1 || d.Window > maxWindow) {
		l.invalid(window, "%d is not a number of backups (want 1 to %d)", d.Window, maxWindow)
	}
}

func (l *loader) checkTable(at *path, name string, t Table) {
	if _, _, err := SplitTable(name); err != nil {
		l.invalid(at, "%v", err)
	}
	if t.MinRows < 0 {
		l.invalid(at.key("min_rows"), "%d is less than 0", t.MinRows)
	}
	if t.Newest == nil {
		return
	}
	newest := at.key("newest")
	if t.Newest.Column == "" {
		l.invalid(newest.key("column"), "is missing (want the column that holds each row's time)")
	}
	l.checkName(newest.key("column"), t.Newest.Column)
	if t.Newest.Within == 0 {
		l.invalid(newest.key("within"), "is missing or 0 (want how much older than the backup the newest row may be, such as 26h)")
	}
}

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
