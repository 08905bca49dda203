package fleet

import (
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Objective compares what a drill measured with a target of the config.
type Objective struct {
	Name     string        // rpo, recovery, restore or total
	Setting  string        // key of the config that sets the target
	Target   time.Duration // 0: none
	Measured time.Duration // 0: not measured
	Judged   bool          // whether Target was met is known
}

// Met reports whether the target of an objective that is judged was met.
func (o Objective) Met() bool { return o.Measured <= o.Target }

// ObjectivesOf compares a drill with targets, as the drill judges them: the RPO by the age
// that the backup had when the drill began, and only that of the newest backup. A drill that
// ended early met no target and missed none.
func ObjectivesOf(r outcome.Result, t Targets) []Objective {
	rpo, recovery := time.Duration(0), r.Times.Recovery
	if r.RPOSeconds != nil && *r.RPOSeconds > 0 { // until the end of the drill; a clock that is ahead measures nothing
		rpo = max(span(*r.RPOSeconds)-r.FinishedAt.Sub(r.StartedAt), time.Nanosecond)
	}
	if r.Postgres.Profile == "fast" {
		recovery = 0
	}
	if !r.Backup.IsLatest() {
		t.Age = 0
	}
	list := []Objective{
		{Name: "rpo", Setting: "backup.max_age", Target: t.Age, Measured: rpo},
		{Name: "recovery", Setting: "budget.total", Target: t.Total, Measured: span(recovery)},
		{Name: "restore", Setting: "budget.restore", Target: t.Restore, Measured: span(r.Times.Restore)},
		{Name: "total", Setting: "budget.total", Target: t.Total, Measured: span(r.Times.Total)},
	}
	for i := range list {
		list[i].Judged = Measured(r) && list[i].Target > 0 && list[i].Measured > 0
	}
	return list
}

func span(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
