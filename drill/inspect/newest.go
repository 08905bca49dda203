package inspect

import (
	"bytes"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Newest is the greatest value of a column with dates or times in the rows of a dump. A
// date counts as the end of its day.
type Newest struct {
	Column string
	At     time.Time
}

// WatchNewest makes the Set find the newest value of each column with dates or times, in
// rows of COPY. Values after the given time are plans and do not count. It keeps nothing
// else of a row. A row that crosses the end of a buffer is not looked at, so the value may be
// slightly too old.
func (s *Set) WatchNewest(until time.Time) {
	s.k.newest = &newestValues{until: []byte(until.UTC().Format(time.DateTime)), columns: map[sqltext.Name][]string{}}
}

// newestValues watches the rows of COPY. It is nil if nothing is watched.
type newestValues struct {
	until   []byte
	columns map[sqltext.Name][]string // with dates or times, of each table
}

// Bounds on what is watched, because the file is untrusted.
const (
	maxWatched   = 16 // columns of a table
	longestValue = 40 // bytes of a date or time
)

// noteTimes notes the columns with dates and times of a table. p is behind the table's
// name in CREATE TABLE.
func (k *catalog) noteTimes(table sqltext.Name, p sqltext.Phrase) {
	if k.newest == nil || !p.Peek().Is("(") {
		return
	}
	inner := p.Group()
	if inner.Done() {
		return
	}
	var names []string
	for _, column := range inner.Split() {
		name := column.Take()
		isTime := column.Begins("timestamp") || column.Begins("timestamptz") || column.Begins("date")
		if name.CanName() && isTime && !slices.ContainsFunc(column.Tokens, func(t sqltext.Token) bool { return t.Is("[") }) &&
			len(names) < maxWatched && isASCII(name.Text) && k.reserve(name.Text) {
			names = append(names, name.Text)
		}
	}
	if len(names) > 0 && k.reserve(table.Schema, table.Name) {
		k.newest.columns[table] = names
	}
}

// watchRows returns what watches the rows of a table, whose COPY has set its columns, or nil.
func (k *catalog) watchRows(table sqltext.Name) *watchedRows {
	if k.newest == nil || len(k.newest.columns[table]) == 0 {
		return nil
	}
	w := &watchedRows{until: k.newest.until}
	for i, column := range k.table(table).Columns {
		if slices.Contains(k.newest.columns[table], column) {
			w.at, w.names = append(w.at, i), append(w.names, column)
		}
	}
	if len(w.at) == 0 {
		return nil
	}
	w.greatest = make([][]byte, len(w.at))
	return w
}

// watchedRows holds the greatest values of some columns.
type watchedRows struct {
	until    []byte
	at       []int // the indexes of the columns, ascending
	names    []string
	greatest [][]byte
}

// see looks at complete rows of COPY text.
func (w *watchedRows) see(rows []byte) {
	if w == nil {
		return
	}
	for len(rows) > 0 {
		end := indexOrEnd(rows, bytes.IndexByte(rows, '\n'))
		w.seeRow(rows[:end])
		rows = rows[min(end+1, len(rows)):]
	}
}

func (w *watchedRows) seeRow(row []byte) {
	column := 0
	for i, at := range w.at {
		for ; column < at; column++ {
			tab := bytes.IndexByte(row, '\t')
			if tab < 0 {
				return
			}
			row = row[tab+1:]
		}
		value := row[:indexOrEnd(row, bytes.IndexByte(row, '\t'))]
		if bytes.Compare(value, w.greatest[i]) > 0 && bytes.Compare(value, w.until) <= 0 && isTime(value) {
			w.greatest[i] = append(w.greatest[i][:0], value...)
		}
	}
}

// isTime reports whether a value begins like a date of four digits for the year. Such values
// have the order of their bytes, but for the change of a zone's offset.
func isTime(value []byte) bool {
	if len(value) < len(time.DateOnly) || len(value) > longestValue || value[4] != '-' || value[7] != '-' {
		return false
	}
	for _, c := range value[:4] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return !bytes.HasSuffix(value, []byte("BC"))
}

// times returns the greatest values that are times.
func (w *watchedRows) times() (newest []Newest) {
	if w == nil {
		return nil
	}
	for i, value := range w.greatest {
		if at, ok := parseTime(string(value)); ok {
			newest = append(newest, Newest{Column: w.names[i], At: at})
		}
	}
	return newest
}

// parseTime parses a time as pg_dump writes it (DateStyle ISO).
func parseTime(value string) (time.Time, bool) {
	if date, err := time.Parse(time.DateOnly, value); err == nil {
		return date.AddDate(0, 0, 1), true
	}
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04:05-07", "2006-01-02 15:04:05-07:00", "2006-01-02 15:04:05-07:00:00"} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// addNewest adds the newest values of some rows of the table.
func (t *Table) addNewest(found []Newest) {
	for _, n := range found {
		i := slices.IndexFunc(t.Newest, func(k Newest) bool { return k.Column == n.Column })
		switch {
		case i < 0:
			t.Newest = append(t.Newest, n)
		case n.At.After(t.Newest[i].At):
			t.Newest[i] = n
		}
	}
}
