package report

import (
	"fmt"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// onlyChecked begins the sentence of a check, so that no one takes it for a
// drill.
const onlyChecked = "only checked, not restored"

// check writes one line, and below it how the store protects the backups, and what is
// wrong.
func (p *printer) check(r outcome.Result) {
	p.headline(r)
	p.posture(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.findings(r.Findings)
	p.leftBehind(r)
}

// check adds a heading and what is wrong. If there are several checks, one that
// found nothing wrong is only in their table.
func (p *page) check(r outcome.Result, several bool) {
	if several && r.Failure == nil && len(r.Findings) == 0 {
		return
	}
	p.paragraph("## " + markedWord(r) + " " + prose(r.Database))
	p.paragraph(prose(sentence(r)))
	p.facts(postureFacts(r))
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.findings(r.Findings)
	p.leftBehind(r)
}

// checkSentence says what a check found at the source.
func checkSentence(r outcome.Result) string {
	if r.Failure != nil {
		return onlyChecked + "; " + meaningOf(*r.Failure) + ": " + string(r.Failure.Code)
	}
	b := r.Backup
	written := "written at an unknown time"
	if !b.ModifiedAt.IsZero() {
		written = "written " + words.Span(r.FinishedAt.Sub(b.ModifiedAt)) + " ago"
	}
	return fmt.Sprintf("%s: %s, %s, newest of %s", onlyChecked, words.Join(", ", b.URI, words.Size(b.SizeBytes), format(b), madeBy(b)),
		written, words.Count(matchedBackups(r), "backup"))
}

// matchedBackups returns the number of backups that the locate stage found at the
// source.
func matchedBackups(r outcome.Result) int {
	for _, s := range r.Stages {
		if n, ok := amount(s, "matched"); ok && s.Stage == outcome.Locate {
			return int(n)
		}
	}
	return 0
}

// isSoundCheck reports whether r is a check that found nothing wrong. The verdict
// of such a check is unproved, because it restores nothing.
func isSoundCheck(r outcome.Result) bool {
	return r.Kind == outcome.KindCheck && r.Failure == nil
}
