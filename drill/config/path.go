package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// Path is the place of a value in the config in the notation of its errors:
// databases.shop.verify.tables.public.orders, or databases.shop.app.smoke[2].
// Each key is a name (string) or an index (int).
func Path(keys ...any) string {
	at := &path{}
	for _, key := range keys {
		switch key := key.(type) {
		case string:
			at = at.key(key)
		case int:
			at = at.at(key)
		}
	}
	return at.text
}

// Line is where the value at a Path stands in the file, or else what is nearest
// above it, from 1. 0: the file has nothing of it.
func (c *Config) Line(path string) int {
	for path != "" {
		if line, ok := c.lines[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 0
}

// path is the place of a value in the config, as a person would name it.
type path struct {
	text string
	up   *path
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func (p *path) key(name string) *path {
	switch {
	case !plainKey.MatchString(name):
		return &path{fmt.Sprintf("%s[%s]", p.text, quoted(name)), p}
	case p.text == "":
		return &path{name, p}
	default:
		return &path{p.text + "." + name, p}
	}
}

func (p *path) at(i int) *path {
	return &path{fmt.Sprintf("%s[%d]", p.text, i), p}
}

// quoted returns a text from the config fit for a message: shortened, and
// without control characters.
func quoted(s string) string {
	const most = 80
	return fmt.Sprintf("%q", words.Shorten(s, most))
}
