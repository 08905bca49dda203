package verify

import (
	"context"
	"fmt"
	"math/big"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// sequence is a sequence together with a column that it fills.
type sequence struct {
	Schema, Name      string
	Quoted            string
	Increment         int64
	Min, Max, Start   int64
	TableSchema       string
	Table             string
	Column            string
	QuotedColumn      string // schema.table.column
	Unique            bool   // a unique index covers the column alone
	last, next, until int64
	called            bool // is_called of the sequence: last has been handed out
}

// sequencesSQL lists the columns that take their value directly from a sequence:
// identity columns, and columns whose whole default is nextval, whichever column
// owns the sequence. If an application calls the sequence itself or computes with
// the value, the sequence and the column cannot be compared. A cycling sequence
// reuses values on purpose.
const sequencesSQL = `
with filled (seq, tab, col) as (
  select d.objid, d.refobjid, d.refobjsubid from pg_depend d
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i' and d.refobjsubid > 0
  union
  select d.refobjid, a.adrelid, a.adnum from pg_attrdef a
    join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
  where pg_get_expr(a.adbin, a.adrelid) ~ $re$^\(?nextval\('[^']*'::regclass\)\)?(::(integer|smallint|bigint|numeric))?$$re$
)
select sn.nspname, s.relname, format('%I.%I', sn.nspname, s.relname), q.seqincrement, q.seqmin, q.seqmax, q.seqstart,
       tn.nspname, t.relname, a.attname, format('%I.%I.%I', tn.nspname, t.relname, a.attname),
       exists (select from pg_index i where i.indrelid = t.oid and i.indisunique and i.indpred is null and i.indnkeyatts = 1 and i.indkey[0] = a.attnum)
from filled f
  join pg_class s on s.oid = f.seq and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
  join pg_sequence q on q.seqrelid = s.oid
  join pg_class t on t.oid = f.tab and t.relkind in ('r', 'p') and not t.relispartition join pg_namespace tn on tn.oid = t.relnamespace
  join pg_attribute a on a.attrelid = t.oid and a.attnum = f.col and not a.attisdropped
where not q.seqcycle and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = s.oid and d.deptype = 'e')
order by 3, 10`

// lookahead is the number of next values of a sequence that are looked for.
const lookahead = 1000

// checkSequences looks for sequences whose next values are already in use: the
// application's next insert would fail. A sequence below the column's highest
// value is not a failure in itself: a single id far above it, set by hand, does
// not get in its way.
//
// unused are the sequences from which production never took a value, according to
// the dump: tables whose ids are set by hand, such as fixtures. If such a sequence
// is behind, it is behind in production too.
func checkSequences(ctx context.Context, conn *pgx.Conn, unused map[name]bool) (verdict, error) {
	v := verdict{check: builtinCheck("sequences", "next values are free")}
	sequences, err := listSequences(ctx, conn)
	if err != nil {
		return v, fmt.Errorf("list sequences: %w", err)
	}
	for i := range sequences {
		s := &sequences[i]
		taken, err := s.nextTaken(ctx, conn)
		switch {
		case err != nil && endsStage(ctx, conn, err):
			return v, fmt.Errorf("compare sequence %s with %s: %w", s.Quoted, s.QuotedColumn, err)
		case err != nil:
			v.problems = append(v.problems, problem{
				code: outcome.ContentIncomplete,
				text: fmt.Sprintf("sequence %s cannot be compared with %s: %s", s.Quoted, s.QuotedColumn, pgerr.Describe(err)),
			})
		case taken:
			v.report(s, unused[name{s.Schema, s.Name}])
		}
	}
	v.check.RestsOn = fmt.Sprintf("the next %d values of each sequence, looked for in the columns that it fills", lookahead)
	v.check.Saw = fmt.Sprintf("%s of %s behind", words.Number(len(v.problems)), words.Count(len(sequences), "sequence"))
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
func (v *verdict) report(s *sequence, unused bool) {
	text := fmt.Sprintf("sequence %s continues at %d, but %s already has values from there on", s.Quoted, s.next, s.QuotedColumn)
	if unused && !s.called && s.last == s.Start {
		v.findings = append(v.findings, outcome.Finding{
			Code: "sequence_unused", Message: text + "; production has never used the sequence either",
			Hint: "set the sequence with setval in production before anything uses it",
		})
		return
	}
	if s.Unique {
		v.problems = append(v.problems, problem{code: outcome.SequenceBehind, text: text, object: s.Quoted})
		return
	}
	v.findings = append(v.findings, outcome.Finding{
		Code: string(outcome.SequenceBehind), Message: text + "; no unique index forbids duplicates",
		Hint: outcome.SequenceBehind.Entry().Remedy,
	})
}

func listSequences(ctx context.Context, conn *pgx.Conn) ([]sequence, error) {
	rows, err := conn.Query(ctx, sequencesSQL)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s sequence, err error) {
		err = row.Scan(&s.Schema, &s.Name, &s.Quoted, &s.Increment, &s.Min, &s.Max, &s.Start,
			&s.TableSchema, &s.Table, &s.Column, &s.QuotedColumn, &s.Unique)
		return s, err
	})
}

// nextTaken reports whether the column contains one of the sequence's next values.
func (s *sequence) nextTaken(ctx context.Context, conn *pgx.Conn) (found bool, err error) {
	state := "select last_value, is_called from " + sqltext.Identifier(s.Schema, s.Name)
	if err := conn.QueryRow(ctx, state, pgx.QueryExecModeExec).Scan(&s.last, &s.called); err != nil {
		return false, err
	}
	if !s.advance() {
		return false, nil
	}
	column := sqltext.Identifier(s.Column)
	sql := fmt.Sprintf("select exists (select from %[1]s where %[2]s between %[3]d and %[4]d and (%[2]s::numeric - (%[5]d)) %% (%[6]d) = 0)",
		sqltext.Identifier(s.TableSchema, s.Table), column, min(s.next, s.until), max(s.next, s.until), s.next, s.Increment)
	err = conn.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(&found)
	return found, err
}

// advance computes the next value and the last value to look for. It returns false
// if the sequence is exhausted.
func (s *sequence) advance() bool {
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
func (s *sequence) valueAfter(steps int64) int64 {
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
