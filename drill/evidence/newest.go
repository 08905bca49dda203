package evidence

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/drillgres/drillgres/drill/words"
)

const (
	// window is how many of the newest records of a database are read to find the end of its
	// chain. A run id is the time at which a drill began, so the end is not always the newest.
	window = 64
	// ahead is how far the clock of another machine may be ahead. Records that claim a later
	// time have a window of their own, so that they cannot hide the others.
	ahead = 24 * time.Hour
	// parallel is the number of files that are read at the same time.
	parallel = 16
	// maxNumber is the largest number of a record. Only an invented one comes near it.
	maxNumber = 1<<31 - 1
	// A record that cannot be read is read again: without it, it is not known what it names.
	attempts = 3
	pause    = 500 * time.Millisecond
)

// readAll reads the newest records. It fails if the newest one cannot be read: without it, a
// short outage would begin another chain.
func readAll(ctx context.Context, s Store, database string, paths []string, own PublicKey, now time.Time) ([]linked, error) {
	runs, newest := lastRuns(paths, now)
	records := make([]linked, len(runs))
	var g errgroup.Group
	g.SetLimit(parallel)
	for i, run := range runs {
		g.Go(func() error {
			records[i] = readLinked(ctx, s, database, run, own)
			if run == newest && records[i].unread {
				return records[i].damage
			}
			return nil
		})
	}
	err := g.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return records, err
}

// lastRuns returns the runs whose records may be the end of the chain, and the newest of
// those that are not ahead of the clock.
func lastRuns(paths []string, now time.Time) (runs []string, newest string) {
	var later []string
	limit := aheadOf(now)
	for _, p := range paths {
		if path.Base(p) != StatementFile || strings.Count(p, "/") != 2 {
			continue
		}
		if run := path.Base(path.Dir(p)); run < limit {
			runs = append(runs, run)
		} else {
			later = append(later, run)
		}
	}
	slices.Sort(runs)
	slices.Sort(later)
	runs, later = runs[max(0, len(runs)-window):], later[max(0, len(later)-window):]
	switch {
	case len(runs) > 0:
		newest = runs[len(runs)-1]
	case len(later) > 0:
		newest = later[len(later)-1]
	}
	return append(runs, later...), newest
}

// aheadOf returns the run id from which on runs are ahead of the clock.
func aheadOf(now time.Time) string { return now.Add(ahead).UTC().Format("20060102-150405") }

// readLinked reads a record as far as the next one needs it. A signature with another key is
// not checked: the key may have been replaced since.
func readLinked(ctx context.Context, s Store, database, run string, own PublicKey) linked {
	l := linked{Link: Link{RunID: run, Damaged: true}}
	content, err := readAgain(ctx, s, database+"/"+run+"/"+StatementFile)
	if err != nil {
		l.damage, l.unread = fmt.Errorf("run %s: %w", run, err), !errors.Is(err, ErrUnfit)
		return l
	}
	l.SHA256 = hashOf(content)
	e, err := parseEnvelope(content)
	if err == nil {
		_, invalid := e.verify([]PublicKey{own})
		if l.own = invalid == nil; errors.Is(invalid, errForged) {
			err = invalid
		}
	}
	var parsed statement[Record]
	if err == nil {
		parsed, err = parseRecord(e.Payload)
	}
	rec := parsed.Predicate
	switch {
	case err != nil:
	case rec.Database != database || rec.RunID != run:
		err = fmt.Errorf("it is the record of run %s of %s", words.Printable(rec.RunID, longestID), words.Printable(rec.Database, longestID))
	case rec.Number == maxNumber:
		err = fmt.Errorf("no record can follow number %d", rec.Number)
	}
	if err != nil {
		l.own, l.damage = false, fmt.Errorf("%s of run %s: %w", StatementFile, run, err)
		return l
	}
	l.Link = Link{RunID: run, Number: rec.Number, SHA256: l.SHA256, RetainUntil: rec.RetainUntil}
	l.previous = rec.Previous
	return l
}

// readAgain reads a file, more than once if it must.
func readAgain(ctx context.Context, s Store, name string) (content []byte, err error) {
	for n := range attempts {
		if n > 0 {
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(pause):
			}
		}
		if content, err = s.Read(ctx, name); err == nil || errors.Is(err, ErrUnfit) {
			break
		}
	}
	return content, err
}
