package migrate

import "strings"

const (
	tailBytes = 8 << 10
	tailLines = 5
)

// lastLines returns the last lines of a program's output.
func lastLines(output string) string {
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(output, "�")), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
