package watch

import (
	"slices"
	"time"
)

// client is a session of the migration, as the log tells it.
type client struct {
	number int
	pid    int
	user   string
	open   *transaction
	asked  asked // of the extended protocol: what is parsed and bound, and not yet executed

	latest   time.Time // start of a statement
	schemas  []string  // its search_path; nil: not told
	settings sessionSettings
}

// asked is a statement on its way.
type asked struct {
	sql     string
	seconds float64
	started time.Time
}

// transaction is what its locks are held for.
type transaction struct {
	client     *client
	virtual    string // 3/24; empty: the log does not tell, because it was over by then
	statements []*statement
	count      int
	started    time.Time
	ended      time.Time // when its locks were gone
	prepared   string    // its name, if it was prepared: it lives on without its session
	inBlock    bool      // of BEGIN
	savepoints bool      // to which a part of it can go back
	number     int       // in the result
	claimed    map[*relation]mode
	alters     map[*relation]*altered
	ran        []float64 // the seconds of all its statements that do something, in their order
}

// statement is one that the log told.
type statement struct {
	client   *client
	tx       *transaction
	place    int    // in tx.ran, of what comes behind it
	sql      string // redacted
	raw      string // its beginning, to be found again in pg_stat_activity
	started  time.Time
	executed time.Time // when its execution began, if it was parsed and bound before
	ended    time.Time
	seconds  float64
	sqlstate string
	claims   []claim
	holds    []*hold
	defines  bool              // DDL
	alters   map[*relation]int // how often
	later    int               // statements in the same text after the first that takes a lock that blocks
	noise    bool              // of the tool itself, or about the session
	unlimitedLock
}

// unlimitedLock tells how long a statement would have waited for a lock.
type unlimitedLock struct {
	noTimeout bool // for ever
}

// rawLength is how much of a statement is compared with pg_stat_activity.
const rawLength = 120

// most statements of a transaction that are kept until it ends.
const mostOfTransaction = 2_000

// add takes a statement into the transaction. Of very many, those without
// anything to tell are only counted.
func (tx *transaction) add(s *statement) {
	s.tx = tx
	tx.count++
	if !s.noise {
		tx.ran = append(tx.ran, s.seconds)
	}
	s.place = len(tx.ran)
	s.claims = slices.DeleteFunc(s.claims, func(c claim) bool { return tx.claimed[c.table] >= c.mode && c.work == nil })
	for _, c := range s.claims {
		tx.claimed[c.table] = max(tx.claimed[c.table], c.mode)
	}
	for table, times := range s.alters {
		if tx.alters[table] == nil {
			tx.alters[table] = &altered{statement: s}
		}
		tx.alters[table].times += times
	}
	tx.statements = append(tx.statements, s)
	if len(tx.statements) > 2*mostOfTransaction {
		tx.statements = bestOf(tx.statements, mostOfTransaction)
	}
}

// further counts the statements that ran after one, and the time that they took.
func (tx *transaction) further(after *statement) (n int, seconds float64) {
	for _, took := range tx.ran[min(after.place, len(tx.ran)):] {
		n++
		seconds += took
	}
	return n + after.later, seconds
}

// bestOf are the statements that matter most, in their order.
func bestOf(all []*statement, n int) []*statement {
	if len(all) <= n {
		return all
	}
	ranked := slices.Clone(all)
	slices.SortStableFunc(ranked, func(a, b *statement) int { return compareWeights(b.weight(), a.weight()) })
	keep := make(map[*statement]bool, n)
	for _, s := range ranked[:n] {
		keep[s] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(s *statement) bool { return !keep[s] })
}

// weight is how much a statement matters: what was refused, what blocks, what
// changes the schema, and then what takes long.
func (s *statement) weight() (w [4]float64) {
	if s.sqlstate != "" {
		w[0] = 1
	}
	for _, c := range s.claims {
		if c.mode.blocks() != "" {
			w[1] = max(w[1], float64(c.mode))
		}
	}
	for _, h := range s.holds {
		if h.mode.blocks() != "" {
			w[1] = max(w[1], float64(h.mode))
		}
	}
	if s.defines {
		w[2] = 1
	}
	w[3] = s.seconds
	return w
}

func compareWeights(a, b [4]float64) int {
	return slices.Compare(a[:], b[:])
}
