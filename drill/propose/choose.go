package propose

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// mostTables is how many tables get an expectation.
const mostTables = 10

// queue matches the names of tables that empty themselves: work to do, sessions, caches.
var queue = regexp.MustCompile(`(?i)(?:^|_)(?:jobs?|queues?|queued|sessions?|cache[sd]?|outbox|inbox|tasks?|locks?|tokens?|notifications?|deliveries|webhooks?|pending|scheduled|tmp|temp|staging)(?:_|$)`)

// chooseTables returns the largest tables with rows, and those that empty themselves, both
// by name within the same size.
func chooseTables(p inspect.Promise) (large, queues []inspect.Table) {
	all := slices.DeleteFunc(wholeTables(p.Tables), func(t inspect.Table) bool {
		return t.Rows <= 0 || t.FillsOnly || !canName(t, p) || dated.MatchString(t.Name)
	})
	slices.SortFunc(all, func(a, b inspect.Table) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Rows, a.Rows), cmp.Compare(nameOf(a), nameOf(b)))
	})
	for _, t := range all {
		switch {
		case queue.MatchString(t.Name):
			queues = append(queues, t)
		case len(large) < mostTables:
			large = append(large, t)
		}
	}
	return large, queues[:min(len(queues), mostTables)]
}

// dated matches the names of tables of one day, month or year, which go when they are old.
var dated = regexp.MustCompile(`(?:19|20)\d\d(?:[_p]?[01]\d)?(?:[_p]?[0-3]\d)?$`)

// wholeTables returns the tables with each partitioned one instead of its partitions, which
// come and go.
func wholeTables(tables []inspect.Table) (whole []inspect.Table) {
	roots := map[sqltext.Name]int{} // index into whole
	for _, t := range tables {
		root := t.PartOf
		if root == (sqltext.Name{}) {
			root = sqltext.Name{Schema: t.Schema, Name: t.Name}
		}
		i, known := roots[root]
		if !known {
			i, roots[root] = len(whole), len(whole)
			whole = append(whole, inspect.Table{Schema: root.Schema, Name: root.Name, FillsOnly: t.FillsOnly})
		}
		add(&whole[i], t)
	}
	return whole
}

// add adds the rows of a part to a table. If those of one part are unknown, so are all.
func add(whole *inspect.Table, part inspect.Table) {
	whole.Bytes += part.Bytes
	if part.Rows < 0 || whole.Rows < 0 {
		whole.Rows = -1
	} else {
		whole.Rows += part.Rows
	}
	for _, n := range part.Newest {
		i := slices.IndexFunc(whole.Newest, func(k inspect.Newest) bool { return k.Column == n.Column })
		switch {
		case i < 0:
			whole.Newest = append(whole.Newest, n)
		case n.At.After(whole.Newest[i].At):
			whole.Newest[i] = n
		}
	}
}

// canName reports whether a config can name a table: its schema is known, and so are the
// letters of its name.
func canName(t inspect.Table, p inspect.Promise) bool {
	schema, table, err := config.SplitTable(nameOf(t))
	_, unread := p.Unread.Bytes[t.Name]
	return err == nil && schema == t.Schema && table == t.Name && !unread
}

// nameOf returns the name of a table as the config has it.
func nameOf(t inspect.Table) string { return sqltext.Quote(t.Schema) + "." + sqltext.Quote(t.Name) }

// floorOf returns 80% of a number of rows, and at least one.
func floorOf(rows int64) int64 { return max(1, rows-(rows+4)/5) }

// Bounds on the age of the newest row that makes a column an expectation.
const (
	nearSnapshot = 3 * 24 * time.Hour
	leastWithin  = 26 * time.Hour
	zoneless     = 24 * time.Hour // a date counts as the end of its day
	ahead        = 5 * time.Minute
)

// creation matches the names of columns that say when a row was written.
var creation = regexp.MustCompile(`(?i)creat|insert|added|placed|occurred|recorded|logged|received|^ts$|^time`)

