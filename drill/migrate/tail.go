package migrate

import "strings"

const (
	tailBytes = 8 << 10
	tailLines = 5
)

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - tailBytes; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(b), nil
}

// lastLines returns the last lines of what was written.
func (t *tail) lastLines() string {
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "�")), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
