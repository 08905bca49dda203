package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/backups"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/shop/production"
)

// TestCorpus drills every fixture through the whole program: each broken one
// must get exactly its code, stage and exit code, each good one must pass, and
// nothing may be left behind.
func TestCorpus(t *testing.T) {
	made := newProductions(t)
	for _, c := range append(backups.Good(), backups.Broken()...) {
		t.Run(c.ID(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var server *production.Server
			if c.Needs() {
				server = made.of(c.DumpMajor())
			}
			config, err := c.Make(t.Context(), server, images.Postgres(t, c.PinnedMajor()), dir)
			if err != nil {
				t.Fatal(err)
			}
			result, exit, stderr := drilled(t, "--config", config)
			expect(t, c, result, exit)
			nothingLeft(t, config)
			if strings.Contains(stderr+fmt.Sprintf("%+v", result), "canary") {
				t.Errorf("a secret of the backup in the output:\n%s\n%+v", stderr, result)
			}
		})
	}
}

func expect(t *testing.T, c backups.Case, r outcome.Result, exit int) {
	t.Helper()
	if len(r.Leftovers) > 0 {
		t.Errorf("left behind: %q", r.Leftovers)
	}
	if c.Good() {
		if r.Verdict != outcome.VerdictPassed || exit != outcome.ExitPassed {
			t.Errorf("a false alarm: %s, exit %d: %+v", r.Verdict, exit, r.Failure)
		}
		return
	}
	if r.Failure == nil {
		t.Fatalf("%s was missed: %s, exit %d", c.Code, r.Verdict, exit)
	}
	if r.Failure.Code != c.Code || r.Failure.Stage != c.Stage || exit != c.Code.Class().ExitCode() {
		t.Errorf("%s in stage %s, exit %d; want %s in stage %s, exit %d\nmessage: %s\nhint: %s",
			r.Failure.Code, r.Failure.Stage, exit, c.Code, c.Stage, c.Code.Class().ExitCode(), r.Failure.Message, r.Failure.Hint)
	}
	if r.Failure.Message == "" || r.Failure.Hint == "" {
		t.Errorf("a failure without message or hint: %+v", r.Failure)
	}
}

// productions are the servers that dumps are taken from, one a major.
type productions struct {
	t       *testing.T
	ctx     context.Context
	mu      sync.Mutex
	servers map[string]*production.Server
}

func newProductions(t *testing.T) *productions {
	t.Helper()
	images.NeedEngine(t)
	ctx, cancel := context.WithCancel(context.Background())
	p := &productions{t: t, ctx: ctx, servers: map[string]*production.Server{}}
	t.Cleanup(func() {
		defer cancel()
		for major, s := range p.servers {
			if err := s.Close(); err != nil {
				t.Errorf("close production %s: %v", major, err)
			}
		}
	})
	return p
}

func (p *productions) of(major string) *production.Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.servers[major]; ok {
		return s
	}
	s, err := production.Start(p.ctx, images.Postgres(p.t, major), "wal_level=logical")
	if err != nil {
		p.t.Fatal(err)
	}
	p.servers[major] = s
	return s
}

// elsewhere names the tests that provoke the codes which no backup alone can.
var elsewhere = map[outcome.Code]string{
	outcome.SourceDenied:      "TestS3Failures",
	outcome.SourceUnreachable: "TestS3Failures",
	outcome.BackupArchived:    "TestS3Failures",
	outcome.BackupChanged:     "TestS3Failures",
	outcome.ChecksumMismatch:  "TestChecksumBesideTheBackup",
	outcome.EngineUnreachable: "TestEngineUnreachable",
	outcome.ImageWrongMajor:   "TestImageOfAnotherMajor",
	outcome.IsolationBroken:   "docker.TestIsolation…: no engine at hand gives a network to a container that asked for none",
	outcome.ClientTooOld:      "TestClientTooOld",
	outcome.SandboxLost:       "TestSandboxLost",
	outcome.AppStartFailed:    "TestAppFailures",
	outcome.AppNotReady:       "TestAppFailures",
	outcome.SmokeFailed:       "TestAppFailures",
	outcome.Interrupted:       "TestSignals",
	outcome.ConfigInvalid:     "TestScripts",
	outcome.ContentDrifted:    "TestDrift",
	outcome.ControlFailed:     "TestProve",
	outcome.Internal:          "drill.TestRunClassifies: a bug cannot be provoked from outside",
}

// TestEveryCodeIsProvoked holds the catalogue to its fixtures.
func TestEveryCodeIsProvoked(t *testing.T) {
	broken := backups.Broken()
	for _, e := range outcome.Catalogue {
		inCorpus := slices.ContainsFunc(broken, func(c backups.Case) bool { return c.Code == e.Code })
		if _, here := elsewhere[e.Code]; inCorpus == here {
			t.Errorf("%s: provoked by the corpus: %t; by a test of its own: %t", e.Code, inCorpus, here)
		}
	}
	for _, c := range broken {
		if !slices.ContainsFunc(outcome.Catalogue, func(e outcome.Entry) bool { return e.Code == c.Code }) {
			t.Errorf("%s is not in the catalogue", c.Code)
		}
	}
}
