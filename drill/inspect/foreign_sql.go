package inspect

import (
	"cmp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// generatedVerbs holds the first words of the statements that pg_dump writes and that
// cannot change how psql reads the rest of a dump in a way that the lexer does not know.
var generatedVerbs = strings.Fields("alter begin comment commit copy create drop grant insert refresh revoke security set")

// generatedFunctions holds the functions that pg_dump calls.
var generatedFunctions = strings.Fields("set_config setval lo_create lo_open lo_close lowrite lo_from_bytea lo_unlink pg_restore_relation_stats pg_restore_attribute_stats")

// noteForeign notes a statement after which psql may read the dump in another way than
// the lexer does: it may change standard_conforming_strings or client_encoding where the
// lexer does not see it.
func (s *script) noteForeign(verb string) {
	if s.lexer.Ambiguous { // which is certain for a server that is told the encoding
		s.noteAmbiguous()
	}
	tokens := s.st.tokens
	changes := slices.ContainsFunc(tokens, func(t sqltext.Token) bool {
		return t.Is("standard_conforming_strings") || t.Is("client_encoding")
	})
	switch {
	case verb == "alter" && changes:
		s.foreign("ALTER … SET")
	case verb == "select" && callsOnlyGenerated(tokens), verb == "update" && updatesDatabases(tokens):
	case !slices.Contains(generatedVerbs, verb):
		s.foreign(strings.ToUpper(verb))
	}
}

// noteAmbiguous notes text that psql may read in another way than the lexer.
func (s *script) noteAmbiguous() {
	const what = "a quote after a backslash or a byte outside ASCII, which may be a part of the string, or a colon before what may be a variable"
	s.k.c.Foreign = cmp.Or(s.k.c.Foreign, what)
}

func (s *script) foreign(what string) {
	s.k.c.Foreign = cmp.Or(s.k.c.Foreign, what)
	s.outline.refuse("it contains what pg_dump never writes: " + what)
}

// callsOnlyGenerated reports whether a SELECT calls nothing but functions that pg_dump
// calls. set_config may set only the search path.
func callsOnlyGenerated(tokens []sqltext.Token) bool {
	if len(tokens) == maxTokens {
		return false // the rest is unknown
	}
	calls := 0
	for i, t := range tokens {
		if t.Is("from") && (i+1 == len(tokens) || !tokens[i+1].Is("pg_catalog")) {
			return false // a view can call any function
		}
		if !t.Is("(") || i == 0 || !tokens[i-1].CanName() {
			continue
		}
		f := tokens[i-1].Text
		if !slices.Contains(generatedFunctions, f) || f == "set_config" && (i+1 == len(tokens) || tokens[i+1].Text != "search_path") {
			return false
		}
		calls++
	}
	return calls > 0
}

// updatesDatabases reports whether an UPDATE is the one that pg_dump writes for a
// template database.
func updatesDatabases(tokens []sqltext.Token) bool {
	p := &sqltext.Phrase{Tokens: tokens}
	return p.Has("update") && p.Name("") == sqltext.Name{Schema: "pg_catalog", Name: "pg_database"}
}

// unsafeEncodings holds the encodings in which the second byte of a character can be a
// backslash or a quote (PostgreSQL, 23.3.1, the encodings of clients only).
var unsafeEncodings = strings.Fields("big5 win950 windows950 gb18030 gbk win936 windows936 johab sjis mskanji shiftjis win932 windows932 shiftjis2004 uhc win949 windows949")

// hasSafeBackslash reports whether a backslash in this encoding is never a part of
// another character.
func hasSafeBackslash(encoding string) bool {
	name := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(encoding))
	return !slices.Contains(unsafeEncodings, name)
}
