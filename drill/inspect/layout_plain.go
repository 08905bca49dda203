package inspect

// plain maps SQL for psql.
func (m *mapping) plain(f *feed) error {
	m.layout.Format = Plain
	if hasPrefix(f.peek(len(utf8Mark)), string(utf8Mark)) {
		f.skip(len(utf8Mark))
	}
	s := &mappedScript{script: newScript(f, m.k), m: m, start: -1}
	for w := f.window(); len(w) > 0; w = f.window() {
		if err := s.step(w[0]); err != nil {
			return err
		}
	}
	m.layout.End = f.offset()
	if err := s.unfinished(); err != nil {
		return err
	}
	return s.end()
}

// mappedScript is a script that notes where its statements lie.
type mappedScript struct {
	*script
	m     *mapping
	start int64 // of the statement that is read; -1: none has begun
}

// step takes what begins with b.
func (s *mappedScript) step(b byte) error {
	at, tails := s.f.offset(), s.tails
	if b == ';' && !s.st.empty() && s.st.ends() {
		return s.whole(at)
	}
	if err := s.lex(b); err != nil {
		return err
	}
	if s.start < 0 && !s.st.empty() {
		s.start = at
	}
	if s.tails > tails {
		s.m.layout.Trailer = at
	}
	return s.k.check()
}

// whole takes a whole statement, whose semicolon lies at end.
func (s *mappedScript) whole(end int64) error {
	s.f.skip(1)
	if s.statements == 0 {
		s.m.layout.First = s.start
	}
	columns := copyColumns(s.st.tokens)
	s.m.facts.learn(s.st.tokens)
	s.state(end)
	s.insert(end)
	data, err := s.statement()
	s.st.reset()
	s.start = -1
	if err != nil || data == nil {
		return err
	}
	return s.rows(data, columns)
}

// state notes where a sequence is set.
func (s *mappedScript) state(end int64) {
	if state, ok := s.m.facts.setval(s.st.tokens); ok && s.k.holds(state.Schema, state.Name, state.Literal) {
		state.At, state.Size = s.start, end+1-s.start
		s.m.states = append(s.m.states, state)
	}
}

// insert notes where the rows of an INSERT lie; several that follow each other
// are one run.
func (s *mappedScript) insert(end int64) {
	p := &phrase{tokens: s.st.tokens}
	if !p.has("insert into") {
		s.m.inserted = nil
		return
	}
	table := p.name(s.k.searchPath)
	if s.m.inserted != nil && *s.m.inserted == table {
		last := &s.m.extents[len(s.m.extents)-1]
		last.Size = end + 1 - last.At
		return
	}
	if s.m.extent(table, s.start, end+1-s.start, false) {
		s.m.inserted = &table
	}
}

// rows passes the rows of a COPY.
func (s *mappedScript) rows(t *copyTarget, columns []string) error {
	for b, ok := s.f.next(); ok && b != '\n'; b, ok = s.f.next() {
	}
	if t.counted && len(s.m.facts.fillers[t.table]) > 0 {
		s.m.facts.firstRows(t.table, columns, s.f.peek(longestFirst))
	}
	at := s.f.offset()
	s.m.extent(t.table, at, readRows(s.f).size, true)
	return nil
}

// longestFirst is how much of a table's first rows is looked at.
const longestFirst = 32 << 10
