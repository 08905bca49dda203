// Package serve shows the pages of package page over HTTP, read only.
package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/page"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
)

// Site is the pages of a history. Its fields must not change once it is used.
type Site struct {
	History *record.History
	Targets map[string]fleet.Targets // of the databases of the config
	Days    int
	Now     func() time.Time
	Log     *slog.Logger

	mu      sync.Mutex
	reading chan struct{} // is closed once the history has been read; nil: nobody reads it
	read    fleet.Fleet   // what was read last; its time is zero before that
	failed  error         // why it could not be read
	ended   time.Time     // when that was
}

// Handler returns the pages. more are further ones, by their pattern, such as "GET /metrics".
func (s *Site) Handler(more map[string]http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", s.page(s.wall))
	mux.Handle("GET /databases/{database}", s.page(s.database))
	mux.Handle("GET /drills/{run}", s.page(s.drill))
	mux.Handle("GET /badges/{file}", s.page(s.badge))
	mux.Handle("GET /api/databases", s.page(s.databasesJSON))
	mux.Handle("GET /api/drills/{run}", s.page(s.drillJSON))
	mux.HandleFunc("GET "+healthPath, s.health)
	for pattern, h := range more {
		mux.Handle(pattern, h)
	}
	mux.Handle("/", s.page(func(context.Context, *http.Request) (answer, error) { return answer{}, nil }))
	return hardened(mux)
}

// healthPath is the page that a load balancer asks; it needs no user.
const healthPath = "/healthz"

// answer is what a page consists of. Without a kind, there is no such page.
type answer struct {
	kind  string // of the content
	cache string
	body  func(io.Writer) error
}

const (
	htmlKind = "text/html; charset=utf-8"
	jsonKind = "application/json"
	svgKind  = "image/svg+xml"
)

// Pages change with time, and a drill on record never does, except for what is beside it.
const (
	briefly = "private, max-age=15"
	fresh   = "no-cache"
)

// page returns a handler that writes an answer, whole or not at all.
func (s *Site) page(make func(context.Context, *http.Request) (answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := make(r.Context(), r)
		var body bytes.Buffer
		if err == nil && a.kind != "" {
			err = a.body(&body)
		}
		switch {
		case r.Context().Err() != nil: // the reader has left
		case err != nil:
			s.Log.Error("page", "path", r.URL.Path, "err", report.Clean(err.Error()))
			s.message(w, http.StatusServiceUnavailable, "Not available", "The history cannot be read at the moment. The log of drillgres serve says why.")
		case a.kind == "":
			s.message(w, http.StatusNotFound, "Not found", "There is no such page, database or drill.")
		default:
			sum := sha256.Sum256(body.Bytes())
			w.Header().Set("Content-Type", a.kind)
			if a.kind == svgKind { // a badge is made to be shown by another site, such as a wiki beside this one
				w.Header().Set("Cross-Origin-Resource-Policy", "same-site")
			}
			w.Header().Set("Cache-Control", a.cache)
			w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body.Bytes()))
		}
	})
}

func (s *Site) message(w http.ResponseWriter, status int, title, message string) {
	w.Header().Set("Content-Type", htmlKind)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := page.MessagePage(w, title, message); err != nil {
		s.Log.Debug("page", "err", err) // the reader has left
	}
}

// rest is how long a history is not read again after a read, so that many readers cost what
// one does.
const rest = 10 * time.Second

