package verify

import (
	"context"
	"fmt"
	"math/big"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/sequence"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// state is the state of a sequence that fills a column.
type state struct {
	sequence.Filler
	last, next, until int64
	called            bool // is_called of the sequence: last has been handed out
}

// lookahead is the number of further values of a sequence that are looked for.
const lookahead = 1000

// checkSequences looks for sequences whose next value is already in use: the
// application's next insert would fail. A sequence below the column's highest
// value is not a failure in itself: an id further ahead, set by hand, fails a
// later insert, in production too.
//
// unused are the sequences from which production never took a value, according to
// the dump: tables whose ids are set by hand, such as fixtures. If such a sequence
// is behind, it is behind in production too.
func checkSequences(ctx context.Context, conn *pgx.Conn, unused map[name]bool) (verdict, error) {
	v := verdict{check: builtinCheck("sequences", "the next value is free")}
	fillers, err := sequence.Fillers(ctx, conn)
	if err != nil {
		return v, fmt.Errorf("list sequences: %w", err)
	}
	for _, filler := range fillers {
		s := state{Filler: filler}
		next, later, err := s.taken(ctx, conn)
		switch {
		case err != nil && endsStage(ctx, conn, err):
			return v, fmt.Errorf("compare sequence %s with %s: %w", s.Ident, s.ColumnIdent, err)
		case err != nil:
			v.problems = append(v.problems, problem{
				code: outcome.ContentIncomplete,
				text: fmt.Sprintf("sequence %s cannot be compared with %s: %s", s.Ident, s.ColumnIdent, pgerr.Describe(err)),
			})
		case next:
			v.report(&s, unused[name{s.Schema, s.Name}] || unused[name{"", s.Name}])
		case later:
			v.reportLater(&s)
		}
	}
	v.check.RestsOn = "the next value of each sequence, looked for in the columns that it fills"
	v.check.Saw = fmt.Sprintf("%s of %s behind", words.Number(len(v.problems)), words.Count(len(fillers), "sequence"))
	return v.conclude(), nil
}

// neverCalled returns the sequences that the dump sets to a value as never called.
// The last such statement for a sequence counts.
func neverCalled(sequences []inspect.Sequence) map[name]bool {
	unused := map[name]bool{}
	for _, s := range sequences {
		unused[name{s.Schema, s.Name}] = !s.Called
	}
	return unused
}

// report adds a sequence that is behind. If no unique index covers the column,
// the next insert works, and duplicates may be intended: that is a finding.
func (v *verdict) report(s *state, unused bool) {
	text := fmt.Sprintf("sequence %s continues at %d, but %s already has that value", s.Ident, s.next, s.ColumnIdent)
	if unused && !s.called && s.last == s.Start {
		v.findings = append(v.findings, outcome.Finding{
			Code: "sequence_unused", Message: text + "; production has never used the sequence either",
			Hint: "set the sequence with setval in production before anything uses it",
		})
		return
	}
	if s.Unique {
		v.problems = append(v.problems, problem{code: outcome.SequenceBehind, text: text, object: s.Ident})
		return
	}
	v.findings = append(v.findings, outcome.Finding{
		Code: string(outcome.SequenceBehind), Message: text + "; no unique index forbids duplicates",
		Hint: outcome.SequenceBehind.Entry().Remedy,
	})
}

// reportLater adds a sequence whose next value is free, but not one of those after it.
func (v *verdict) reportLater(s *state) {
	v.findings = append(v.findings, outcome.Finding{
		Code: "sequence_collides",
		Message: fmt.Sprintf("sequence %s continues at %d, and %s already has one of the %s values after that: an insert will fail",
			s.Ident, s.next, s.ColumnIdent, words.Number(lookahead)),
		Hint: "set the sequence beyond that value with setval, in production",
	})
}

// taken reports whether the column contains the sequence's next value, and whether a
// unique column contains one of those after it.
func (s *state) taken(ctx context.Context, conn *pgx.Conn) (next, later bool, err error) {
	read := "select last_value, is_called from " + sqltext.Identifier(s.Schema, s.Name)
	if err := conn.QueryRow(ctx, read, pgx.QueryExecModeExec).Scan(&s.last, &s.called); err != nil {
		return false, false, err
	}
	if !s.advance() {
		return false, false, nil
	}
	sql := fmt.Sprintf("select exists (select from %[1]s where %[2]s = %[5]d), "+
		"%[7]t and exists (select from %[1]s where %[2]s between %[3]d and %[4]d and (%[2]s::numeric - (%[5]d)) %% (%[6]d) = 0)",
		s.From(), sqltext.Identifier(s.Column),
		min(s.next, s.until), max(s.next, s.until), s.next, s.Increment, s.Unique)
	err = conn.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(&next, &later)
	return next, later, err
}

// advance computes the next value and the last value to look for. It returns false
// if the sequence is exhausted.
func (s *state) advance() bool {
	s.next = s.last
	if s.called {
		if s.Increment > 0 && s.last > s.Max-s.Increment || s.Increment < 0 && s.last < s.Min-s.Increment {
			return false
		}
		s.next = s.last + s.Increment
	}
	s.until = s.valueAfter(lookahead)
	return true
}

// valueAfter returns the value that is the given number of steps after the next one,
// within the sequence's bounds.
func (s *state) valueAfter(steps int64) int64 {
	n := new(big.Int).Mul(big.NewInt(s.Increment), big.NewInt(steps))
	n.Add(n, big.NewInt(s.next))
	switch {
	case n.Cmp(big.NewInt(s.Max)) > 0:
		return s.Max
	case n.Cmp(big.NewInt(s.Min)) < 0:
		return s.Min
	}
	return n.Int64()
}