// chooseNewest returns the column that best shows how recent the rows are, and how old its
// newest value may be. ok is false if no column has a value near the snapshot.
func chooseNewest(t inspect.Table, taken snapshot.Range) (best inspect.Newest, within time.Duration, ok bool) {
	if !taken.Known() {
		return best, 0, false
	}
	for _, n := range t.Newest {
		gap := taken.Latest.Sub(n.At)
		isDate := n.At.Equal(n.At.Truncate(24 * time.Hour))
		if gap > nearSnapshot || gap < -ahead && (!isDate || gap < -zoneless) {
			continue
		}
		if !ok || prefers(n, best) {
			best, within, ok = n, withinFor(gap), true
		}
	}
	return best, within, ok
}

// prefers reports whether a column shows better than another when rows were written.
func prefers(n, other inspect.Newest) bool {
	if a, b := creation.MatchString(n.Column), creation.MatchString(other.Column); a != b {
		return a
	}
	return n.At.After(other.At)
}

// withinFor leaves room for quiet days.
func withinFor(gap time.Duration) time.Duration {
	const room = 4
	return max(leastWithin, roundUp(room*gap))
}

// spacing returns the usual distance of the backups: the median. ok is false if there are
// too few, or if they were copied together.
func spacing(times []time.Time) (gap time.Duration, ok bool) {
	const most, least = 30, 10 * time.Minute
	var gaps []time.Duration
	for i := 1; i < min(len(times), most); i++ {
		gaps = append(gaps, times[i-1].Sub(times[i]))
	}
	if len(gaps) == 0 {
		return 0, false
	}
	slices.Sort(gaps)
	gap = gaps[len(gaps)/2]
	return gap.Round(time.Minute), gap >= least
}

// maxAgeFor returns how old the newest backup may be: for daily backups 26h.
func maxAgeFor(gap time.Duration) time.Duration { return roundUp(gap + gap/24 + time.Hour) }

// roundUp rounds up to hours, and from four days on to days.
func roundUp(d time.Duration) time.Duration {
	unit := time.Hour
	const days = 4 * 24 * time.Hour
	if d > days {
		unit = 24 * time.Hour
	}
	return (d + unit - 1).Truncate(unit)
}

// span returns a duration as the config writes it.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 4*day:
		return fmt.Sprintf("%dd", (d+day/2)/day)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%dh", (d+time.Hour/2)/time.Hour)
	default:
		return fmt.Sprintf("%dm", (d+time.Minute/2)/time.Minute)
	}
}

var (
	applies = regexp.MustCompile(`(?i)app|web|api|service|svc|backend|rails|django|rw|write`)
	reads   = regexp.MustCompile(`(?i)read|report|backup|monitor|metric|replic|analytic|dump|admin|postgres|(?:^|_)ro(?:_|$)`)
)

// appRole returns the role that the application probably has, and why: one that gets grants
// and owns nothing, otherwise the owner of most objects.
func appRole(needs inspect.Needs) (role, why string) {
	owner, owned := "", 0
	for _, name := range needs.Roles {
		if n := needs.ObjectsByOwner[name]; n > owned {
			owner, owned = name, n
		}
	}
	var granted []string
	for _, name := range needs.Roles {
		if needs.ObjectsByOwner[name] == 0 && name != needs.Database.Owner && !reads.MatchString(name) {
			granted = append(granted, name)
		}
	}
	slices.SortStableFunc(granted, func(a, b string) int {
		return cmp.Compare(boolToInt(!applies.MatchString(a)), boolToInt(!applies.MatchString(b)))
	})
	switch {
	case len(granted) > 0:
		return granted[0], "it has privileges and owns nothing"
	case owner != "":
		return owner, "it owns most objects"
	case needs.Database.Owner != "":
		return needs.Database.Owner, "it owns the database"
	}
	return "app", "the backup names no role; production's role of the application"
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
