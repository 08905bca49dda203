package inspect

import (
	"errors"
	"fmt"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// atLine returns a Failure with a line of a plain dump.
func atLine(line int64, code outcome.Code, format string, args ...any) *outcome.Failure {
	f := outcome.Fail(code, format, args...)
	f.Line = line
	return f
}

// fail returns a Failure with a line of the script. It omits the line for a
// fragment, whose lines are not those of the dump.
func (s *script) fail(line int64, code outcome.Code, format string, args ...any) *outcome.Failure {
	if s.fragment {
		line = 0
	}
	return atLine(line, code, format, args...)
}

// withOffsetIn moves the offset of a failure into its message. It is for an offset
// in something inside the stored file, such as decoded data, which what names.
func withOffsetIn(err error, what string) error {
	var f *outcome.Failure
	if !errors.As(err, &f) || f.Offset == 0 {
		return err
	}
	f.Err = fmt.Errorf("%w, at byte %d of %s", f.Err, f.Offset, what)
	f.Offset = 0
	return err
}

// objectName returns a name on one line, quoted where SQL requires it.
func objectName(n sqltext.Name) string {
	return sqltext.Name{Schema: clean(n.Schema), Name: clean(n.Name)}.String()
}

// plainName returns a name for a message, on one line and without quotes.
func plainName(n sqltext.Name) string {
	if n.Schema == "" {
		return clean(n.Name)
	}
	return clean(n.Schema + "." + n.Name)
}
