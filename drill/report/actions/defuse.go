package actions

import "io"

// Defuse passes text on to w such that no line of it is a workflow command,
// whoever wrote it. The runner takes for one what begins, after space, with ::
// and whatever holds ##[ (ActionCommand.cs of https://github.com/actions/runner).
// There the third character is written as \u003a or \u005b, so that JSON, in
// which both stand in strings only, keeps its value.
func Defuse(w io.Writer) io.Writer { return &defuser{w: w, start: true} }

type defuser struct {
	w      io.Writer
	start  bool // nothing but space since the line began
	colon  bool // the line begins with one colon
	hashes int  // that came last
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
		d.follow(c)
	}
	if _, err := d.w.Write(safe); err != nil {
		return 0, err
	}
	return len(p), nil
}

// follow keeps account of what came before the next byte. A carriage return
// ends a line too, and what is no ASCII may be one of Unicode's spaces.
func (d *defuser) follow(c byte) {
	space := c <= ' ' || c >= 0x7f
	d.colon = d.start && c == ':'
	d.start = c == '\n' || c == '\r' || d.start && space
	d.hashes++
	if c != '#' {
		d.hashes = 0
	}
}
