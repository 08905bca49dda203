package inspect

import (
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// announcement is a comment by which pg_dump says what the next statement makes.
type announcement struct {
	kind Kind
	tag  string // as pg_dump writes it: a constraint's is that of its table and its own
	line int64
}

// announcedKinds are those whose statement makes what the comment names, by
// pg_dump's word for them.
var announcedKinds = map[string]Kind{
	"TABLE": KindTable, "FOREIGN TABLE": KindForeignTable, "INDEX": KindIndex,
	"CONSTRAINT": KindConstraint, "FK CONSTRAINT": KindForeignKey,
}

// announce reads -- Name: t; Type: TABLE; Schema: s; Owner: o. What the
// comment before it announced must have been made by now: a hole in the file
// that begins and ends within comments takes whole statements with it, and
// nothing else shows that.
func (s *script) announce(text string) {
	switch text {
	case dumpHead: // what is before it has lost its end, which is judged there
		s.k.announced, s.k.filled = nil, map[string]bool{}
	case dumpTail:
		s.keepsWord()
	}
	text, isData := strings.CutPrefix(text, "-- Data for Name: ")
	text, isName := strings.CutPrefix(text, "-- Name: ")
	if s.heads+s.clusterHeads == 0 || len(text)+len("-- Data for Name: ") >= maxComment || !isName && !isData {
		return
	}
	s.keepsWord()
	tag, rest, found := strings.Cut(text, "; Type: ")
	word, _, whole := strings.Cut(rest, "; Schema: ")
	switch {
	case strings.Contains(rest, "; Type: "): // a name like the words of the comment
	case !found || !whole:
		s.breaks(s.fail(s.f.line(), outcome.DumpCorrupt, "a comment of pg_dump has lost its middle: something is missing here"))
	case isData && s.k.filled[text]:
		s.breaks(s.fail(s.f.line(), outcome.DumpCorrupt, "the rows of %s begin a second time: a part of the file is in it twice", clean(tag)))
	case isData && s.k.holds(text):
		s.k.filled[text] = true
	case isName && announcedKinds[word] != "" && s.k.holds(tag):
		s.k.announced = &announcement{announcedKinds[word], tag, s.f.line()}
	}
}

// keepsWord looks whether what was announced has been made.
func (s *script) keepsWord() {
	a := s.k.announced
	if s.k.announced = nil; a != nil {
		f := s.fail(a.line, outcome.DumpCorrupt, "the %s %s is announced here, and no statement makes it: something is missing", strings.ToLower(string(a.kind)), clean(a.tag))
		s.breaks(f)
	}
}

// breaks keeps the first failure that a comment showed.
func (s *script) breaks(f *outcome.Failure) {
	if s.broken == nil {
		s.broken = f
	}
}

// clearAnnounced ends an announcement that a statement has fulfilled.
func (k *catalog) clearAnnounced(kind Kind, n sqltext.Name, table string) {
	if k.announced != nil && k.announced.made(kind, n, table) {
		k.announced = nil
	}
}

// sanitised is a name as pg_dump writes it into a comment.
var sanitised = strings.NewReplacer("\n", " ", "\r", " ")

// made tells whether a statement makes what was announced. Before 9.6, the tag of a constraint
// was its name alone.
func (a *announcement) made(kind Kind, n sqltext.Name, table string) bool {
	name, of := sanitised.Replace(n.Name), sanitised.Replace(table)
	return a.kind == kind && (a.tag == name || of != "" && a.tag == of+" "+name)
}
