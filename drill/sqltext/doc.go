// Package sqltext reads SQL as text: it splits it into tokens, statements and
// names, and quotes names.
//
// A [Lexer] splits text into tokens by the rules of psql or of the server. It
// reads a string without copying it, or a stream of any length through a
// [Window] of fixed size:
//
//	for _, statement := range sqltext.Statements(sql, sqltext.Server) {
//		p := sqltext.Phrase{Tokens: statement}
//		if p.Has("drop table") {
//			table := p.Name("public")
//			…
//		}
//	}
//
// A [Phrase] reads the tokens of one statement from left to right. A [Name] is
// the name of an object, such as schema.table.
package sqltext
