package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// fact is a label and its text.
type fact struct{ label, text string }

// factsOf returns what was drilled, into which server, and how long it took.
func factsOf(r outcome.Result) (facts []fact) {
	if r.Kind == outcome.KindRestore {
		return restoreFacts(r)
	}
	add := func(label, text string) {
		if text != "" {
			facts = append(facts, fact{label, text})
		}
	}
	add("backup", r.Backup.URI)
	add("", describe(r.Backup, r.StartedAt))
	if !r.Backup.IsLatest() {
		add("", "named by hand, so the real RPO, the baseline and the gate do not change")
	}
	add("postgres", postgres(r))
	add("data", data(r.Tables))
	add("integrity", integrity(r.Integrity))
	add("compared", baseline(r))
	add("times", times(r))
	if r.RPOSeconds != nil && r.Verdict == outcome.VerdictPassed {
		add("rpo", words.Span(seconds(*r.RPOSeconds))+" between the snapshot and the end of this drill")
	}
	return facts
}

func (p *printer) facts(r outcome.Result) {
	p.factTable(factsOf(r))
}

func describe(b outcome.Backup, drilled time.Time) string {
	return words.Join(", ", sized(b), format(b), backupTime(b, drilled), madeBy(b))
}

func sized(b outcome.Backup) string {
	if b.URI == "" {
		return ""
	}
	return words.Size(b.SizeBytes)
}

// format returns the format and the layers. A result of an older version has only the
// compression.
func format(b outcome.Backup) string {
	if len(b.Layers) == 0 && b.Compression != "" {
		return chain(b.Format, []string{b.Compression})
	}
	return chain(b.Format, b.Layers)
}

// chain returns a format and the layers around it, from the inside out: plain in gzip in age.
func chain(format string, layers []string) string {
	names := slices.Clone(layers)
	slices.Reverse(names)
	return words.Join(" in ", append([]string{format}, names...)...)
}

// backupTime returns when the backup was taken if the dump states it, otherwise
// when its file was written.
func backupTime(b outcome.Backup, now time.Time) string {
	switch {
	case !b.TakenAt.IsZero() && isEstimate(b):
		return fmt.Sprintf("taken about %s (%s before the drill)", words.Moment(b.TakenAt), words.Span(now.Sub(b.TakenAt)))
	case !b.TakenAt.IsZero():
		return fmt.Sprintf("taken %s (%s before the drill)", words.Moment(b.TakenAt), words.Span(now.Sub(b.TakenAt)))
	case !b.ModifiedAt.IsZero():
		return fmt.Sprintf("written %s (%s before the drill)", words.Moment(b.ModifiedAt), words.Span(now.Sub(b.ModifiedAt)))
	default:
		return ""
	}
}

// isEstimate reports whether the time when the backup was taken is an estimate.
func isEstimate(b outcome.Backup) bool {
	return len(b.TakenBetween) == 2 && !b.TakenBetween[0].Equal(b.TakenBetween[1])
}

func madeBy(b outcome.Backup) string {
	switch {
	case b.PgDumpVersion == "":
		return ""
	case b.ServerVersion == "" || b.ServerVersion == b.PgDumpVersion:
		return "by pg_dump " + b.PgDumpVersion
	default:
		return "by pg_dump " + b.PgDumpVersion + " from Postgres " + b.ServerVersion
	}
}

func postgres(r outcome.Result) string {
	if r.Postgres.Image == "" && r.Postgres.Version == "" {
		return ""
	}
	version := ""
	if r.Postgres.Version != "" {
		version = "Postgres " + r.Postgres.Version
	}
	profile := ""
	if r.Postgres.Profile != "" {
		profile = "profile " + r.Postgres.Profile
	}
	return words.Join(", ", r.Postgres.Image, version, profile, isolation(r.Isolation))
}

func isolation(i outcome.Isolation) string {
	if i.Network == "" {
		return ""
	}
	if i.Network == "none" {
		return "no network (" + i.Outbound + ")"
	}
	return "network " + i.Network
}

func data(tables []outcome.Table) string {
	if len(tables) == 0 {
		return ""
	}
	var rows, bytes int64
	for _, t := range tables {
		rows += max(t.Rows, 0)
		bytes += t.Bytes
	}
	return fmt.Sprintf("%s, %s, %s", words.Count(len(tables), "table"), words.Count(rows, "row"), words.Size(bytes))
}

func times(r outcome.Result) string {
	t := r.Times
	if t.Recovery == 0 {
		return ""
	}
	text := fmt.Sprintf("recovery %s (fetch %s, restore %s), drill %s", words.Elapsed(t.Recovery), words.Elapsed(t.Fetch), words.Elapsed(t.Restore), words.Elapsed(t.Total))
	if r.Postgres.Profile == "fast" {
		text += "; with profile fast these are not recovery times"
	}
	return text
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
