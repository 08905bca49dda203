package restore

import (
	"bytes"
	"regexp"
)

// clientLog keeps what of a client's stderr tells why it failed, in bounded
// memory: a hostile dump can make a client print for ever.
type clientLog struct {
	line   []byte   // what came since the last line's end, cut
	errors []string // the first lines that the client calls errors
	last   []string // the last lines of any kind
}

const (
	lineLength = 2 << 10 // bytes kept of a line
	errorLines = 40
	lastLines  = 5
)

// clientError matches the lines by which psql and pg_restore tell of errors,
// their own (error:) and the server's (ERROR:).
var clientError = regexp.MustCompile(`^(?:psql|pg_restore)(?::<stdin>:\d+)?: (?:error:|fatal:|ERROR:|FATAL:|PANIC:|server closed)`)

func (l *clientLog) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		part, after, whole := bytes.Cut(rest, []byte{'\n'})
		if room := lineLength - len(l.line); room > 0 {
			l.line = append(l.line, part[:min(room, len(part))]...)
		}
		if whole {
			l.end()
		}
		rest = after
	}
	return len(p), nil
}

func (l *clientLog) end() {
	line := string(bytes.TrimRight(l.line, "\r"))
	l.line = l.line[:0]
	if clientError.MatchString(line) && len(l.errors) < errorLines {
		l.errors = append(l.errors, line)
	}
	if line == "" {
		return
	}
	if l.last = append(l.last, line); len(l.last) > lastLines {
		l.last = l.last[1:]
	}
}

// tells are the lines that tell why the client failed: those that it calls
// errors, else the last ones.
func (l *clientLog) tells() []string {
	if len(l.line) > 0 {
		l.end()
	}
	if len(l.errors) > 0 {
		return l.errors
	}
	return l.last
}
