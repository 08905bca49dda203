package config

import (
	"fmt"
	"regexp"
)

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

// quoted is a text from the config as it may stand in a message: cut, and
// without control characters.
func quoted(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
