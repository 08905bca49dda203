package watch

import (
	"slices"
	"time"
)

// client is a session of the migration.
type client struct {
	number  int
	pid     int
	user    string
	open    *transaction
	pending pendingStatement // of the extended protocol

	latest   time.Time // start of the latest statement
	seen     time.Time // of its latest record in the log
	schemas  []string  // its search_path; nil: the default
	settings sessionSettings
}

// pendingStatement is a statement that is parsed or bound, and not yet executed.
type pendingStatement struct {
	sql     string
	seconds float64
	started time.Time
}

// transaction is a transaction of a client. Its locks are held until it ends.
type transaction struct {
	client     *client
	virtual    string // virtual transaction ID such as 3/24; empty: unknown, because it had ended when it was logged
	statements []*statement
	count      int
	started    time.Time
	ended      time.Time // when its locks were released
	prepared   string    // the name of a prepared transaction, which outlives its session
	inBlock    bool      // in a transaction block
	savepoints bool      // it has savepoints
	number     int       // in the result
	claimed    map[*relation]mode
	alters     map[*relation]*altered
	work       workload // of its statements that are not noise, so far
}

// workload is a number of statements and their total duration. Sums need no memory
// for each statement.
type workload struct {
	statements int
	seconds    float64
}

// statement is a statement of the migration.
type statement struct {
	client      *client
	tx          *transaction
	workSoFar   workload // of its transaction, with itself
	sql         string   // redacted
	raw         string   // its beginning, to match pg_stat_activity
	started     time.Time
	executed    time.Time // when its execution started, after parse and bind
	ended       time.Time
	seconds     float64
	sqlstate    string
	claims      []claim
	locks       []*heldLock
	defines     bool              // DDL
	alters      map[*relation]int // number of ALTER TABLE
	laterInText int               // statements in the same text after the first that takes a lock that blocks
	noise       bool              // of the migration tool itself, or about the session

	noTimeout bool // it would have waited forever for a lock
}

// rawLength is the length of the beginning of a statement that is compared with
// pg_stat_activity, in bytes.
const rawLength = 120

// maxKept is the number of statements of a transaction that are kept until its
// end.
const maxKept = 2_000

// add adds a statement to the transaction. If there are very many, it keeps only
// the most relevant ones.
func (tx *transaction) add(s *statement) {
	s.tx = tx
	tx.count++
	if !s.noise {
		tx.work.statements++
		tx.work.seconds += s.seconds
	}
	s.workSoFar = tx.work
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
	if len(tx.statements) > 2*maxKept {
		tx.statements = mostRelevant(tx.statements, maxKept)
	}
}

// countLater returns the number of statements after a given one, and their total
// duration.
func (tx *transaction) countLater(after *statement) (n int, seconds float64) {
	n = tx.work.statements - after.workSoFar.statements
	if n > 0 {
		seconds = tx.work.seconds - after.workSoFar.seconds
	}
	return n + after.laterInText, max(0, seconds)
}

// mostRelevant returns the n most relevant statements in their order.
func mostRelevant(all []*statement, n int) []*statement {
	if len(all) <= n {
		return all
	}
	ranked := slices.Clone(all)
	slices.SortStableFunc(ranked, func(a, b *statement) int { return compareRelevance(b.relevance(), a.relevance()) })
	keep := make(map[*statement]bool, n)
	for _, s := range ranked[:n] {
		keep[s] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(s *statement) bool { return !keep[s] })
}

// relevance ranks a statement: refused statements first, then those that block,
// those that change the schema, and the slowest ones.
func (s *statement) relevance() (w [4]float64) {
	if s.sqlstate != "" {
		w[0] = 1
	}
	for _, c := range s.claims {
		if c.mode.blocks() != "" {
			w[1] = max(w[1], float64(c.mode))
		}
	}
	for _, h := range s.locks {
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

func compareRelevance(a, b [4]float64) int {
	return slices.Compare(a[:], b[:])
}
