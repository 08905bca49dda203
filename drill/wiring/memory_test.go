package wiring

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
)

func TestMemoryOf(t *testing.T) {
	const gib = 1 << 30
	postgres := config.Postgres{Memory: gib}
	release := &config.Migrate{SQL: "*.sql"}
	for name, c := range map[string]struct {
		db    config.Database
		total int64
		want  int64
	}{
		"the default":               {config.Database{}, 4 * gib, 3 * gib},
		"of an unknown engine":      {config.Database{}, 0, defaultMemory},
		"set":                       {config.Database{Postgres: postgres}, 4 * gib, gib},
		"an application":            {config.Database{Postgres: postgres, App: &config.App{}}, 4 * gib, 2 * gib},
		"of its own memory":         {config.Database{Postgres: postgres, App: &config.App{Memory: 5 * gib}}, 4 * gib, 6 * gib},
		"migrations":                {config.Database{Postgres: postgres, Migrate: release}, 4 * gib, 2 * gib},
		"migrations of another one": {config.Database{Postgres: postgres, Migrate: &config.Migrate{}}, 4 * gib, gib},
		"both":                      {config.Database{Postgres: postgres, App: &config.App{Memory: 5 * gib}, Migrate: release}, 4 * gib, 6 * gib},
	} {
		if server, others := MemoryOf(&c.db, c.total); server+others != c.want {
			t.Errorf("%s: %d and %d, want %d together", name, server, others, c.want)
		}
	}
}

// TestAdmit admits drills to an engine that has 1 GiB, of which 896 MiB are for drills.
func TestAdmit(t *testing.T) {
	w := wired(t, startEngine(t).host, "none:15")
	var log bytes.Buffer
	w.options.Log = slog.New(slog.NewTextHandler(&log, nil))
	database := func(mib config.Size) *config.Database {
		return &config.Database{Name: "a", Postgres: config.Postgres{Memory: mib << 20}}
	}
	// waits reports whether a drill is not admitted beside those that are.
	waits := func(mib config.Size) bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		release := w.Admit(ctx, database(mib))
		release()
		return ctx.Err() != nil
	}
	first, second := w.Admit(t.Context(), database(300)), w.Admit(t.Context(), database(400))
	if waits(196) || !waits(197) {
		t.Error("196 MiB do not fit beside 700 MiB, or 197 MiB do")
	}
	first()
	if waits(496) || !waits(497) || !waits(2000) {
		t.Error("what the first drill released is not free, or more")
	}
	second()
	if alone := w.Admit(t.Context(), database(2000)); !waits(1) {
		t.Error("another drill beside one that is too large")
	} else {
		alone()
	}
	if waits(896) {
		t.Error("not everything was released")
	}
	if !strings.Contains(log.String(), "runs alone") || !strings.Contains(log.String(), "containers=\"2.0 GiB\" engine=\"896.0 MiB\"") {
		t.Errorf("nothing is said about a drill that is too large: %s", log.String())
	}
}

// TestAdmitWithoutEngine checks that the drill itself reports an engine that does not answer.
func TestAdmitWithoutEngine(t *testing.T) {
	w := wired(t, "tcp://127.0.0.1:1", "none:15")
	for range 2 {
		w.Admit(t.Context(), &config.Database{Name: "a"})
	}
}
