package command_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/command"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func source(t *testing.T, script string) *command.Source {
	t.Helper()
	return command.New(config.Command{Run: []string{"sh", "-c", script}, Env: map[string]config.Value{"FROM_CONFIG": "canary"}, Name: "shop.dump"}, t.TempDir(), time.Now)
}

func read(ctx context.Context, t *testing.T, s *command.Source) (string, error) {
	t.Helper()
	body, err := s.Stream(ctx, locate.Object{})
	if err != nil {
		return "", err
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	return string(content), err
}

func TestOutput(t *testing.T) {
	for name, c := range map[string]struct{ script, want string }{
		"text":               {"echo dump", "dump\n"},
		"nothing":            {"true", ""},
		"a pipeline":         {"printf abc | cat", "abc"},
		"its environment":    {"printf %s \"${#FROM_CONFIG}\"", "6"},
		"with messages":      {"echo working >&2; echo dump", "dump\n"},
		"more than a buffer": {"head -c 300000 /dev/zero | tr '\\0' x", strings.Repeat("x", 300_000)},
	} {
		if got, err := read(t.Context(), t, source(t, c.script)); err != nil || got != c.want {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// TestFailures checks that only a program that ends with exit status 0 has written a whole
// backup.
func TestFailures(t *testing.T) {
	for name, c := range map[string]struct{ script, says string }{
		"exit status":      {"echo half; exit 12", "sh ended with exit status 12"},
		"killed":           {"echo half; kill -9 $$", "signal: killed"},
		"its last message": {"echo half; echo 'Fatal: connection refused' >&2; exit 1", "exit status 1; its last messages: Fatal: connection refused"},
		"its error":        {"echo 'IntegrityError: checksum mismatch' >&2; echo 'Traceback:' >&2; echo '  raise IntegrityError(' >&2; echo 'Borg: 1.2.4' >&2; echo 'PID: 1' >&2; echo 'argv: borg' >&2; exit 2", "its last messages: IntegrityError: checksum mismatch"},
		"not found":        {"exec /nowhere/restic", "exit status 127"},
	} {
		_, err := read(t.Context(), t, source(t, c.script))
		sourcetest.WantCode(t, err, outcome.CommandFailed)
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	missing := command.New(config.Command{Run: []string{"/nowhere/restic", "canary-argument"}}, "", time.Now)
	_, err := read(t.Context(), t, missing)
	sourcetest.WantCode(t, err, outcome.CommandFailed)
	if strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "start restic") {
		t.Errorf("not found: %v", err)
	}
}

// TestMessagesHideData checks that words of the program's messages that may be data or a
// secret are not shown.
func TestMessagesHideData(t *testing.T) {
	_, err := read(t.Context(), t, source(t, "echo \"password is $FROM_CONFIG for ada@example.org\" >&2; exit 1"))
	if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "ada@") {
		t.Errorf("%v", err)
	}
}

// TestClose checks that closing early ends the program and everything that it started.
func TestClose(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	s := source(t, "(while true; do sleep 0.05; touch '"+mark+"'; done) & echo begun; wait")
	body, err := s.Stream(t.Context(), locate.Object{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(body, make([]byte, len("begun\n"))); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := body.Close(); err != nil || time.Since(began) > 20*time.Second {
		t.Errorf("closed after %s, %v", time.Since(began), err)
	}
	if err := os.Remove(mark); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	deadline := time.After(500 * time.Millisecond)
	<-deadline
	if _, err := os.Stat(mark); err == nil {
		t.Error("a child of the program still runs")
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("too late")
	body, err := source(t, "echo begun; sleep 600").Stream(ctx, locate.Object{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if _, err := io.ReadFull(body, make([]byte, len("begun\n"))); err != nil {
		t.Fatal(err)
	}
	cancel(cause)
	if _, err := io.ReadAll(body); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestNames(t *testing.T) {
	s := command.New(config.Command{Run: []string{"/usr/bin/restic", "dump", "canary"}, Name: "shop.dump"}, "", time.Now)
	objects, err := s.List(t.Context())
	if err != nil || len(objects) != 1 || objects[0].Key != "shop.dump" || objects[0].Size != locate.UnknownSize {
		t.Errorf("%+v, %v", objects, err)
	}
	if uri := s.URI(objects[0]); uri != "command:restic/shop.dump" {
		t.Error(uri)
	}
}
