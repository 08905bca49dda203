package inspect

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
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
func within(err error, what string) error {
	var f *outcome.Failure
	if !errors.As(err, &f) || f.Offset == 0 {
		return err
	}
	f.Err = fmt.Errorf("%w, at byte %d of %s", f.Err, f.Offset, what)
	f.Offset = 0
	return err
}

// bare are names that SQL takes without quotes.
var bare = regexp.MustCompile(`^[a-z_][a-z0-9_$]*$`)

// quoted is the name on one line, with quotes where they tell it from another.
func (n qname) quoted() string {
	if n.schema == "" {
		return quotedPart(n.name)
	}
	return quotedPart(n.schema) + "." + quotedPart(n.name)
}

func quotedPart(name string) string {
	if bare.MatchString(name) && len(name) <= longestShown {
		return name
	}
	return `"` + strings.ReplaceAll(clean(name), `"`, `""`) + `"`
}
