// Package metrics tells Prometheus how the drills of each database stand: in a textfile for
// the node exporter, or through a Pushgateway. Alert on the age of the last verified backup
// and not on the verdict of one drill: a drill that no longer runs has no verdict.
package metrics

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// State is how the drills of a database stand. Only drills of its newest backup count.
type State struct {
	Database string
	Targets  fleet.Targets
	Version  string          // of this program
	Last     *outcome.Result // the last drill; nil: there was none
	Verified record.Verified // the newest verified backup; zero: there is none
	Drilled  time.Time       // when the last drill ended that verified a backup, possibly an older one than that; zero: unknown
	Passed   *outcome.Result // the last passed drill; nil: none has passed
	Ahead    bool            // whether the history has drills of a clock that is ahead, which do not count
}

// Read returns the state at now of the databases that have targets from the history, by name.
func Read(ctx context.Context, h *record.History, targets map[string]fleet.Targets, version string, now time.Time) ([]State, error) {
	states := make([]State, 0, len(targets))
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		s, err := read(ctx, h, State{Database: name, Targets: targets[name], Version: version}, now)
		if err != nil {
			return nil, err
		}
		states = append(states, s)
	}
	return states, nil
}

// read completes the state of a database.
func read(ctx context.Context, h *record.History, s State, now time.Time) (State, error) {
	entries, err := h.Entries(ctx, record.Filter{Database: s.Database})
	if err != nil {
		return s, err
	}
	s.Ahead = record.CountAhead(entries, now) > 0
	drills := record.Deciding(entries, now)
	if len(drills) == 0 {
		return s, nil
	}
	s.Verified, _ = record.LastVerified(drills, now)
	last, _ := record.LastDrill(drills, now)
	s.Drilled = last.Drilled
	wanted := drills[:1]
	if i := slices.IndexFunc(drills, func(e record.Entry) bool { return e.Verdict == outcome.VerdictPassed && e.Restore > 0 }); i >= 0 {
		wanted = []record.Entry{drills[0], drills[i]}
	}
	results, err := h.Results(ctx, wanted)
	if err != nil {
		return s, err
	}
	s.Last = &results[0]
	if len(results) > 1 {
		s.Passed = &results[1]
	}
	return s, nil
}

// metric is one metric, and its values in a state. A metric without a value is absent; in
// a Pushgateway, what was pushed before stays, unless unknown replaces it.
type metric struct {
	name, help string
	labels     []string // besides database
	values     func(s State, emit func(value float64, labels ...string))
}

// unknown is the value of a metric that has none any more. Only a Pushgateway gets it: no
// comparison with it is true, so that no alert fires by it.
var unknown = math.NaN()

// Names returns the names of all metrics, in the order of Documentation.
func Names() (names []string) {
	for _, m := range all {
		names = append(names, m.name)
	}
	return names
}

// Documentation is a metric as a reader sees it.
type Documentation struct {
	Name, Help string
	Labels     []string
}

// Documented returns every metric.
func Documented() (list []Documentation) {
	for _, m := range all {
		list = append(list, Documentation{m.name, m.help, append([]string{"database"}, m.labels...)})
	}
	return list
}

// collector collects the metrics of some states.
type collector struct {
	states  []State
	grouped bool // the database is in the group of a Pushgateway, and not a label
}

var _ prometheus.Collector = collector{}

// Describe describes nothing: which metrics there are depends on the states.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics of all states.
func (c collector) Collect(to chan<- prometheus.Metric) {
	for _, m := range all {
		labels := m.labels
		if !c.grouped {
			labels = append([]string{"database"}, labels...)
		}
		desc := prometheus.NewDesc(m.name, m.help, labels, nil)
		for _, s := range c.states {
			m.values(s, func(value float64, values ...string) {
				if math.IsNaN(value) && !c.grouped {
					return
				}
				if !c.grouped {
					values = append([]string{s.Database}, values...)
				}
				to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, values...)
			})
		}
	}
}
