package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// Path returns the path of a value in the config, in the notation of its errors:
// databases.shop.verify.tables.public.orders, or databases.shop.app.smoke[2]. Each
// key is a name (string) or an index (int).
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

// Line returns the line of the value at a Path, from 1. If the file has no such
// value, it returns the line of the nearest section above it, or 0.
func (c *Config) Line(path string) int {
	for path != "" {
		if line, ok := c.lines[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 0
}

// path is the path of a value in the config.
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

// quoted returns a string from the config for use in a message: quoted, shortened,
// and with its control characters escaped.
func quoted(s string) string {
	const most = 80
	return fmt.Sprintf("%q", words.Shorten(s, most))
}