// fleet returns the state of all databases, as it was read at most rest ago. All who ask at
// the same time wait for one read, each as long as its own ctx allows.
func (s *Site) fleet(ctx context.Context) (fleet.Fleet, error) {
	s.mu.Lock()
	if age := s.Now().Sub(s.ended); s.reading == nil && (s.ended.IsZero() || age < 0 || age >= rest) {
		s.reading = make(chan struct{})
		go s.load(context.WithoutCancel(ctx), s.reading) // others may wait for it when this reader has left
	}
	reading := s.reading
	s.mu.Unlock()
	if reading != nil {
		select {
		case <-reading:
		case <-ctx.Done():
			return fleet.Fleet{}, context.Cause(ctx)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read, s.failed
}

// load reads the state of all databases, and closes done. A failure is kept as long as a
// success: a history that is down gets no more questions than one that answers.
func (s *Site) load(ctx context.Context, done chan struct{}) {
	var f fleet.Fleet
	var err error
	defer func() {
		if p := recover(); p != nil { // net/http recovers only from that of a request's own goroutine
			err = fmt.Errorf("panic: %v", p)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.read, s.failed, s.ended, s.reading = f, err, s.Now(), nil
		close(done)
	}()
	f, err = fleet.Read(ctx, s.History, s.Targets, s.Days, s.Now())
}

func (s *Site) wall(ctx context.Context, _ *http.Request) (answer, error) {
	f, err := s.fleet(ctx)
	return answer{htmlKind, briefly, func(w io.Writer) error { return page.WallPage(w, f) }}, err
}

func (s *Site) database(ctx context.Context, r *http.Request) (answer, error) {
	f, err := s.fleet(ctx)
	found := f.Find(r.PathValue("database"))
	if err != nil || found == nil {
		return answer{}, err
	}
	d := *found // others read f, too
	if err := f.LoadTrend(ctx, s.History, &d); err != nil {
		return answer{}, err
	}
	results, err := s.History.Results(ctx, page.Wanted(d))
	return answer{htmlKind, briefly, func(w io.Writer) error { return page.DatabasePage(w, f, d, page.DetailsOf(results)) }}, err
}

func (s *Site) drill(ctx context.Context, r *http.Request) (answer, error) {
	f, results, err := s.run(ctx, r)
	if err != nil || len(results) == 0 {
		return answer{}, err
	}
	earlier, err := s.History.Results(ctx, page.WantedBefore(f, results))
	return answer{htmlKind, briefly, func(w io.Writer) error { return page.DrillPage(w, f, results, page.DetailsOf(earlier), true) }}, err
}

// run returns the drills of a run, one per database.
func (s *Site) run(ctx context.Context, r *http.Request) (f fleet.Fleet, results []outcome.Result, err error) {
	if f, err = s.fleet(ctx); err != nil {
		return f, nil, err
	}
	run := r.PathValue("run")
	entries, err := s.History.Entries(ctx, record.Filter{Run: run})
	if err != nil {
		return f, nil, err
	}
	var exact []record.Entry
	for _, e := range entries {
		if e.RunID == run && e.Kind == outcome.KindDrill && len(exact) < mostDatabases {
			exact = append(exact, e)
		}
	}
	results, err = s.History.Results(ctx, exact)
	return f, results, err
}

// mostDatabases is the number of databases of one run that its page shows.
const mostDatabases = 50

func (s *Site) badge(ctx context.Context, r *http.Request) (answer, error) {
	name, isBadge := strings.CutSuffix(r.PathValue("file"), ".svg")
	f, err := s.fleet(ctx)
	d := f.Find(name)
	if err != nil || d == nil || !isBadge {
		return answer{}, err
	}
	return answer{svgKind, fresh, func(w io.Writer) error { return page.Badge(w, *d, s.Now(), true) }}, nil
}

func (s *Site) databasesJSON(ctx context.Context, _ *http.Request) (answer, error) {
	f, err := s.fleet(ctx)
	return answer{jsonKind, fresh, func(w io.Writer) error { return report.Document(w, f) }}, err
}

func (s *Site) drillJSON(ctx context.Context, r *http.Request) (answer, error) {
	_, results, err := s.run(ctx, r)
	if err != nil || len(results) == 0 {
		return answer{}, err
	}
	return answer{jsonKind, fresh, func(w io.Writer) error { return report.JSON(w, results) }}, nil
}

// healthWithin is how long the health waits for the history. Whoever asks for it has a
// deadline, too.
const healthWithin = 10 * time.Second

// health says whether the history can be read.
func (s *Site) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithTimeoutCause(r.Context(), healthWithin, fmt.Errorf("no answer within %s", healthWithin))
	defer cancel()
	if _, err := s.fleet(ctx); err != nil {
		s.Log.Error("health", "err", report.Clean(err.Error()))
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "the history cannot be read\n")
		return
	}
	_, _ = io.WriteString(w, "ok\n") // the reader has left if this fails
}
