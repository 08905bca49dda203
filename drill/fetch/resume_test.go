package fetch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestResumes(t *testing.T) {
	content := random(5*partSize + 7)
	for name, plan := range map[string]func(n int, offset, length int64) sourcetest.Fault{
		"broken connections": func(n int, _, _ int64) sourcetest.Fault {
			return sourcetest.Fault{Cut: n%3 != 0, After: int64(n * 37 % partSize)}
		},
		"answers that end early": func(n int, _, _ int64) sourcetest.Fault {
			return sourcetest.Fault{End: n%2 == 1, After: 100}
		},
		"answers that stall": func(n int, _, _ int64) sourcetest.Fault {
			return sourcetest.Fault{Stall: n%4 == 1, After: 10}
		},
		"answers that never begin": func(n int, _, _ int64) sourcetest.Fault {
			return sourcetest.Fault{Stall: n%4 == 1}
		},
		// More breaks than attempts, but each attempt returns a byte.
		"one byte at a time": func(_ int, _, length int64) sourcetest.Fault {
			return sourcetest.Fault{Cut: length > partSize-30, After: 1}
		},
		"a server that comes back": func(n int, _, _ int64) sourcetest.Fault {
			if n > 8 {
				return sourcetest.Fault{}
			}
			return sourcetest.Fault{Refuse: outcome.Fail(outcome.SourceUnreachable, "503 Service Unavailable")}
		},
		"a reset after the last byte": func(int, int64, int64) sourcetest.Fault {
			return sourcetest.Fault{Cut: true, After: partSize}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := backup(t, content)
			b.Source = &sourcetest.Faulty{Source: b.Source, Plan: plan}
			var reported progress
			file, err := fetcher(t, drain).Fetch(t.Context(), b, reported.report)
			if err != nil {
				t.Fatal(err)
			}
			checkFile(t, file, content)
			reported.check(t, int64(len(content)))
		})
	}
}

func TestResumesWhereItStopped(t *testing.T) {
	b := backup(t, random(partSize))
	var mu sync.Mutex
	var offsets []int64
	b.Source = &sourcetest.Faulty{Source: b.Source, Plan: func(_ int, offset, _ int64) sourcetest.Fault {
		mu.Lock()
		defer mu.Unlock()
		offsets = append(offsets, offset)
		return sourcetest.Fault{Cut: offset < 900, After: 300}
	}}
	if _, err := fetcher(t, drain).Fetch(t.Context(), b, nil); err != nil {
		t.Fatal(err)
	}
	if want := []int64{0, 300, 600, 900}; !slices.Equal(offsets, want) {
		t.Errorf("requested from %v, want %v", offsets, want)
	}
}

func TestSlowIsNotStalled(t *testing.T) {
	b := backup(t, random(2*partSize))
	faulty := &sourcetest.Faulty{Source: b.Source, Plan: func(int, int64, int64) sourcetest.Fault {
		return sourcetest.Fault{Pace: 100 * time.Millisecond}
	}}
	b.Source = faulty
	f := fetcher(t, drain)
	f.Stall = time.Second // less than a part takes, more than its longest gap
	if _, err := f.Fetch(t.Context(), b, nil); err != nil {
		t.Fatal(err)
	}
	if faulty.Calls() != 2 {
		t.Errorf("%d requests for 2 parts", faulty.Calls())
	}
}

func TestGivesUp(t *testing.T) {
	b := backup(t, random(partSize))
	refused := outcome.Fail(outcome.SourceUnreachable, "connection refused").WithHint("start the server")
	faulty := &sourcetest.Faulty{Source: b.Source, Plan: func(n int, _, _ int64) sourcetest.Fault {
		if n == 1 {
			return sourcetest.Fault{Cut: true, After: 123}
		}
		return sourcetest.Fault{Refuse: refused}
	}}
	b.Source = faulty
	f := fetcher(t, drain)
	f.Attempts = 4
	_, err := f.Fetch(t.Context(), b, nil)
	sourcetest.WantCode(t, err, outcome.SourceUnreachable)
	for _, want := range []string{"byte 123 of 1000", "4 attempts", "connection refused"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not contain %q", err, want)
		}
	}
	if hint := outcome.AsFailure(err).Hint; hint != refused.Hint {
		t.Errorf("the hint is %q", hint)
	}
	// The first attempt returned bytes: it is the first of four consecutive failures.
	if faulty.Calls() != 4 {
		t.Errorf("%d requests", faulty.Calls())
	}
}

func TestDoesNotRetryPermanentErrors(t *testing.T) {
	for _, code := range []outcome.Code{
		outcome.BackupChanged, outcome.BackupArchived, outcome.SourceDenied, outcome.SourceNotFound,
	} {
		b := backup(t, random(20*partSize))
		faulty := &sourcetest.Faulty{Source: b.Source, Plan: func(_ int, offset, _ int64) sourcetest.Fault {
			if offset < 3*partSize {
				return sourcetest.Fault{}
			}
			return sourcetest.Fault{Refuse: outcome.Fail(code, "no")}
		}}
		b.Source = faulty
		f := fetcher(t, drain)
		_, err := f.Fetch(t.Context(), b, nil)
		sourcetest.WantCode(t, err, code)
		if faulty.Calls() > 3+f.Parallel {
			t.Errorf("%s: %d requests", code, faulty.Calls())
		}
	}
}

func TestReplacedDuringTheDownload(t *testing.T) {
	var m sourcetest.Memory
	m.Put(t, "shop.dump", random(20*partSize))
	b := chosen(t, &m)
	b.Source = &sourcetest.Faulty{Source: &m, Plan: func(n int, _, _ int64) sourcetest.Fault {
		if n == 3 {
			m.Put(t, "shop.dump", random(20*partSize))
		}
		return sourcetest.Fault{}
	}}
	_, err := fetcher(t, drain).Fetch(t.Context(), b, nil)
	sourcetest.WantCode(t, err, outcome.BackupChanged)
}

func TestResponseThatIsTooLong(t *testing.T) {
	for name, pace := range map[string]time.Duration{
		"at once":                 0,
		"after the part was read": 20 * time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			b := backup(t, random(200))
			b.Source = &sourcetest.Faulty{Source: b.Source, Plan: func(int, int64, int64) sourcetest.Fault {
				return sourcetest.Fault{Extra: []byte("and more"), Pace: pace}
			}}
			_, err := fetcher(t, drain).Fetch(t.Context(), b, nil)
			sourcetest.WantCode(t, err, outcome.SourceUnreachable)
		})
	}
}

func TestCancelled(t *testing.T) {
	cause := errors.New("the user pressed Ctrl-C")
	for name, fault := range map[string]sourcetest.Fault{
		"while no bytes arrive":      {Stall: true, After: 10},
		"while it waits to retry":    {Cut: true},
		"while it cannot be reached": {Refuse: outcome.Fail(outcome.SourceUnreachable, "no route to host")},
	} {
		t.Run(name, func(t *testing.T) {
			b := backup(t, random(20*partSize))
			asked := make(chan struct{}, 1000)
			b.Source = &sourcetest.Faulty{Source: b.Source, Plan: func(int, int64, int64) sourcetest.Fault {
				asked <- struct{}{}
				return fault
			}}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() {
				<-asked
				cancel(cause)
			}()
			f := fetcher(t, drain)
			f.Stall, f.Backoff = time.Hour, time.Hour
			if _, err := f.Fetch(ctx, b, nil); !errors.Is(err, cause) {
				t.Errorf("got %v, want the cause", err)
			}
		})
	}
}
