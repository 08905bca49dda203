package watch

// mode is that of a lock on a table, from the weakest to the strongest.
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

// modeNames are as pg_locks has them.
var modeNames = []string{
	"", "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock",
	"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
}

func (m mode) String() string { return modeNames[m] }

// What a lock keeps others from doing to its table.
const (
	writes = "writes"
	both   = "both" // reads and writes
)

// blocks is whom it keeps out: of those who select, and of those who insert,
// update and delete.
func (m mode) blocks() string {
	switch {
	case m == accessExclusive:
		return both
	case m >= share:
		return writes
	}
	return ""
}
