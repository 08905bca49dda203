package inspect

import (
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// The beginnings of the comments in which pg_dump announces what comes next.
const (
	nameRemark       = "-- Name: "
	dataRemark       = "-- Data for Name: "
	statisticsRemark = "-- Statistics for Name: "
)

// announcement is a comment of pg_dump that announces what the next statement
// creates.
type announcement struct {
	word string // pg_dump's word for the kind
	tag  string // as pg_dump writes it: that of a constraint is its table and its name
	data bool   // rows or large objects, not an object
	line int64

	repeated  bool // a comment has announced the same before
	filling   bool // a COPY or an INSERT of the rows follows
	answered  bool // something follows that may be the announced statement
	made      bool // a statement created the announced object
	otherMade bool // a statement created another object of the announced kind
}

// announcements holds what the comments of one dump announce.
type announcements struct {
	last   *announcement         // until the next comment; nil: none
	filled map[string]bool       // comments that announced the rows of a table
	rowsOf map[sqltext.Name]bool // tables whose rows followed a comment

	rowless *announcement // the first rows that no statement follows
	copies  int64         // announced rows with a COPY
	inserts int64

	created, opened int64 // large objects: made, and opened to write their contents
}

func newAnnouncements() announcements {
	return announcements{filled: map[string]bool{}, rowsOf: map[sqltext.Name]bool{}}
}

// announcedKinds holds the kinds whose statement creates exactly the announced
// object, by pg_dump's word for them.
var announcedKinds = map[string]Kind{
	"TABLE": KindTable, "FOREIGN TABLE": KindForeignTable, "INDEX": KindIndex,
	"CONSTRAINT": KindConstraint, "FK CONSTRAINT": KindForeignKey,
}

// filteredWords holds the words for what people remove from a dump with grep or sed,
// line by line, because only a superuser or only one provider can restore it.
var filteredWords = strings.Split("ACL,COMMENT,DATABASE,DATABASE PROPERTIES,DEFAULT ACL,EVENT TRIGGER,EXTENSION,FOREIGN DATA WRAPPER,"+
	"PROCEDURAL LANGUAGE,PUBLICATION,PUBLICATION TABLE,PUBLICATION TABLES IN SCHEMA,SCHEMA,SECURITY LABEL,SERVER,SUBSCRIPTION,USER MAPPING", ",")

// announce reads -- Name: t; Type: TABLE; Schema: s; Owner: o. Something must have
// followed the previous announcement by now. This check is the only one that detects
// a hole in the file that begins and ends in comments.
func (s *script) announce(text string, whole bool) {
	switch text {
	case dumpHead: // a missing end of the previous dump is detected elsewhere
		s.k.announced = newAnnouncements()
		return
	case dumpTail:
		s.checkAnnounced()
		s.checkRowless()
		s.checkLargeObjects()
		return
	case "", "--":
		return
	}
	if s.heads+s.clusterHeads == 0 {
		return
	}
	isData := strings.HasPrefix(text, dataRemark)
	switch {
	case strings.HasPrefix(text, statisticsRemark):
		s.checkAnnounced()
	case !isData && !strings.HasPrefix(text, nameRemark):
		s.k.announced.readRemark(text)
	default:
		s.checkAnnounced()
		if whole {
			s.readAnnouncement(text, isData)
		}
	}
}

// readRemark reads any other comment. It may stand for a statement: pg_dump writes one
// for the schema public, and people comment statements out. Those of pg_dump --verbose
// and a mark of another part do not.
func (a *announcements) readRemark(text string) {
	for _, generated := range []string{"-- TOC entry ", "-- Dependencies: ", "-- Data Pos: "} {
		if strings.HasPrefix(text, generated) {
			return
		}
	}
	if a.last != nil {
		a.last.answered = true
	}
}

func (s *script) readAnnouncement(text string, isData bool) {
	_, text, _ = strings.Cut(text, "Name: ")
	tag, rest, found := strings.Cut(text, "; Type: ")
	word, _, whole := strings.Cut(rest, "; Schema: ")
	a := &s.k.announced
	switch {
	case strings.Contains(rest, "; Type: "): // a name like the words of the comment
	case !found || !whole:
		s.setBroken(s.fail(s.f.line(), outcome.DumpCorrupt, "a comment of pg_dump is incomplete: a part of the file is missing here"))
	case isData && word != "TABLE DATA" && a.filled[text]:
		s.setBroken(s.failTwice(tag))
	case !s.k.reserve(text):
	default:
		a.last = &announcement{word: word, tag: tag, data: isData, line: s.f.line(), repeated: a.filled[text]}
		if isData {
			a.filled[text] = true
		}
	}
}

func (s *script) failTwice(tag string) *outcome.Failure {
	return s.fail(s.f.line(), outcome.DumpCorrupt, "the rows of %s begin a second time: the file contains a part twice", clean(tag))
}

// checkAnnouncedRows returns a Failure for a COPY or INSERT of another table than the
// announced one, or of rows that follow a second time. pg_dump --load-via-partition-root
// fills the partitioned table. Two names can be the same in a comment, in which pg_dump
// writes a line feed as a space.
func (s *script) checkAnnouncedRows(table sqltext.Name, copied bool) *outcome.Failure {
	all := &s.k.announced
	a := all.last
	if a == nil || a.word != "TABLE DATA" || a.filling && !copied {
		return nil
	}
	name := commentReplacer.Replace(table.Name)
	_, created := s.k.objects[objectKey{kind: KindTable, of: table}]
	switch {
	case name != a.tag && created && !s.k.partitioned[table]:
		return s.fail(s.st.line, outcome.DumpCorrupt, "a comment announces the rows of %s, but those of %s follow: a part of the file is missing", clean(a.tag), clean(name))
	case a.filling, a.repeated && all.rowsOf[table]:
		return s.failTwice(name)
	}
	a.filling = true
	if s.k.reserve(table.Schema, table.Name) {
		all.rowsOf[table] = true
	}
	return nil
}

// checkAnnounced records a failure if nothing follows the last announcement.
func (s *script) checkAnnounced() {
	all := &s.k.announced
	a := all.last
	all.last = nil
	switch {
	case a == nil || a.made || a.answered && !a.otherMade:
	case a.word == "TABLE DATA": // INSERTs do not follow if the table is empty
		if all.rowless == nil {
			all.rowless = a
		}
	case a.data: // large objects
	case slices.Contains(filteredWords, a.word):
		s.k.noteLost(a)
	default:
		s.setBroken(s.fail(a.line, outcome.DumpCorrupt, "a comment announces the %s %s, but no statement creates it: a part of the file is missing",
			strings.ToLower(clean(a.word)), clean(a.tag)))
	}
}

// checkRowless records a failure for announced rows that no COPY follows, in a dump
// that has one for every table.
func (s *script) checkRowless() {
	a := &s.k.announced
	if a.rowless != nil && a.copies > 0 && a.inserts == 0 {
		s.setBroken(s.fail(a.rowless.line, outcome.DumpCorrupt, "a comment announces the rows of %s, but no COPY follows: a part of the file is missing", clean(a.rowless.tag)))
	}
}

// checkLargeObjects records a failure for large objects without their contents: pg_dump
// opens each one that it has created, even an empty one.
func (s *script) checkLargeObjects() {
	a := &s.k.announced
	if a.opened < a.created && a.opened+a.copies+a.inserts > 0 {
		s.setBroken(s.fail(s.f.line(), outcome.DumpCorrupt, "the dump creates %s and has the contents of only %d: a part of the file is missing",
			words.Count(a.created, "large object"), a.opened))
	}
}

// setBroken records the first failure that a comment of pg_dump reveals.
func (s *script) setBroken(f *outcome.Failure) {
	if s.broken == nil {
		s.broken = f
	}
}

// noteStatement notes a statement that may be the announced one. SET, RESET and ALTER …
// OWNER TO only accompany it.
func (a *announcements) noteStatement(verb string, tokens []sqltext.Token) {
	rest := sqltext.Phrase{Tokens: tokens}
	switch {
	case verb == "set", verb == "reset":
		return
	case verb == "alter" && rest.Until("owner to"):
		return
	case verb == "select" && slices.ContainsFunc(tokens, func(t sqltext.Token) bool { return t.Text == "search_path" }):
		return
	case verb == "insert":
		a.inserts++
	case verb == "copy" && a.last != nil && a.last.word == "TABLE DATA":
		a.copies++
	}
	if a.last != nil {
		a.last.answered = true
	}
}

// noteCreated notes that a statement has created an object.
func (k *catalog) noteCreated(kind Kind, n sqltext.Name, table string) {
	a := k.announced.last
	if a == nil || announcedKinds[a.word] != kind {
		return
	}
	a.made = a.made || a.isMadeBy(n, table)
	a.otherMade = !a.made
}

// commentReplacer changes a name as pg_dump does for a comment.
var commentReplacer = strings.NewReplacer("\n", " ", "\r", " ")

// isMadeBy reports whether a statement that creates an object of this name is the
// announced one. Before 9.6 the tag of a constraint was only its name.
func (a *announcement) isMadeBy(n sqltext.Name, table string) bool {
	name, of := commentReplacer.Replace(n.Name), commentReplacer.Replace(table)
	return a.tag == name || of != "" && a.tag == of+" "+name
}
