package report

import (
	"fmt"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// stages writes the table of stages. A stage that did not run shows no time.
func (p *printer) stages(r outcome.Result) {
	if len(r.Stages) == 0 {
		return
	}
	rows := [][]cell{{{"stage", p.bold}, {"status", p.bold}, {"time", p.bold}, {"", nil}}}
	for _, s := range r.Stages {
		rows = append(rows, []cell{
			plain(string(s.Stage)), p.status(s.Status), plain(stageTime(s)), plain(detail(r, s)),
		})
	}
	p.blank()
	p.table(rows)
}

// stageTime returns how long a stage took; empty if it did not run.
func stageTime(s outcome.StageReport) string {
	if s.Status != outcome.StagePassed && s.Status != outcome.StageFailed {
		return ""
	}
	return words.Elapsed(s.Seconds)
}

func (p *printer) status(s outcome.Status) cell {
	switch s {
	case outcome.StagePassed:
		return cell{statusWord(s), p.green}
	case outcome.StageFailed:
		return cell{statusWord(s), p.red}
	case outcome.StageSkipped:
		return cell{statusWord(s), p.yellow}
	default:
		return cell{statusWord(s), p.dim}
	}
}

func statusWord(s outcome.Status) string {
	switch s {
	case outcome.StagePassed, outcome.StageSkipped:
		return string(s)
	case outcome.StageFailed:
		return "FAILED"
	default:
		return "not reached"
	}
}

// detail returns the most important facts about a stage in a few words.
func detail(r outcome.Result, s outcome.StageReport) string {
	switch s.Status {
	case outcome.StageSkipped:
		return s.Reason
	case outcome.StageFailed:
		if r.Failure != nil {
			return string(r.Failure.Code)
		}
		return ""
	case outcome.StageNotReached:
		return ""
	}
	switch s.Stage {
	case outcome.Locate:
		return countOf(s, "matched", "backup")
	case outcome.Fetch:
		return fetched(s)
	case outcome.Inspect:
		return words.Join(", ", text(s, "format"), countOf(s, "tables", "table"), countOf(s, "objects", "object"))
	case outcome.Provision:
		return provisioned(s)
	case outcome.Restore:
		return words.Join(", ", loaded(s), phase(s, "analyze", "analyze %s"))
	case outcome.Verify:
		return words.Join(", ", tally(r.Checks, s.Stage), phaseAhead(s, "restore"))
	case outcome.App:
		return words.Join(", ", duration(s, "ready_seconds", "ready in %s"), tally(r.Checks, s.Stage))
	case outcome.Migrate:
		return words.Join(", ", countOf(s, "statements", "statement"), tally(r.Checks, s.Stage))
	default:
		return ""
	}
}

func fetched(s outcome.StageReport) string {
	bytes, ok := amount(s, "bytes")
	if !ok {
		return ""
	}
	// For a shorter time a rate says more about the clock than about the source.
	const least = 0.05
	if s.Seconds < least {
		return words.Size(int64(bytes))
	}
	return words.Size(int64(bytes)) + ", " + words.Rate(int64(bytes), s.Seconds)
}

func provisioned(s outcome.StageReport) string {
	version := text(s, "server_version")
	if version == "" {
		return ""
	}
	owner := ""
	if name := text(s, "owner"); name != "" {
		owner = "owner " + name
	}
	return words.Join(", ", "Postgres "+version, owner)
}

// loaded says what loaded the dump, how long it took, and why it was psql. What was loaded while the
// dump arrived took no time of its own.
func loaded(s outcome.StageReport) string {
	took := phase(s, "load", "load %s")
	switch loader, why := text(s, "loader"), text(s, "why_client"); {
	case took == "" || loader == "":
		return took
	case loader == "parallel":
		return words.Join(", ", took+" in "+countOf(s, "jobs", "session"), phaseAhead(s, "fetch"))
	case why != "":
		return took + " by " + loader + " (" + why + ")"
	default:
		return took + " by " + loader
	}
}

// phaseAhead says how long a part of a stage ran beside an earlier one.
func phaseAhead(s outcome.StageReport, beside outcome.Stage) string {
	ahead, _ := s.Details["ahead_seconds"].(float64)
	if ahead == 0 {
		return ""
	}
	return "after " + words.Elapsed(ahead) + " beside the " + string(beside)
}

// phase returns how long a part of the restore took. What was read from JSON is a map of any.
func phase(s outcome.StageReport, name, format string) string {
	var seconds float64
	switch phases := s.Details["phases"].(type) {
	case map[string]float64:
		seconds = phases[name]
	case map[string]any:
		seconds, _ = phases[name].(float64)
	}
	if seconds == 0 {
		return ""
	}
	return fmt.Sprintf(format, words.Elapsed(seconds))
}

func text(s outcome.StageReport, key string) string {
	value, _ := s.Details[key].(string)
	return value
}

func countOf(s outcome.StageReport, key, noun string) string {
	n, ok := amount(s, key)
	if !ok {
		return ""
	}
	return words.Count(int64(n), noun)
}

func duration(s outcome.StageReport, key, format string) string {
	n, ok := amount(s, key)
	if !ok || n == 0 {
		return ""
	}
	return fmt.Sprintf(format, words.Elapsed(n))
}

// amount returns a number from the details. A number that was read from JSON is a
// float64.
func amount(s outcome.StageReport, key string) (float64, bool) {
	switch n := s.Details[key].(type) {
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case float64:
		return n, true
	default:
		return 0, false
	}
}
