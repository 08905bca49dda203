package restore

import (
	"bytes"
	"regexp"
	"strings"
)

// clientLog keeps the lines of a client's stderr that explain its failure. Its
// memory is bounded, because a hostile dump can make a client print forever.
type clientLog struct {
	line   []byte   // the current line, cut
	errors []string // the first lines marked as errors
	last   []string // the last lines of any kind
	// context is the context of the first error, which only VERBOSITY=verbose prints.
	context string
}

const (
	lineLength = 2 << 10 // bytes kept of a line
	errorLines = 40
	lastLines  = 5
)

// clientError matches lines in which psql and pg_restore report errors: their own
// (error:) and the server's (ERROR:).
var clientError = regexp.MustCompile(`^(?:psql|pg_restore)(?::<stdin>:\d+)?: (?:error:|fatal:|ERROR:|FATAL:|PANIC:|server closed)`)

func (l *clientLog) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		part, after, ended := bytes.Cut(rest, []byte{'\n'})
		if room := lineLength - len(l.line); room > 0 {
			l.line = append(l.line, part[:min(room, len(part))]...)
		}
		if ended {
			l.endLine()
		}
		rest = after
	}
	return len(p), nil
}

func (l *clientLog) endLine() {
	line := string(bytes.TrimRight(l.line, "\r"))
	l.line = l.line[:0]
	if clientError.MatchString(line) && len(l.errors) < errorLines {
		l.errors = append(l.errors, line)
	}
	if text, is := strings.CutPrefix(line, "CONTEXT:  "); is && len(l.errors) == 1 && l.context == "" {
		l.context = text
	}
	if line == "" {
		return
	}
	if l.last = append(l.last, line); len(l.last) > lastLines {
		l.last = l.last[1:]
	}
}

// explanation returns the lines that explain the failure: those marked as errors,
// or else the last ones.
func (l *clientLog) explanation() []string {
	if len(l.line) > 0 {
		l.endLine()
	}
	if len(l.errors) > 0 {
		return l.errors
	}
	return l.last
}
