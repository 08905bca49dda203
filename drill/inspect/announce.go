package inspect

import (
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// announcement is a comment of pg_dump that announces what the next statement
// creates.
type announcement struct {
	kind Kind
	tag  string // as pg_dump writes it: that of a constraint is its table and its name
	line int64
}

// announcedKinds holds the kinds whose statement creates exactly the announced
// object, by pg_dump's word for them.
var announcedKinds = map[string]Kind{
	"TABLE": KindTable, "FOREIGN TABLE": KindForeignTable, "INDEX": KindIndex,
	"CONSTRAINT": KindConstraint, "FK CONSTRAINT": KindForeignKey,
}

// announce reads -- Name: t; Type: TABLE; Schema: s; Owner: o. The object of the
// previous announcement must exist by now. This check is the only one that detects
// a hole in the file that begins and ends in comments.
func (s *script) announce(text string) {
	switch text {
	case dumpHead: // a missing end of the previous dump is detected elsewhere
		s.k.announced, s.k.filled = nil, map[string]bool{}
	case dumpTail:
		s.checkAnnounced()
	}
	text, isData := strings.CutPrefix(text, "-- Data for Name: ")
	text, isName := strings.CutPrefix(text, "-- Name: ")
	if s.heads+s.clusterHeads == 0 || len(text)+len("-- Data for Name: ") >= maxComment || !isName && !isData {
		return
	}
	s.checkAnnounced()
	tag, rest, found := strings.Cut(text, "; Type: ")
	word, _, whole := strings.Cut(rest, "; Schema: ")
	switch {
	case strings.Contains(rest, "; Type: "): // a name like the words of the comment
	case !found || !whole:
		s.setBroken(s.fail(s.f.line(), outcome.DumpCorrupt, "a comment of pg_dump is incomplete: a part of the file is missing here"))
	case isData && s.k.filled[text]:
		s.setBroken(s.fail(s.f.line(), outcome.DumpCorrupt, "the rows of %s begin a second time: the file contains a part twice", clean(tag)))
	case isData && s.k.reserve(text):
		s.k.filled[text] = true
	case isName && announcedKinds[word] != "" && s.k.reserve(tag):
		s.k.announced = &announcement{announcedKinds[word], tag, s.f.line()}
	}
}

// checkAnnounced records a failure if no statement created the announced object.
func (s *script) checkAnnounced() {
	a := s.k.announced
	if s.k.announced = nil; a != nil {
		f := s.fail(a.line, outcome.DumpCorrupt, "a comment announces the %s %s, but no statement creates it: a part of the file is missing", strings.ToLower(string(a.kind)), clean(a.tag))
		s.setBroken(f)
	}
}

// setBroken records the first failure that a comment of pg_dump reveals.
func (s *script) setBroken(f *outcome.Failure) {
	if s.broken == nil {
		s.broken = f
	}
}

// clearAnnounced removes the announcement if the object is the announced one.
func (k *catalog) clearAnnounced(kind Kind, n sqltext.Name, table string) {
	if k.announced != nil && k.announced.isMadeBy(kind, n, table) {
		k.announced = nil
	}
}

// commentReplacer changes a name as pg_dump does for a comment.
var commentReplacer = strings.NewReplacer("\n", " ", "\r", " ")

// isMadeBy reports whether a statement that creates an object of this kind and name
// fulfils the announcement. Before 9.6 the tag of a constraint was only its name.
func (a *announcement) isMadeBy(kind Kind, n sqltext.Name, table string) bool {
	name, of := commentReplacer.Replace(n.Name), commentReplacer.Replace(table)
	return a.kind == kind && (a.tag == name || of != "" && a.tag == of+" "+name)
}
