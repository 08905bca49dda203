package restore

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// entry is one record of the server's log.
type entry struct {
	User        string
	Database    string
	Severity    string
	SQLState    string
	Message     string
	Detail      string
	Hint        string
	Query       string // that a function ran inside of Statement
	Context     string
	Statement   string
	Application string
	Backend     string
}

// parseLog reads the records of a log whose end may have been cut off: what is
// there of the last record counts too.
func parseLog(log []byte, format string) []entry {
	if format == "jsonlog" {
		return parseJSON(log)
	}
	return parseCSV(log)
}

func parseJSON(log []byte) []entry {
	var entries []entry
	for line := range bytes.Lines(log) {
		if e, ok := parseJSONLine(line); ok {
			entries = append(entries, e)
		}
	}
	return entries
}

// parseJSONLine goes through the record token by token, because the statement
// in it may be longer than what is read of the log.
func parseJSONLine(line []byte) (entry, bool) {
	var e entry
	fields := map[string]*string{
		"user": &e.User, "dbname": &e.Database, "error_severity": &e.Severity, "state_code": &e.SQLState,
		"message": &e.Message, "detail": &e.Detail, "hint": &e.Hint, "internal_query": &e.Query,
		"context": &e.Context, "statement": &e.Statement,
		"application_name": &e.Application, "backend_type": &e.Backend,
	}
	d := json.NewDecoder(bytes.NewReader(line))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return e, false
	}
	for {
		key, err := d.Token()
		name, isName := key.(string)
		if err != nil || !isName {
			return e, e.Severity != ""
		}
		value, err := d.Token()
		if err != nil {
			return e, e.Severity != ""
		}
		if field, text := fields[name], ""; field != nil {
			text, _ = value.(string)
			*field = text
		}
	}
}

// The columns of the csvlog, the same from Postgres 9.0 on; backend_type came with 13.
const (
	csvUser = 1 + iota
	csvDatabase
	_ // pid
	_ // remote host
	_ // session
	_ // line
	_ // command tag
	_ // session start
	_ // virtual transaction
	_ // transaction
	csvSeverity
	csvSQLState
	csvMessage
	csvDetail
	csvHint
	csvQuery
	_ // its position
	csvContext
	csvStatement
	_ // its position
	_ // location
	csvApplication
	csvBackend
)

func parseCSV(log []byte) []entry {
	r := csv.NewReader(bytes.NewReader(log))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true // a record that is cut off inside quotes
	r.ReuseRecord = true
	var entries []entry
	for {
		record, err := r.Read()
		if err == io.EOF {
			return entries
		}
		if err != nil || len(record) <= csvSQLState {
			continue
		}
		entries = append(entries, csvEntry(record))
	}
}

func csvEntry(record []string) entry {
	at := func(i int) string {
		if i < len(record) {
			return record[i]
		}
		return ""
	}
	return entry{
		User: at(csvUser), Database: at(csvDatabase), Severity: at(csvSeverity), SQLState: at(csvSQLState),
		Message: at(csvMessage), Detail: at(csvDetail), Hint: at(csvHint), Query: at(csvQuery),
		Context: at(csvContext), Statement: at(csvStatement),
		Application: at(csvApplication), Backend: at(csvBackend),
	}
}

// firstError finds the first error of the restoring user, and counts those
// that followed. Of the errors that only say that the client went away, or was
// told to stop, none is a cause.
func firstError(entries []entry, user string) (first *entry, cascades int) {
	for _, e := range entries {
		if !e.isError() || len(e.SQLState) < 2 || !e.ofClient(user) || e.clientLeft() { // a record may be cut off
			continue
		}
		if first == nil {
			first = &e
			continue
		}
		cascades++
	}
	return first, cascades
}

// ownApplication is how connections of drillgres itself name themselves.
const ownApplication = "drillgres"

// ofClient tells whether it was said to a client of the user. A record that
// is cut off does not tell which kind of process wrote it.
func (e entry) ofClient(user string) bool {
	return e.User == user && e.Application != ownApplication &&
		slices.Contains([]string{"", "client backend", "parallel worker"}, e.Backend)
}

func (e entry) isError() bool {
	return slices.Contains([]string{"ERROR", "FATAL", "PANIC"}, e.Severity)
}

// clientLeft is about pg_restore having given up: it cancels its other jobs
// and drops its connections.
func (e entry) clientLeft() bool {
	switch {
	case strings.HasPrefix(e.SQLState, "08"):
		return true
	case e.SQLState == "57014":
		return !strings.Contains(e.Message, "timeout")
	default:
		return false
	}
}

// crash finds the server process that ended in the middle, by the line of the
// postmaster ("server process (PID 7) was terminated by signal 9: Killed").
func crash(entries []entry) *entry {
	for _, e := range entries {
		if e.User == "" && strings.Contains(e.Message, "was terminated by signal") {
			return &e
		}
	}
	return nil
}
