package actions

import "io"

// Defuse returns a writer that copies text to w so that no line of it is a
// workflow command. The runner reads a line as a command if it begins, after white
// space, with :: or if it contains ##[ (ActionCommand.cs of
// https://github.com/actions/runner). The second colon and the bracket are written
// as \u003a and \u005b. JSON keeps its value, because it has such sequences only in
// strings.
func Defuse(w io.Writer) io.Writer { return &defuser{w: w, start: true} }

type defuser struct {
	w      io.Writer
	start  bool // only white space since the line began
	colon  bool // the line begins with one colon
	hashes int  // number of # immediately before
}

func (d *defuser) Write(p []byte) (int, error) {
	safe := make([]byte, 0, len(p)+len(p)/8)
	for _, c := range p {
		switch {
		case c == ':' && d.colon:
			safe = append(safe, `\u003a`...)
		case c == '[' && d.hashes > 1:
			safe = append(safe, `\u005b`...)
		default:
			safe = append(safe, c)
		}
		d.advance(c)
	}
	if _, err := d.w.Write(safe); err != nil {
		return 0, err
	}
	return len(p), nil
}

// advance updates the state with the byte that was read. A carriage return ends a
// line too, and a byte that is not ASCII may be part of a Unicode space.
func (d *defuser) advance(c byte) {
	space := c <= ' ' || c >= 0x7f
	d.colon = d.start && c == ':'
	d.start = c == '\n' || c == '\r' || d.start && space
	d.hashes++
	if c != '#' {
		d.hashes = 0
	}
}
