package inspect

import (
	"errors"
	"fmt"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// atLine is a Failure about a line of a plain dump.
func atLine(line int64, code outcome.Code, format string, args ...any) *outcome.Failure {
	f := outcome.Fail(code, format, args...)
	f.Line = line
	return f
}

// fail is a Failure about a line of the script. The lines of a fragment are
// none of the dump.
func (s *script) fail(line int64, code outcome.Code, format string, args ...any) *outcome.Failure {
	if s.fragment {
		line = 0
	}
	return atLine(line, code, format, args...)
}

// within is for a failure whose offset counts from the beginning of what is
// wrapped in the file as it is stored: it goes into the message.
func withOffsetIn(err error, what string) error {
	var f *outcome.Failure
	if !errors.As(err, &f) || f.Offset == 0 {
		return err
	}
	f.Err = fmt.Errorf("%w, at byte %d of %s", f.Err, f.Offset, what)
	f.Offset = 0
	return err
}

// objectName is a name on one line, with quotes where they tell it from another.
func objectName(n sqltext.Name) string {
	return sqltext.Name{Schema: clean(n.Schema), Name: clean(n.Name)}.String()
}

// plainly is the name for a message, on one line and without quotes.
func plainName(n sqltext.Name) string {
	if n.Schema == "" {
		return clean(n.Name)
	}
	return clean(n.Schema + "." + n.Name)
}
