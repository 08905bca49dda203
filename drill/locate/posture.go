package locate

import (
	"context"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/lifecycle"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Postured is implemented by a source in a store that can state how it protects objects.
type Postured interface {
	// Posture asks the store, for a few seconds at most. What it does not answer is
	// unknown. If notAccount is not empty, it also asks whether the bucket is in that
	// account.
	Posture(ctx context.Context, notAccount string) Posture
}

// Posture is what a store states about a bucket.
type Posture struct {
	Facts []outcome.Fact
	// Regions are those in which the store keeps each object, if one name does not say it. A
	// pattern of path.Match is several among which the store chooses.
	Regions   []string
	Rules     []lifecycle.Rule
	Versioned bool                        // it keeps versions
	Folder    string                      // what precedes the key of an Object in the bucket
	Mend      map[outcome.FactName]string // the command that changes a property
}

// Expiring is implemented by a source whose credentials may end.
type Expiring interface {
	Credentials(ctx context.Context) Credentials
}

// Credentials are the credentials of a source, as far as it is known how long they are
// valid.
type Credentials struct {
	Text  string    // describes them if they have no known end; empty: unknown
	Why   string    // why it is unknown when they end
	Began time.Time // zero: unknown
	Ends  time.Time // zero: never, or unknown; if Why is set, they may end earlier
}

// askWithin is how long a store may take to answer one question.
const askWithin = 10 * time.Second

// Ask asks a store several questions at the same time. A question returns when its context
// is done.
func Ask(ctx context.Context, questions ...func(context.Context) outcome.Fact) []outcome.Fact {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	facts := make([]outcome.Fact, len(questions))
	var asking sync.WaitGroup
	for i, question := range questions {
		asking.Go(func() {
			facts[i] = question(ctx)
			if ctx.Err() != nil && facts[i].Value == "" {
				facts[i].Why, facts[i].Permission = "no answer within "+words.Span(askWithin), ""
			}
		})
	}
	asking.Wait()
	return facts
}
