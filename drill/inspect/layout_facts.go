package inspect

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
)

// column is one column of a table.
type column struct {
	table  qname
	column string
}

// facts are what definitions say of tables, columns and sequences beyond what
// a catalog keeps.
type facts struct {
	k          *catalog
	filled     map[qname]column // by the sequence that fills it
	fillers    map[qname][]qname
	unique     map[column]bool
	referenced map[qname]bool
	cycles     map[qname]bool  // sequences that meet their old values by intent
	steps      map[qname]int64 // of a sequence, where it is not 1
	taken      map[qname]int64 // by sequence: a value in the column that it fills, whose next is there too

	text *script // reads definitions and names
}

func newFacts(k *catalog) *facts {
	text := newScript(newFeed(nil, smallBuffer), newCatalog())
	text.fragment = true
	return &facts{
		k: k, text: text, filled: map[qname]column{}, fillers: map[qname][]qname{}, unique: map[column]bool{},
		referenced: map[qname]bool{}, cycles: map[qname]bool{}, steps: map[qname]int64{}, taken: map[qname]int64{},
	}
}

// restart has definitions read from r.
func (x *facts) restart(r io.Reader) *script {
	x.text.f.reset(r)
	x.text.st.reset()
	return x.text
}

// learn reads one statement.
func (x *facts) learn(tokens []token) {
	p := &phrase{tokens: tokens}
	switch {
	case p.has("alter table"):
		p.drop("if exists", "only")
		x.alter(p, p.name(x.k.searchPath))
	case p.has("create unique index"):
		x.uniqueIndex(p)
	case p.has("create"):
		p.drop("unlogged", "temporary", "temp")
		if p.has("sequence") {
			x.options(p, p.name(x.k.searchPath))
		}
	}
}

func (x *facts) alter(p *phrase, table qname) {
	switch {
	case p.has("add constraint"):
		p.take()
		x.constraint(p, table)
	case p.has("alter column"):
		c := column{table, p.take().text}
		if p.has("set default nextval") {
			x.serial(p, c)
		} else if p.has("add generated") {
			x.identity(p, c)
		}
	}
}

func (x *facts) constraint(p *phrase, table qname) {
	switch {
	case p.has("primary key"), p.has("unique"):
		p.drop("nulls not distinct")
		x.only(p, table)
	case p.has("foreign key"):
		if p.until("references") {
			if n := p.name(x.k.searchPath); n != table && x.k.holds(n.schema, n.name) {
				x.referenced[n] = true
			}
		}
	}
}

// uniqueIndex reads CREATE UNIQUE INDEX name ON table USING method (column).
func (x *facts) uniqueIndex(p *phrase) {
	partial := *p
	if partial.until("where") || !p.until("on") {
		return
	}
	p.drop("only")
	table := p.name(x.k.searchPath)
	if p.has("using") {
		p.take()
		x.only(p, table)
	}
}

// only notes a column that is unique by itself.
func (x *facts) only(p *phrase, table qname) {
	if !p.symbol("(") || !p.peek().named() {
		return
	}
	c := column{table, p.take().text}
	if p.symbol(")") && x.k.holds(table.schema, table.name, c.column) {
		x.unique[c] = true
	}
}

// serial reads what follows SET DEFAULT nextval, when that is all of it.
func (x *facts) serial(p *phrase, c column) {
	if !p.symbol("(") || p.peek().kind != str {
		return
	}
	name := p.take().text
	for range len("::") {
		if !p.symbol(":") {
			return
		}
	}
	if p.has("regclass") && p.symbol(")") && p.at == len(p.tokens) {
		x.fill(splitName(name, x.k.searchPath), c)
	}
}

// identity reads AS IDENTITY ( SEQUENCE NAME … ).
func (x *facts) identity(p *phrase, c column) {
	if !p.until("as identity") || !p.symbol("(") {
		return
	}
	for ; p.at < len(p.tokens); p.at++ {
		if p.has("sequence name") {
			n := p.name(c.table.schema)
			x.fill(n, c)
			x.options(p, n)
			return
		}
	}
}

// options reads how a sequence goes on.
func (x *facts) options(p *phrase, sequence qname) {
	for ; p.at < len(p.tokens); p.at++ {
		if p.peek().is("cycle") && !p.tokens[p.at-1].is("no") && x.k.holds(sequence.schema, sequence.name) {
			x.cycles[sequence] = true
		}
		if p.has("increment by") {
			sign := ""
			if p.symbol("-") {
				sign = "-"
			}
			if n, err := strconv.ParseInt(sign+p.peek().text, 10, 64); err == nil && x.k.holds(sequence.schema, sequence.name) {
				x.steps[sequence] = n
			}
		}
	}
}

func (x *facts) fill(sequence qname, c column) {
	if sequence.name != "" && x.k.holds(sequence.schema, sequence.name, c.table.schema, c.table.name, c.column) {
		x.filled[sequence] = c
		x.fillers[c.table] = append(x.fillers[c.table], sequence)
	}
}

// firstRows looks in a table's first rows for a value of each sequence that
// fills one of its columns, whose next one is there too. What is cut or is not a
// whole number is passed over.
func (x *facts) firstRows(table qname, columns []string, text []byte) {
	lines := bytes.Split(text, newline)
	lines = lines[:len(lines)-1] // the last one may be cut
	for _, sequence := range x.fillers[table] {
		if i := slices.Index(columns, x.filled[sequence].column); i >= 0 {
			x.pair(sequence, numbersIn(lines, i))
		}
	}
}

// pair notes a value whose next one is among them.
func (x *facts) pair(sequence qname, values []int64) {
	step := int64(1)
	if s, ok := x.steps[sequence]; ok {
		step = s
	}
	there := map[int64]bool{}
	for _, v := range values {
		there[v] = true
	}
	for _, v := range values {
		if there[v+step] && step != 0 && x.k.holds(sequence.schema, sequence.name) {
			x.taken[sequence] = v
			return
		}
	}
}

// numbersIn are the whole numbers of one column, up to the rows' end marker.
func numbersIn(lines [][]byte, column int) (numbers []int64) {
	for _, line := range lines {
		if hasPrefix(line, `\.`) {
			break
		}
		values := bytes.Split(line, []byte{'\t'})
		if column >= len(values) {
			continue
		}
		if n, err := strconv.ParseInt(string(values[column]), 10, 64); err == nil && n > 0 {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// setval reads SELECT setval('sequence', 1, true).
func (x *facts) setval(tokens []token) (s SequenceState, ok bool) {
	p := &phrase{tokens: tokens}
	if !p.has("select") || p.name("").name != "setval" || !p.symbol("(") || p.peek().kind != str {
		return s, false
	}
	s.Literal = p.take().text
	n := splitName(s.Literal, x.k.searchPath)
	s.Schema, s.Name = n.schema, n.name
	return s, n.name != "" && !strings.Contains(s.Literal, `\`)
}
