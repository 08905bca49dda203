package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/words"
)

// Message is what a receiver is told. It holds neither secrets nor row values. Its texts
// are plain: a channel escapes them, and cuts them to its limits.
type Message struct {
	Event     outcome.Event
	Reminder  bool
	Escalated bool
	IsTest    bool
	Aside     bool // of a release, or of a backup that was named by hand: it changes no state

	RunID    string
	Database string       // empty: all of them
	Kind     outcome.Kind // drill or check; answer for a release
	Code     outcome.Code // empty: nothing failed
	At       time.Time
	Next     time.Time // when the next result is expected; zero: unknown

	Title   string // one line: FAILED shop: dump_truncated
	Meaning string // one sentence
	Cause   string
	Hint    string
	Facts   []Fact
	Link    string // to the run in a CI system; empty: unknown

	Report   string  // the whole result as text
	Recovery float64 // seconds that recovering takes; 0: unknown
	Result   *outcome.Result
}

// Fact is a label and its text.
type Fact struct{ Label, Text string }

// Text returns the message as plain text, without its title.
func (m Message) Text() string {
	var b strings.Builder
	paragraph := func(text string) {
		if text != "" {
			b.WriteString(text + "\n\n")
		}
	}
	paragraph(m.Meaning)
	if m.Cause != "" {
		paragraph("cause: " + m.Cause)
	}
	if m.Hint != "" {
		paragraph("hint: " + m.Hint)
	}
	for _, f := range m.Facts {
		b.WriteString(f.Label + ": " + f.Text + "\n")
	}
	if m.Link != "" {
		b.WriteString("\n" + m.Link + "\n")
	}
	return strings.TrimSpace(b.String()) + "\n"
}

const (
	longestCause = 1000 // bytes
	longestHint  = 500
)

// compose returns the message about a result.
func (n *Notifier) compose(r outcome.Result, d Decision, t Target, p past) Message {
	m := Message{
		Event: d.Event, Reminder: d.Reminder, Escalated: d.Escalated, Aside: !isRoutine(r), RunID: r.RunID, Database: r.Database, Kind: r.Kind,
		At: n.Now(), Link: n.RunURL, Recovery: r.RecoverySeconds(), Title: n.text(title(r, d)), Meaning: n.text(report.Meaning(r)),
	}
	m.Next = expected(p.entries, r.Kind, m.At)
	if isUnrecorded(r, d.Event) {
		_, m.Code = conditionOf(r, n.policy(t, p, r))
		m.Meaning += "; the result was not recorded"
		m.Cause = words.Shorten(n.text(redact.OneLine(strings.Join(r.TellErrors, "; "))), longestCause)
		m.Hint = "mend what the cause names: until then nobody finds this drill in the history"
	}
	if f := r.Failure; f != nil {
		m.Code = f.Code
		m.Cause = words.Shorten(n.text(redact.OneLine(f.Message)), longestCause)
		m.Hint = words.Shorten(n.text(redact.OneLine(f.Hint)), longestHint)
	}
	warnings := outcome.Warnings(r)
	if d.Event == outcome.EventWarning {
		m.Cause = words.Shorten(n.text(redact.OneLine(joinOf(warnings, func(f outcome.Finding) string { return f.Message }))), longestCause)
		m.Hint = words.Shorten(n.text(redact.OneLine(joinOf(warnings, func(f outcome.Finding) string { return f.Hint }))), longestHint)
	}
	m.Facts = n.facts(r, d, t, p)
	clean := redacted(r, n.text)
	m.Result = &clean
	var text strings.Builder
	_ = report.Text(&text, r, report.Options{}) // a strings.Builder never fails
	m.Report = n.text(text.String())
	return m
}

// joinOf returns a text of each finding.
func joinOf(findings []outcome.Finding, text func(outcome.Finding) string) string {
	texts := make([]string, 0, len(findings))
	for _, f := range findings {
		texts = append(texts, text(f))
	}
	return words.Join("; ", texts...)
}

// title returns the verdict, the database and the code in one line.
func title(r outcome.Result, d Decision) string {
	head := map[outcome.Event]string{
		outcome.EventFailed: "FAILED", outcome.EventUnproved: "UNPROVED", outcome.EventOverBudget: "OVER BUDGET",
		outcome.EventPassed: "PASSED", outcome.EventRecovered: "RECOVERED", outcome.EventWarning: "WARNING",
	}[d.Event]
	if d.Event == outcome.EventPassed && r.Kind == outcome.KindCheck {
		head = "OK" // a check verifies nothing
	}
	if isUnrecorded(r, d.Event) {
		head = "NOT RECORDED"
	}
	if d.Reminder {
		head = "STILL " + head
	}
	subject := r.Database
	if subject == "" {
		subject = "all databases"
	}
	text := head + " " + subject
	switch {
	case r.Failure != nil:
		text += ": " + string(r.Failure.Code)
	case d.Event == outcome.EventWarning:
		text += ": " + strings.Join(outcome.CodesOf(outcome.Warnings(r)), ", ")
	case d.Missed != "":
		text += " from " + string(d.Missed)
	}
	switch {
	case r.Gate != nil:
		text += fmt.Sprintf(" (release: %s)", r.Gate.Decision)
	case r.Kind == outcome.KindCheck:
		text += " (check)"
	case !r.Backup.IsLatest():
		text += " (a backup named by hand)"
	}
	if d.Escalated && d.Unproved > 1 {
		text += fmt.Sprintf(", %s in a row", words.Count(d.Unproved, "time"))
	}
	return text
}

