package target

import (
	"maps"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// forDatabase returns the statements ALTER DATABASE name …, ALTER ROLE … IN DATABASE name … and
// GRANT … ON DATABASE name … for another database: that of the target may have another name than production's.
func forDatabase(statements, database string) string {
	var b strings.Builder
	lexer, copied := sqltext.LexText(statements, sqltext.Server), int64(0)
	named, renamed := false, false // DATABASE came; the name after it was replaced
	var before sqltext.Token
	for {
		t := lexer.Next()
		switch {
		case t.Kind == sqltext.EOF, t.Kind == sqltext.Open:
			b.WriteString(statements[copied:])
			return b.String()
		case t.Kind == sqltext.End:
			named, renamed = false, false
		case renamed:
		case named:
			b.WriteString(statements[copied:lexer.Start()] + sqltext.Identifier(database))
			copied, renamed = lexer.End(), true
		default: // a role may have the name database
			named = t.Is("database") && (before.Is("alter") || before.Is("in") || before.Is("on"))
		}
		before = t
	}
}

// asRestored returns the backup as it is restored: without the statements about roles that exist,
// or without any about roles, without those about tablespaces, which the server has, and with those
// about its database as a whole for the target. It fails if another statement changes more than the
// database: the server may have other ones.
func (r *Real) asRestored(dump restore.Dump, a about, needs inspect.Needs) (restore.Dump, error) {
	before := dump.Before
	dump.Before = nil
	for _, part := range slices.Concat(before, []restore.Dump{dump}) {
		if part.Role == "globals" && !r.WithRoles {
			continue
		}
		leftOut, reaches := append(slices.Clone(a.roles), "all"), []inspect.Reach{inspect.OfTablespaces}
		if !r.WithRoles {
			leftOut, reaches = slices.Collect(maps.Keys(part.RoleStatements)), append(reaches, inspect.OfRoles)
		}
		part.Source = part.Without(leftOut, reaches...)
		if what := r.redirect(&part.Source, needs.Database.Name); what != "" {
			return dump, outcome.Fail(outcome.ConfigInvalid, "the backup contains %s, which changes more than the database: a server may have others", what).
				WithHint("restore into a server of its own by hand: drillgres runbook %s has the commands", r.Name)
		}
		dump.Before = append(dump.Before, part)
	}
	last := dump.Before[len(dump.Before)-1]
	last.Before = dump.Before[:len(dump.Before)-1]
	return last, nil
}

// keepComment keeps the statement with the comment of production's database, which replaces the mark
// at the end. A mark of an earlier restore says nothing about this one.
func (r *Real) keepComment(statement string) {
	if r.production = forDatabase(statement, r.Database); strings.Contains(statement, markPrefix) {
		r.production = ""
	}
}

// redirect leads what a plain dump does with its own database as a whole to the target, whatever
// its name. The target exists, has its owner, and its comment is the mark until the end. It returns the first
// statement that changes more than the database and cannot be left out; empty: there is none.
func (r *Real) redirect(s *inspect.Source, own string) (reaching string) {
	s.Splices = slices.Clone(s.Splices)
	for i, c := range s.Splices {
		switch {
		case c.Database == "":
		case c.Database != own:
			return `\connect`
		default:
			s.Splices[i].Database = r.Database
		}
	}
	var statements []inspect.Splice
	for _, b := range s.Beyond {
		switch {
		case b.Splice.Length == 0, b.Reach == inspect.OfServer, b.Reach == inspect.OfDatabase && (own == "" || b.Database != own || b.SQL == ""):
			return b.What
		case b.Reach != inspect.OfDatabase: // it is left out, or wanted
			continue
		}
		if b.What == "COMMENT ON DATABASE" {
			r.keepComment(b.SQL)
		}
		replaced := b.Splice
		statement := sqltext.Phrase{Tokens: sqltext.FirstStatement(b.SQL, sqltext.Server)}
		if !slices.Contains([]string{"CREATE DATABASE", "DROP DATABASE", "COMMENT ON DATABASE"}, b.What) && !statement.Contains("owner to") {
			replaced.SQL = forDatabase(b.SQL, r.Database)
		}
		statements = append(statements, replaced)
	}
	*s = s.Replacing(statements)
	return ""
}
