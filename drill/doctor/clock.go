package doctor

import (
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// maxSkew is how far two clocks may be apart. It is far above the seconds of a synchronized
// clock, and far below the 15 minutes from which S3 refuses requests.
const maxSkew = time.Minute

// compareClocks compares the time by another clock with when this machine asked for it and
// when it got the answer.
func compareClocks(what, whose string, theirs, before, after time.Time) Answer {
	var skew time.Duration
	switch {
	case theirs.Before(before):
		skew = theirs.Sub(before)
	case theirs.After(after):
		skew = theirs.Sub(after)
	}
	switch {
	case skew > maxSkew:
		return wrong(what, outcome.Fail(outcome.ClockWrong, "the clock of %s is %s ahead of this machine's", whose, words.Span(skew)))
	case skew < -maxSkew:
		return wrong(what, outcome.Fail(outcome.ClockWrong, "the clock of %s is %s behind this machine's", whose, words.Span(-skew)))
	}
	return ok(what, "%s", apart(skew))
}

// apart describes a small skew. A Date has no fractions of a second, so less than two
// seconds are none.
func apart(skew time.Duration) string {
	if skew.Abs() < 2*time.Second {
		return "agrees with this machine's"
	}
	return fmt.Sprintf("%s apart from this machine's", words.Span(skew.Abs()))
}

// askSourceClock compares with the clock of the server that has the backups, if it states
// one.
func (x *examination) askSourceClock(b locate.Backup) []Answer {
	clocked, states := b.Source.(locate.Clocked)
	if !states {
		return nil
	}
	theirs, known := clocked.ServerTime()
	if !known {
		return nil
	}
	now := x.Now()
	return []Answer{compareClocks("source's clock", b.Source.URI(locate.Object{}), theirs, now, now)}
}
