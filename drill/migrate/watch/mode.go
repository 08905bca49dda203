package watch

// mode is the mode of a lock on a table, from the weakest to the strongest.
// https://www.postgresql.org/docs/current/explicit-locking.html
type mode int

const (
	noLock mode = iota
	accessShare
	rowShare
	rowExclusive
	shareUpdateExclusive
	share
	shareRowExclusive
	exclusive
	accessExclusive
)

// modeNames holds the names of the modes in pg_locks.
var modeNames = []string{
	"", "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock",
	"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
}

func (m mode) String() string { return modeNames[m] }

// What a lock blocks on its table.
const (
	writes = "writes"
	both   = "both" // reads and writes
)

// blocks returns what a lock blocks: reads by SELECT, and writes by INSERT,
// UPDATE and DELETE. It returns an empty string if it blocks neither.
func (m mode) blocks() string {
	switch {
	case m == accessExclusive:
		return both
	case m >= share:
		return writes
	}
	return ""
}
