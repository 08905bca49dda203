package serverlog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// scanJSON calls yield for each record of a jsonlog. A record is one line.
func scanJSON(r io.Reader, yield func(Entry) error) error {
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			line = closeRecord(bytes.Clone(line))
			err = skipLine(lines)
		}
		if e, ok := parseJSONLine(line); ok {
			if err := yield(e); err != nil {
				return err
			}
		}
		if err != nil {
			return ignoreEOF(err)
		}
	}
}

func skipLine(r *bufio.Reader) error {
	for {
		_, err := r.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// closeRecord closes a record that is cut off inside a text, so that the decoder
// accepts the beginning of the text. It removes half an escape: \ or \u00e.
func closeRecord(line []byte) []byte {
	last := bytes.LastIndexByte(line, '\\')
	slashes := last + 1 - len(bytes.TrimRight(line[:last+1], `\`))
	rest := len(line) - last
	if slashes%2 == 1 && (rest == 1 || line[last+1] == 'u' && rest < len(`\u00e9`)) {
		line = line[:last]
	}
	return append(line, `"}`...)
}

// parseJSONLine reads the record token by token, because the line may be cut off
// inside the statement.
func parseJSONLine(line []byte) (Entry, bool) {
	var e Entry
	var timestamp string
	fields := map[string]*string{
		"user": &e.User, "dbname": &e.Database, "error_severity": &e.Severity, "state_code": &e.SQLState,
		"message": &e.Message, "detail": &e.Detail, "hint": &e.Hint, "internal_query": &e.Query,
		"context": &e.Context, "statement": &e.Statement,
		"application_name": &e.Application, "backend_type": &e.Backend,
		"timestamp": &timestamp, "session_id": &e.Session, "vxid": &e.Virtual,
	}
	d := json.NewDecoder(bytes.NewReader(line))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return e, false
	}
	for {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			break
		}
		value, err := d.Token()
		if err != nil {
			break
		}
		if number, ok := value.(float64); ok && name == "pid" {
			e.PID = int(number)
		}
		if field := fields[name]; field != nil {
			text, _ := value.(string)
			*field = text
		}
	}
	e.Time = readTime(timestamp)
	return e, e.Severity != ""
}
