package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/words"
)

// Evidence writes what the verification of evidence found: whether it is valid, what is wrong
// with it, and what it proves.
func Evidence(w io.Writer, r evidence.Report, o Options) error {
	p := newPrinter(o)
	verdict, paint, problems, records := "VALID", p.green, len(r.Problems), 0
	for _, c := range r.Chains {
		problems, records = problems+len(c.Problems), records+len(c.Records)
	}
	summary := words.Count(records, "valid record")
	if !r.Valid {
		verdict, paint = "NOT VALID", p.red
		summary += ", " + words.Count(problems, "problem")
	}
	if r.Unread() {
		verdict = "NOT VERIFIED"
	}
	p.line(paint(verdict) + "  " + p.bold(clean(r.Place)) + "  " + summary)
	for _, c := range r.Chains {
		p.chain(c)
	}
	if len(r.Problems) > 0 {
		p.blank()
		p.problems(r.Problems)
	}
	p.list("proved", r.Proved)
	p.list("not proved", r.NotProved)
	return p.writeTo(w)
}

func (p *printer) list(title string, texts []string) {
	if len(texts) == 0 {
		return
	}
	p.blank()
	p.line(p.bold(title))
	p.bullets(texts)
}

// chain writes the evidence of one database.
func (p *printer) chain(c evidence.Chain) {
	p.blank()
	p.line(p.bold(cmp.Or(clean(c.Database), "unknown database")) + "  " + fmt.Sprintf("%d passed, %d failed, %d unproved", c.Passed, c.Failed, c.Unproved))
	rows := [][]cell{}
	add := func(what, text string) { rows = append(rows, []cell{{"  " + what, nil}, plain(text)}) }
	if len(c.Records) > 0 && !c.Alone {
		first := c.Records[0]
		add("first", fmt.Sprintf("record %d, run %s, %s", first.Number, first.RunID, words.Moment(first.FinishedAt)))
	}
	ends := c.Ends
	if len(c.Problems) > 0 && len(c.Records) > 0 { // a record that is not valid names none, so there are too many ends
		ends = c.Records[len(c.Records)-1:]
	}
	for _, last := range ends {
		add("last", fmt.Sprintf("record %d, run %s, %s, sha256 %s", last.Number, last.RunID, words.Moment(last.FinishedAt), last.SHA256))
	}
	for _, k := range keysOf(c.Records) {
		add("signed with", k)
	}
	if c.Expired > 0 {
		add("expired", words.Count(c.Expired, "record")+" whose retention is over")
	}
	for _, f := range c.Forks {
		add("fork", f)
	}
	p.table(rows)
	p.problems(c.Problems)
}

// keysOf returns the keys that signed records, with the number of records of each.
func keysOf(records []evidence.Ref) (texts []string) {
	var ids []string
	count := map[string]int{}
	for _, r := range records {
		if count[r.KeyID]++; count[r.KeyID] == 1 {
			ids = append(ids, r.KeyID)
		}
	}
	for _, id := range ids {
		texts = append(texts, fmt.Sprintf("%s (%s)", id, words.Count(count[id], "record")))
	}
	return texts
}

// problems writes the first problems: with a wrong key, every record has one.
func (p *printer) problems(problems []evidence.Problem) {
	const most = 20
	rest := len(problems) - most
	for _, x := range problems[:min(len(problems), most)] {
		where := ""
		if x.RunID != "" {
			where = "run " + clean(x.RunID) + ", " + clean(x.File) + ": "
		}
		p.block(p.red("  problem")+"  ", where+x.Message+" ("+string(x.Kind)+")")
	}
	if rest > 0 {
		p.line("  " + words.CountOf(rest, "more problem", "more problems") + " (the JSON has all)")
	}
}