func (n *Notifier) facts(r outcome.Result, d Decision, t Target, p past) (facts []Fact) {
	add := func(label, text string) {
		if text != "" {
			facts = append(facts, Fact{label, n.text(text)})
		}
	}
	if d.Missed != "" {
		add("before", mayNotHaveArrived(d.Missed))
	}
	if d.Escalated && d.Unproved <= 1 {
		add("counts as failed", "the history does not say how often it was unproved before")
	}
	if !d.Since.IsZero() {
		add("since", words.Moment(d.Since))
	}
	add("also", n.alsoOpen(r, t, p))
	add("real RPO", realRPO(r, p, n.Now()))
	if takes := r.RecoverySeconds(); takes > 0 {
		add("recovery takes", words.Elapsed(takes))
	}
	add("backup", r.Backup.URI)
	if len(r.TellErrors) > 0 && !isUnrecorded(r, d.Event) { // or they are the cause
		add("not recorded or sent", words.Shorten(strings.Join(r.TellErrors, "; "), longestHint))
	}
	add("run", r.RunID)
	if r.Failure != nil {
		add("more", "drillgres explain "+string(r.Failure.Code))
	}
	for _, f := range outcome.Warnings(r) {
		if d.Event != outcome.EventWarning { // or it is the cause
			add("warning", words.Shorten(redact.OneLine(f.Message), longestHint))
		}
		add("more", "drillgres explain "+f.Code)
	}
	return facts
}

// mayNotHaveArrived says of an earlier problem that the receiver may not know of it.
func mayNotHaveArrived(missed outcome.Code) string {
	return string(missed) + ", whose message may not have arrived"
}

// alsoOpen returns the problem of the database's other condition, which a recovery does
// not end.
func (n *Notifier) alsoOpen(r outcome.Result, t Target, p past) string {
	for _, other := range p.notices {
		if other.Receiver == t.Name && other.Kind != r.Kind && other.Event.IsProblem() {
			return fmt.Sprintf("the last %s is %s: %s", other.Kind, other.Event, other.Code)
		}
	}
	return ""
}

// realRPO returns how old the newest verified backup is, and how many drills of a clock that
// is ahead do not count.
func realRPO(r outcome.Result, p past, now time.Time) string {
	return words.Join("; ", knownRPO(r, p, now), report.AheadText(record.CountAhead(p.entries, now)))
}

func knownRPO(r outcome.Result, p past, now time.Time) string {
	verified, found := record.LastVerified(p.entries, now)
	switch {
	case found && verified.Snapshot.IsZero():
		return "unknown: the last verified backup has no known time"
	case found:
		return fmt.Sprintf("%s (last verified backup: %s)", words.Span(now.Sub(verified.Snapshot)), words.Moment(verified.Snapshot))
	case r.Verdict == outcome.VerdictPassed && r.RPOSeconds != nil && r.Backup.IsLatest():
		return words.Span(time.Duration(*r.RPOSeconds * float64(time.Second)))
	case p.known:
		return "unknown: no drill has passed"
	default:
		return ""
	}
}

// start returns the message that a drill starts.
func (n *Notifier) start(r outcome.Result) Message {
	return Message{RunID: r.RunID, Database: r.Database, Kind: r.Kind, At: n.Now(), Title: "started " + r.Database, Link: n.RunURL}
}

// test returns the message of drillgres notify test.
func (n *Notifier) test() Message {
	now := n.Now()
	r := outcome.Result{SchemaVersion: outcome.SchemaVersion, Kind: outcome.KindCheck, RunID: "test-" + now.UTC().Format("20060102-150405"), StartedAt: now, FinishedAt: now, Verdict: outcome.VerdictUnproved}
	return Message{
		Event: outcome.EventPassed, IsTest: true, RunID: r.RunID, Kind: r.Kind, At: now, Next: now.Add(time.Minute),
		Title: "TEST drillgres can reach you", Meaning: "This is a test. Messages about your backups will look like this one.",
		Cause: "what failed would be here, such as: the dump ends in the middle of COPY public.orders",
		Hint:  "what to do would be here",
		Facts: []Fact{{"real RPO", "the age of the last verified backup"}, {"recovery takes", "how long a recovery from it takes"}},
		Link:  n.RunURL, Report: "a test by drillgres notify test\n", Result: &r,
	}
}
