package report

import (
	"fmt"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// onlyLooked begins what is said of a check, so that nobody takes it for a drill.
const onlyLooked = "only looked at, not restored"

// check is one line, and below it what is wrong.
func (p *printer) check(r outcome.Result) {
	p.headline(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.findings(r.Findings)
	p.leftBehind(r)
}

// check has a heading of its own. The table of several says all there is to say
// of one that found nothing wrong.
func (p *page) check(r outcome.Result, several bool) {
	if several && r.Failure == nil && len(r.Findings) == 0 {
		return
	}
	p.paragraph("## " + markedWord(r) + " " + prose(r.Database))
	p.paragraph(prose(sentence(r)))
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.findings(r.Findings)
	p.leftBehind(r)
}

// checked says what a check found at the source.
func checked(r outcome.Result) string {
	if r.Failure != nil {
		return onlyLooked + "; " + meaningOf(*r.Failure) + ": " + string(r.Failure.Code)
	}
	b := r.Backup
	return fmt.Sprintf("%s: %s, %s, written %s ago, newest of %s", onlyLooked, b.URI, words.Size(b.SizeBytes),
		words.Span(r.FinishedAt.Sub(b.ModifiedAt)), words.Count(matched(r), "backup"))
}

// matched is how many backups the source holds, as the locate stage counted.
func matched(r outcome.Result) int {
	for _, s := range r.Stages {
		if n, ok := amount(s, "matched"); ok && s.Stage == outcome.Locate {
			return int(n)
		}
	}
	return 0
}

// sound reports whether a check found nothing wrong. Its verdict is unproved
// then: it proves nothing, and nothing is wrong either.
func sound(r outcome.Result) bool {
	return r.Kind == outcome.KindCheck && r.Failure == nil
}