// EvidenceRecord writes the record of one drill.
func EvidenceRecord(w io.Writer, f evidence.Found, o Options) error {
	p := newPrinter(o)
	r := f.Record
	verdict := string(r.Verdict)
	if r.Failure != nil {
		verdict += " (" + string(r.Failure.Code) + ")"
	}
	p.line(p.verdictPaint(r.Verdict)(strings.ToUpper(string(r.Verdict))) + "  " + p.bold(clean(r.Database)) + "  run " + clean(r.RunID))
	p.blank()
	rows := [][]cell{}
	add := func(what, text string) {
		if text != "" {
			rows = append(rows, []cell{{what, nil}, plain(text)})
		}
	}
	add("verdict", verdict)
	add("when", words.Moment(r.StartedAt)+" to "+words.Moment(r.FinishedAt))
	add("by", words.Join(", ", r.Origin.Actor, prefixed("on ", r.Origin.Host), r.Origin.System, r.Origin.Trigger, r.Origin.RunURL, prefixed("commit ", r.Origin.Commit)))
	add("owner", r.Owner)
	add("config", prefixed("sha256 ", r.ConfigSHA256))
	add("backup", words.Join(", ", r.Backup.URI, prefixed("sha256 ", r.Backup.SHA256)))
	for _, i := range r.Images {
		add("image", words.Join(", ", i.Of, i.Name, cmp.Or(i.Digest, "digest unknown")))
	}
	for _, t := range r.Targets {
		add("target", targetText(t))
	}
	add("isolation", isolationText(r))
	add("destroyed", destroyedText(r.Destroyed))
	add("controls", strings.Join(r.Controls, ", "))
	for _, x := range r.Exceptions {
		add("exception", exceptionText(x))
	}
	for _, n := range r.NotProved {
		add("not proved", n)
	}
	add("retention", retentionText(r))
	add("record", fmt.Sprintf("%d, sha256 %s", r.Number, f.SHA256))
	for _, l := range r.Previous {
		add("after", fmt.Sprintf("record %d, run %s, sha256 %s", l.Number, l.RunID, l.SHA256))
	}
	add("key", f.KeyID+" (not verified: run drillgres evidence verify)")
	add("sign-off", "name ____________________  role ____________________  date __________")
	p.table(rows)
	return p.writeTo(w)
}

func isolationText(r evidence.Record) string {
	if r.Isolation.Network == "" {
		return "no sandbox was opened"
	}
	return fmt.Sprintf("network %s, interfaces %s, %s, %s, outbound: %s", r.Isolation.Network, strings.Join(r.Isolation.Interfaces, " "),
		words.Count(r.Isolation.Routes, "route"), words.Count(r.Isolation.PublishedPorts, "published port"), r.Isolation.Outbound)
}

func destroyedText(d evidence.Destruction) string {
	switch {
	case d.Kept:
		return "no: the sandbox was kept on request"
	case !d.Destroyed:
		return "no: " + strings.Join(d.Leftovers, "; ")
	case !d.Restored:
		return "nothing was restored"
	}
	return "yes, by " + words.Moment(d.At)
}

func targetText(t evidence.Target) string {
	seconds := func(s *float64) string { return words.Span(time.Duration(*s * float64(time.Second))) }
	measured := "not measured"
	if t.Measured != nil {
		measured = seconds(t.Measured)
	}
	if t.Target == nil {
		return t.Name + ": " + measured + ", no target"
	}
	text := fmt.Sprintf("%s: %s, target %s (%s)", t.Name, measured, seconds(t.Target), t.Setting)
	switch {
	case t.Met == nil:
		return text
	case *t.Met:
		return text + ", met by " + seconds(t.Margin)
	}
	over := -*t.Margin
	return text + ", exceeded by " + seconds(&over)
}

func exceptionText(x evidence.Exception) string {
	state := "in force"
	if !x.InForce {
		state = "expired"
	}
	applies := ""
	if x.Applies {
		applies = "this drill reported it"
	}
	return words.Join(", ", x.Code+": "+x.Reason, x.Owner, "until "+x.Until, state, applies)
}

func retentionText(r evidence.Record) string {
	if r.RetainUntil.IsZero() {
		return "none configured"
	}
	return "until " + words.Moment(r.RetainUntil) + ", lock: " + r.Lock
}
