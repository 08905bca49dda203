package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// migration writes what a release's migrations did, first as a whole, then
// statement by statement.
func (p *printer) migration(m *outcome.Migration) {
	if m == nil {
		return
	}
	p.blank()
	var rows [][]cell
	for _, f := range migrationFacts(m) {
		rows = append(rows, []cell{{f.label, p.bold}, plain(f.text)})
	}
	p.table(rows)
	lines, more := statementLines(m)
	if len(lines) > 0 {
		rows := [][]cell{{{"time", p.bold}, {"statement", p.bold}}}
		for _, l := range lines {
			if l.sql != "" {
				rows = append(rows, []cell{plain(l.time), plain(l.sql)})
			}
			if l.lock != "" {
				rows = append(rows, []cell{{}, p.lock(l)})
			}
		}
		p.blank()
		p.table(rows)
	}
	if more > 0 {
		p.block("and ", words.Count(more, "statement")+" that locked no existing table")
	}
}

// lock returns a lock, how long it was held and what it would have blocked.
func (p *printer) lock(l statementLine) cell {
	text := fmt.Sprintf("  %s, held %s", clean(l.lock), l.held)
	if l.blocks == "" {
		return cell{text, p.dim}
	}
	return cell{text + ", would block " + l.blocks, p.yellow}
}

// migrationFacts returns what the migrations did as a whole.
func migrationFacts(m *outcome.Migration) []fact {
	var facts []fact
	add := func(name, text string) {
		if text != "" {
			facts = append(facts, fact{name, text})
		}
	}
	add("migration", words.Join(", ", runnerOf(m), "as "+m.Role, words.Count(m.StatementsTotal, "statement"), words.Elapsed(m.Seconds)))
	add("written", fmt.Sprintf("%s, read %s; WAL %s (wal_level %s); the database %s",
		words.Count(m.RowsWritten, "row"), words.Number(m.RowsRead), words.Size(m.WALBytes), clean(m.WALLevel), growth(m.GrowthBytes)))
	add("rewritten", listed(m.Rewritten, func(r outcome.Rewrite) string { return fmt.Sprintf("%s %s (%s)", r.Kind, r.Name, words.Size(r.Bytes)) }))
	add("dropped", listed(m.Dropped, func(d outcome.Dropped) string {
		return fmt.Sprintf("%s %s (of %s)", d.Kind, d.Name, words.Count(d.Rows, "row"))
	}))
	add("left", listed(m.Left, func(l outcome.Left) string { return fmt.Sprintf("%s on %s (%s)", l.Name, l.Table, l.Kind) }))
	add("schema", listed(m.Schema, func(c outcome.Change) string { return fmt.Sprintf("%s: %s %s", c.Was, c.Kind, c.Name) }))
	add("allowed", listed(m.Allowed, func(a outcome.Allowed) string { return fmt.Sprintf("%s on %s: %s", a.Finding, a.On, a.Reason) }))
	return facts
}

func runnerOf(m *outcome.Migration) string {
	if len(m.Files) > 0 {
		return words.Count(len(m.Files), "SQL file")
	}
	return words.Join(" ", m.Image, strings.Join(m.Command, " "))
}

func growth(bytes int64) string {
	if bytes < 0 {
		return "shrank by " + words.Size(-bytes)
	}
	return "grew by " + words.Size(bytes)
}

// listed returns the first things of a list, and the number of the others.
func listed[T any](things []T, format func(T) string) string {
	const most = 8
	texts := make([]string, len(things))
	for i, t := range things {
		texts[i] = format(t)
	}
	series := words.Series(texts, most)
	if len(texts) > most+1 {
		series += " (the JSON has all)"
	}
	return series
}

// statementLine is one lock of one statement. time and sql are empty for further
// locks of the same statement.
type statementLine struct{ time, lock, held, blocks, sql string }

// slowStatement is how long a statement without a lock must take, in seconds, to
// be shown.
const slowStatement = 0.1

// statementLines returns the statements with a lock, the slow and the failed ones,
// and the number of the others.
func statementLines(m *outcome.Migration) (lines []statementLine, more int) {
	const most = 40
	shown := 0
	for _, s := range m.Statements {
		if len(s.Locks) == 0 && s.Seconds < slowStatement && s.SQLState == "" || len(lines) >= most {
			continue
		}
		shown++
		lines = append(lines, linesOf(s)...)
	}
	return lines, m.StatementsTotal - shown
}

func linesOf(s outcome.Statement) []statementLine {
	sql := s.SQL
	if s.SQLState != "" {
		sql = "FAILED (" + s.SQLState + "): " + sql
	}
	first := statementLine{time: words.Elapsed(s.Seconds), sql: sql}
	if len(s.Locks) == 0 {
		return []statementLine{first}
	}
	locks := slices.Clone(s.Locks)
	slices.SortStableFunc(locks, func(a, b outcome.Lock) int { return len(blockedAccess(b.Blocks)) - len(blockedAccess(a.Blocks)) })
	lines := make([]statementLine, len(locks))
	for i, l := range locks {
		lines[i] = statementLine{lock: strings.TrimSuffix(l.Mode, "Lock") + " on " + l.Table, held: words.Elapsed(l.HeldSeconds), blocks: blockedAccess(l.Blocks)}
	}
	lines[0].time, lines[0].sql = first.time, first.sql
	return lines
}

// blockedAccess returns what a lock would have blocked.
func blockedAccess(blocks string) string {
	if blocks == "both" {
		return "reads and writes"
	}
	return blocks
}
