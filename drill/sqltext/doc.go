// Package sqltext reads SQL as text: where its tokens, statements and names
// begin and end, and how a name is quoted.
//
// A [Lexer] takes text apart by the rules of psql or of the server. It reads a
// whole string without copying it, or a stream of any length through a
// [Window] of fixed size:
//
//	for statement := range sqltext.Statements(sql) {
//		p := sqltext.Phrase{Tokens: statement}
//		if p.Has("drop table") {
//			table := p.Name("public")
//			…
//		}
//	}
//
// A [Phrase] reads the tokens of one statement from left to right. A [Name] is
// what a statement or a person calls an object: schema.table.
package sqltext
