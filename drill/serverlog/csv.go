package serverlog

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"
)

// The columns of the csvlog, the same from Postgres 9.0 on; backend_type came with 13.
const (
	csvTime = iota
	csvUser
	csvDatabase
	csvPID
	_ // remote host
	csvSession
	_ // line
	_ // command tag
	_ // session start
	csvVirtual
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

// scanCSV calls yield for each record of a csvlog. It skips malformed records.
func scanCSV(log io.Reader, yield func(Entry) error) error {
	r := csv.NewReader(&shortener{r: log})
	r.FieldsPerRecord = -1
	r.LazyQuotes = true // accepts a record that is cut off inside quotes
	r.ReuseRecord = true
	for {
		record, err := r.Read()
		var malformed *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.As(err, &malformed):
			return err
		case err != nil || len(record) <= csvSQLState:
			continue
		}
		if err := yield(csvEntry(record)); err != nil {
			return err
		}
	}
}

func csvEntry(record []string) Entry {
	at := func(i int) string {
		if i < len(record) {
			return record[i]
		}
		return ""
	}
	pid, _ := strconv.Atoi(at(csvPID)) // 0: unknown
	return Entry{
		Time: readTime(at(csvTime)), PID: pid, Session: at(csvSession), Virtual: at(csvVirtual),
		User: at(csvUser), Database: at(csvDatabase), Severity: at(csvSeverity), SQLState: at(csvSQLState),
		Message: at(csvMessage), Detail: at(csvDetail), Hint: at(csvHint), Query: at(csvQuery),
		Context: at(csvContext), Statement: at(csvStatement),
		Application: at(csvApplication), Backend: at(csvBackend),
	}
}

// shortener reads a csvlog and cuts long texts, so that memory stays bounded.
type shortener struct {
	r      io.Reader
	quoted bool // inside quotes
	length int  // of the quoted text so far
}

func (s *shortener) Read(b []byte) (int, error) {
	for {
		n, err := s.r.Read(b)
		kept := s.cut(b[:n])
		if kept > 0 || err != nil || n == 0 {
			return kept, err
		}
	}
}

// cut removes the excess of long texts from b, in place, and returns the
// remaining length. A doubled quote ends a text and begins a new one.
func (s *shortener) cut(b []byte) int {
	kept := 0
	for _, c := range b {
		switch {
		case c == '"':
			s.quoted = !s.quoted
		case !s.quoted:
			s.length = 0
		default:
			s.length++
		}
		if s.length <= maxLine || c == '"' {
			b[kept] = c
			kept++
		}
	}
	return kept
}
