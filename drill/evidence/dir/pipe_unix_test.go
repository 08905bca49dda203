//go:build unix

package dir

import (
	"errors"
	"syscall"
	"testing"

	"github.com/drillgres/drillgres/drill/evidence"
)

// TestPipe checks that nobody waits for the writer of a pipe.
func TestPipe(t *testing.T) {
	s := Store{root: t.TempDir()}
	if err := syscall.Mkfifo(s.path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), "pipe"); !errors.Is(err, evidence.ErrUnfit) {
		t.Errorf("got %v", err)
	}
}
