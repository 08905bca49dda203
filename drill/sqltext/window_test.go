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

// TestHold keeps bytes that were read while the buffer moves, up to half of it.
func TestHold(t *testing.T) {
	const size = 64
	text := strings.Repeat("0123456789\n", 40)
	for from := range int64(len(text)) {
		w := sqltext.NewWindow(iotest.OneByteReader(strings.NewReader(text)), size)
		for w.Offset() < from {
			w.Next()
		}
		w.Hold(from)
		for w.Offset() < min(from+size/2, int64(len(text))) {
			w.Next()
			want := text[from:w.Offset()]
			if got := w.Between(from, w.Offset()); string(got) != want {
				t.Fatalf("from %d to %d: got %q, want %q", from, w.Offset(), got, want)
			}
		}
		if want := int64(strings.Count(text[:w.Offset()], "\n")) + 1; w.Line() != want {
			t.Fatalf("at %d: line %d, want %d", w.Offset(), w.Line(), want)
		}
		rest, err := io.ReadAll(w)
		if want := text[len(text)-len(rest):]; err != nil || string(rest) != want || w.Between(from, w.Offset()) != nil && from+size < int64(len(text)) {
			t.Fatalf("from %d: the rest is %q (%v)", from, rest, err)
		}
	}
}
