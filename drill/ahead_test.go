package drill_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// arrivingScript is a drill whose backup arrives slowly: its server is provisioned twice, for the
// beginning and for all of it, unless the first fits.
type arrivingScript struct {
	*script
	dump     string
	arriving *inspect.Arriving
	early    pod
	fits     bool

	provisioned, begun chan struct{} // closed when the beginning is provisioned, and when its restore begins
	failEarly          error
	failToComplete     error
	lost               int // how often the sandbox of Begin was removed before the server was provisioned
	whole, ahead       int // how many servers were provisioned for the whole backup, and restores begun before it
}

func (s *arrivingScript) Locate(context.Context) (locate.Backup, error) {
	return locate.Backup{URI: "s3://backups/a.sql", Object: locate.Object{Key: "a.sql", Size: 64 << 20}}, nil
}

// Fetch lets the second half of the dump arrive when the first is used.
func (s *arrivingScript) Fetch(ctx context.Context, _ locate.Backup, _ outcome.Progress) (fetch.File, error) {
	set := inspect.NewSet(&layers.Opener{})
	set.FollowedBy(s.arriving)
	s.arriving.Follow(func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s.dump)), nil })
	r, w := io.Pipe()
	go func() {
		half := strings.Index(s.dump, "2\n")
		_, _ = io.WriteString(w, s.dump[:half])
		<-s.provisioned
		if s.failEarly == nil {
			<-s.begun
		}
		_, _ = io.WriteString(w, s.dump[half:])
		_ = w.Close()
	}()
	c, err := set.Scan(ctx, r)
	return fetch.File{Contents: c, Broken: err}, s.at(ctx, outcome.Fetch)
}

func (s *arrivingScript) Provision(_ context.Context, needs inspect.Needs) (provision.Server, error) {
	if needs.Unfinished {
		defer close(s.provisioned)
		return provision.Server{Running: sandbox.Running{Pod: &s.early}}, s.failEarly
	}
	s.whole++
	s.lost = s.abandoned
	return provision.Server{Running: sandbox.Running{Pod: s.pod}}, nil
}

func (s *arrivingScript) Complete(_ context.Context, server provision.Server, _, _ inspect.Needs) (provision.Server, bool, error) {
	return server, s.fits, s.failToComplete
}

func (s *arrivingScript) Restore(ctx context.Context, _ provision.Server, d restore.Dump, _ outcome.Progress) (restore.Restored, error) {
	if d.Arriving == nil {
		return restore.Restored{}, s.at(ctx, outcome.Restore)
	}
	s.ahead++
	close(s.begun)
	if s.early.cause != nil {
		close(s.early.lost)
		<-ctx.Done()
	}
	if _, whole, err := d.Arriving.Accepted(ctx); err != nil || whole.DumpVersion == "" {
		return restore.Restored{}, errors.Join(err, errors.New("not accepted"))
	}
	return restore.Restored{}, s.at(ctx, outcome.Restore)
}

func (s *arrivingScript) drill() drill.Drill {
	d := s.script.drill()
	d.Locator, d.Fetcher, d.Provisioner, d.Restorer, d.Arriving = s, s, s, s, s.arriving
	return d
}

func arrives() *arrivingScript {
	long := strings.Repeat("-- a comment\n", 10_000) // the layers look at the beginning before anything is read
	return &arrivingScript{
		script: newScript(), arriving: inspect.NewArriving(), fits: true, early: pod{lost: make(chan struct{})},
		provisioned: make(chan struct{}), begun: make(chan struct{}),
		dump: "--\n-- PostgreSQL database dump\n--\n-- Dumped from database version 15.1\n-- Dumped by pg_dump version 15.1\n" + long +
			"CREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n2\n\\.\n--\n-- PostgreSQL database dump complete\n--\n",
	}
}

// TestAhead ends a drill whose restore began before its backup was read.
func TestAhead(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*arrivingScript)
		code   outcome.Code
		stage  outcome.Stage
		whole  int // servers for the whole backup
		ahead  int
	}{
		"it fits":                     {ahead: 1},
		"it needs another server":     {change: func(s *arrivingScript) { s.fits = false }, ahead: 1, whole: 1},
		"no server for the beginning": {change: func(s *arrivingScript) { s.failEarly = errors.New("no") }, whole: 1},
		"no way into the server":      {change: func(s *arrivingScript) { s.failToComplete = errors.New("not permitted to log in") }, ahead: 1, whole: 1},
		"the backup is broken": {
			change: func(s *arrivingScript) {
				s.dump = strings.Replace(s.dump, "-- PostgreSQL database dump complete", "", 1)
			},
			code: outcome.DumpTruncated, stage: outcome.Inspect, ahead: 1,
		},
		"the download fails": {
			change: func(s *arrivingScript) { s.fail[outcome.Fetch] = outcome.Fail(outcome.SourceUnreachable, "gone") },
			code:   outcome.SourceUnreachable, stage: outcome.Fetch, ahead: 1,
		},
		"the restore fails": {
			change: func(s *arrivingScript) { s.fail[outcome.Restore] = outcome.Fail(outcome.CopyFailed, "no") },
			code:   outcome.CopyFailed, stage: outcome.Restore, ahead: 1,
		},
		"the sandbox is lost": {
			change: func(s *arrivingScript) { s.early.cause = outcome.Fail(outcome.SandboxLost, "gone") },
			code:   outcome.SandboxLost, stage: outcome.Restore, ahead: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := arrives()
			if c.change != nil {
				c.change(s)
			}
			done := make(chan outcome.Result)
			go func() { done <- s.drill().Run(t.Context()) }()
			var r outcome.Result
			select {
			case r = <-done:
			case <-time.After(time.Minute):
				t.Fatal("the drill does not end")
			}
			switch {
			case c.code == "" && r.Failure != nil:
				t.Errorf("failed: %+v", r.Failure)
			case c.code != "" && (r.Failure == nil || r.Failure.Code != c.code || r.Failure.Stage != c.stage):
				t.Errorf("got %+v, want %s in stage %s", r.Failure, c.code, c.stage)
			}
			if s.whole != c.whole || s.ahead != c.ahead || s.early.closed != 1 || s.pod.closed != c.whole {
				t.Errorf("%d servers for the whole backup, %d restores ahead; closed %d and %d times", s.whole, s.ahead, s.early.closed, s.pod.closed)
			}
		})
	}
}

// TestTheSandboxWaitsForABackup that cannot be loaded while it arrives.
func TestTheSandboxWaitsForABackup(t *testing.T) {
	s := arrives()
	s.dump = strings.Replace(s.dump, "CREATE TABLE", "BEGIN;\nCREATE TABLE", 1)
	s.failEarly = errors.New("no")
	close(s.provisioned) // nobody waits for it
	if r := s.drill().Run(t.Context()); r.Failure != nil || s.whole != 1 || s.ahead != 0 || s.lost != 0 {
		t.Errorf("%+v; %d servers for the whole backup, %d restores ahead, %d sandboxes removed", r.Failure, s.whole, s.ahead, s.lost)
	}
}

// TestAServerThatDoesNotFitIsLeftBehind names what could not be removed.
func TestAServerThatDoesNotFitIsLeftBehind(t *testing.T) {
	s := arrives()
	s.fits, s.early.left = false, []string{"container x"}
	r := s.drill().Run(t.Context())
	if r.Failure == nil || r.Failure.Stage != outcome.Provision || !slices.Contains(r.Leftovers, "container x") {
		t.Errorf("%+v, leftovers %q", r.Failure, r.Leftovers)
	}
}
