package inspect

import (
	"bytes"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// foreignVerbs holds the first words of lines that only other databases have. None of
// them can begin a statement of Postgres, but any can begin a sentence.
var foreignVerbs = map[string]string{
	"pragma": "SQLite", "rem": "Oracle", "prompt": "Oracle", "spool": "Oracle", "whenever": "Oracle",
	"go": "SQL Server", "exec": "SQL Server", "print": "SQL Server", "use": "MySQL", "unlock": "MySQL", "delimiter": "MySQL",
}

// foreignSettings holds the words behind SET that only other databases know.
var foreignSettings = map[string]string{
	"ansi_nulls": "SQL Server", "ansi_padding": "SQL Server", "quoted_identifier": "SQL Server", "identity_insert": "SQL Server", "nocount": "SQL Server",
	"xact_abort": "SQL Server", "numeric_roundabort": "SQL Server",
	"foreign_key_checks": "MySQL", "unique_checks": "MySQL", "sql_mode": "MySQL", "sql_log_bin": "MySQL", "@": "MySQL",
	"define": "Oracle", "sqlblanklines": "Oracle", "serveroutput": "Oracle", "feedback": "Oracle",
}

// foreignTypes holds words of a column's definition that only other databases know.
var foreignTypes = map[string]string{
	"auto_increment": "MySQL", "autoincrement": "SQLite", "varchar2": "Oracle", "nvarchar2": "Oracle", "pctfree": "Oracle",
}

// Words that the name of an object can follow, and of those the words that are never
// the name of an array.
var (
	beforeName  = []string{"table", "into", "exists", "database", "schema", "index", "view", "procedure", "trigger", "function", "tables", "insert", "from", "on", "update"}
	beforeTable = []string{"table", "into", "exists", "database", "insert"}
)

// noteDialect notes that the current statement is one of another database, unless
// pg_dump's first comment shows that the file is a dump of Postgres. It reports whether
// the file is SQL of another database.
func (s *script) noteDialect() bool {
	if s.dialect == "" && s.isThirdParty() {
		s.dialect = dialectOf(s.st.tokens[:min(len(s.st.tokens), maxDialect)])
	}
	return s.dialect != ""
}

// noteForeignVerb is noteDialect for a word that begins no statement of Postgres.
func (s *script) noteForeignVerb(word string) {
	const longest = 200
	database := foreignVerbs[word]
	if database == "" || !s.isThirdParty() {
		return
	}
	line, _, _ := bytes.Cut(s.f.peek(longest), []byte("\n"))
	rest := strings.ToLower(strings.TrimSpace(string(line)))
	switch {
	case strings.HasPrefix(rest, "["):
		s.dialect = "SQL Server"
	case strings.HasSuffix(rest, ";"), strings.HasPrefix(rest, "`"), word == "go" && rest == "",
		word == "rem" && strings.HasPrefix(rest, "inserting "), word == "whenever" && strings.HasPrefix(rest, "sqlerror "),
		word == "delimiter" && len(rest) <= 2, s.statements > 0:
		s.dialect = database
	}
}

// isThirdParty reports whether nothing so far shows that pg_dump has written the SQL.
func (s *script) isThirdParty() bool { return !s.fragment && s.heads+s.clusterHeads == 0 }

// maxDialect is how many tokens of a statement show whose it is.
const maxDialect = 256

// dialectOf returns the other database whose SQL a statement is. It returns an empty
// string if the statement may be one of Postgres.
func dialectOf(tokens []sqltext.Token) string {
	if len(tokens) == 0 {
		return ""
	}
	first, second := tokens[0], sqltext.Token{}
	if len(tokens) > 1 {
		second = tokens[1]
	}
	switch {
	case first.Is("set"):
		return foreignSettings[second.Text]
	case first.Is("lock") && second.Is("tables"):
		return "MySQL"
	}
	if name := quotedBy(tokens); name != "" {
		return name
	}
	return foreignColumns(tokens)
}

// quotedBy returns the database that quotes names like the first names of the statement.
// In Postgres neither a backquote nor a bracket can begin a name.
func quotedBy(tokens []sqltext.Token) string {
	const furthest = 8
	for i := 1; i < min(len(tokens), furthest); i++ {
		before := tokens[i-1]
		if before.Kind != sqltext.Word || !slices.Contains(beforeName, before.Text) {
			continue
		}
		switch t := tokens[i]; {
		case t.Is("`"):
			return "MySQL"
		case t.Is("[") && slices.Contains(beforeTable, before.Text):
			return "SQL Server"
		case t.CanName() && t.Text == "sqlite_sequence":
			return "SQLite"
		}
	}
	return ""
}

// foreignColumns returns the database whose words a CREATE TABLE has behind the name of
// a column, or behind its columns.
func foreignColumns(tokens []sqltext.Token) string {
	p := sqltext.Phrase{Tokens: tokens}
	if !p.Begins("create table") {
		return ""
	}
	for i := 3; i < len(tokens); i++ {
		t, before := tokens[i], tokens[i-1]
		switch {
		case t.Kind != sqltext.Word, before.Is("("), before.Is(","): // the name of a column
		case foreignTypes[t.Text] != "":
			return foreignTypes[t.Text]
		case t.Text == "engine" && t.Depth == 0 && i+1 < len(tokens) && tokens[i+1].Is("="):
			return "MySQL"
		case t.Text == "rowid" && t.Depth == 0 && before.Is("without"):
			return "SQLite"
		case t.Text == "go" && t.Depth == 0 && before.Is(")"): // the end of a batch, without a semicolon
			return "SQL Server"
		}
	}
	return ""
}
