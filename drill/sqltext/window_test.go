package sqltext_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// TestRefusedZero checks that the offset counts the bytes behind a zero byte only after
// Resume, however many of them were read with it.
func TestRefusedZero(t *testing.T) {
	for name, r := range map[string]io.Reader{
		"at once":      strings.NewReader("a\nb\x00rest"),
		"byte by byte": iotest.OneByteReader(strings.NewReader("a\nb\x00rest")),
	} {
		w := sqltext.NewWindow(r, 32)
		w.RefuseZeros()
		for {
			if _, ok := w.Next(); !ok {
				break
			}
		}
		var zero *sqltext.ZeroByteError
		if !errors.As(w.Err(), &zero) || zero.Line != 2 || w.Offset() != 3 {
			t.Errorf("%s: %v at offset %d, want line 2 and offset 3", name, w.Err(), w.Offset())
		}
		w.Resume()
		if _, err := io.Copy(io.Discard, w); err != nil || w.Offset() != 8 {
			t.Errorf("%s: %v at offset %d, want 8", name, err, w.Offset())
		}
	}
}
