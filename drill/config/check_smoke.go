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

func (l *loader) checkSmoke(at *path, s *Smoke, taken map[string]*path) {
	l.checkLabel(at.key("name"), s.Name, taken)
	l.notZero(at.key("within"), s.Within)
	kinds := 0
	for _, kind := range []string{"http", "command", "sql"} {
		if l.given(at.key(kind)) {
			kinds++
		}
	}
	if kinds != 1 {
		l.bad(at, "has %d of http, command and sql (want exactly one)", kinds)
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
			l.bad(at.key("sql"), "is empty (want a query)")
		}
		l.compileExpect(expect, &s.Expect, CompileSQL, needed("value > 0"))
	}
}

func (l *loader) checkHTTP(at *path, h *HTTP) {
	ways := 0
	for _, way := range []string{"get", "post", "path"} {
		if l.given(at.key(way)) {
			ways++
		}
	}
	switch {
	case ways != 1:
		l.bad(at, "has %d of get, post and path (want exactly one, such as get: /orders)", ways)
		return
	case h.Method != "" && h.Path == "":
		l.bad(at.key("method"), "goes with path, not with get or post")
	case h.Method != "" && !slices.Contains(methods, h.Method):
		l.bad(at.key("method"), "%s is not one of %s", quoted(h.Method), strings.Join(methods, ", "))
	}
	method, way, target := h.request()
	if !strings.HasPrefix(target, "/") || hasControl(target) {
		l.bad(at.key(way), "%s is not a path (want one that begins with /)", quoted(target))
	}
	if body := at.key("body"); l.given(body) && (method == "GET" || method == "HEAD") {
		l.bad(body, "goes with no %s request (want post, or a method with path)", method)
	}
	l.checkHeaders(at.key("headers"), h.Headers)
}

// request is the method and path of a request whichever way it was written,
// and the key that holds the path.
func (h *HTTP) request() (method, way, target string) {
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
			l.bad(at.key(name), "is not the name of an HTTP header")
		}
		if strings.ContainsAny(headers[name].Reveal(), "\r\n\x00") {
			l.bad(at.key(name), "holds a line break")
		}
	}
}
