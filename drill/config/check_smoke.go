package config

import (
	"regexp"
	"slices"
	"strings"
)

var (
	methods    = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
)

func (l *loader) checkSmoke(at *path, s *Smoke, used map[string]*path) {
	l.checkLabel(at.key("name"), s.Name, used)
	l.checkNotZero(at.key("within"), s.Within)
	kinds := 0
	for _, kind := range []string{"http", "command", "sql"} {
		if l.given(at.key(kind)) {
			kinds++
		}
	}
	if kinds != 1 {
		l.invalid(at, "has %d of http, command and sql (want exactly one)", kinds)
		return
	}
	expect := at.key("expect")
	switch {
	case s.HTTP != nil:
		l.checkHTTP(at.key("http"), s.HTTP)
		l.compileExpect(expect, &s.Expect, CompileHTTP, optional)
	case l.given(at.key("command")):
		l.checkCommand(at.key("command"), s.Command)
		l.compileExpect(expect, &s.Expect, CompileCommand, optional)
	default:
		if strings.TrimSpace(s.SQL) == "" {
			l.invalid(at.key("sql"), "is empty (want a query)")
		}
		l.compileExpect(expect, &s.Expect, CompileSQL, required("value > 0"))
	}
}

func (l *loader) checkHTTP(at *path, h *HTTP) {
	given := 0
	for _, key := range []string{"get", "post", "path"} {
		if l.given(at.key(key)) {
			given++
		}
	}
	switch {
	case given != 1:
		l.invalid(at, "has %d of get, post and path (want exactly one, such as get: /orders)", given)
		return
	case h.Method != "" && h.Path == "":
		l.invalid(at.key("method"), "cannot be combined with get or post (want path)")
	case h.Method != "" && !slices.Contains(methods, h.Method):
		l.invalid(at.key("method"), "%s is not one of %s", quoted(h.Method), strings.Join(methods, ", "))
	}
	method, key, target := h.request()
	if !strings.HasPrefix(target, "/") || hasControl(target) {
		l.invalid(at.key(key), "%s is not a path (want one that begins with /)", quoted(target))
	}
	if body := at.key("body"); l.given(body) && (method == "GET" || method == "HEAD") {
		l.invalid(body, "is not allowed in a %s request (want post, or another method with path)", method)
	}
	l.checkHeaders(at.key("headers"), h.Headers)
}

// request returns the method and path of a request, however it was written, and
// the key that holds the path.
func (h *HTTP) request() (method, key, target string) {
	switch {
	case h.Get != "":
		return "GET", "get", h.Get
	case h.Post != "":
		return "POST", "post", h.Post
	case h.Method != "":
		return h.Method, "path", h.Path
	default:
		return "GET", "path", h.Path
	}
}

func (l *loader) checkHeaders(at *path, headers map[string]Value) {
	for _, name := range sortedNames(headers) {
		if !headerName.MatchString(name) {
			l.invalid(at.key(name), "is not a valid name of an HTTP header")
		}
		if strings.ContainsAny(headers[name].Reveal(), "\r\n\x00") {
			l.invalid(at.key(name), "contains a line break")
		}
	}
}
