package inspect_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
)

const (
	benchHead = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.t (a integer, b text);\n\n"
	benchTail = "\n--\n-- PostgreSQL database dump complete\n--\n"
	benchSize = 256 << 20
)

// repeated returns a text repeatedly without storing all repetitions.
type repeated struct {
	text string
	left int
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.text[r.at:])
	if r.at += n; r.at == len(r.text) {
		r.at = 0
		r.left--
	}
	return n, nil
}

// many returns a reader of benchSize bytes that repeats row.
func many(row string) *repeated {
	text := strings.Repeat(row, 1<<20/len(row))
	return &repeated{text: text, left: benchSize / len(text)}
}

func BenchmarkScan(b *testing.B) {
	const copying = "COPY public.t (a, b) FROM stdin;\n"
	for _, bench := range []struct{ name, before, row, after string }{
		{"copy rows of 20 bytes", copying, "1234\tabcdefghijklmn\n", "\\.\n"},
		{"copy rows of 200 bytes", copying, "1234\t" + strings.Repeat("x", 194) + "\n", "\\.\n"},
		{"copy one endless row", copying, "12345678", "\n\\.\n"},
		{"inserts", "", "INSERT INTO public.t VALUES (1234, 'it''s a value of some length', NULL);\n", ""},
		{"inserts of many rows", "INSERT INTO public.t VALUES (0, '')", ",\n\t(1234, 'it''s a value of some length', NULL)", ";\n"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(benchSize)
			for range b.N {
				r := io.MultiReader(strings.NewReader(benchHead+bench.before), many(bench.row),
					strings.NewReader(bench.after+benchTail))
				if _, err := inspect.Scan(context.Background(), r, layers.Opener{}); err != nil {
					b.Fatal(fmt.Errorf("a good dump: %w", err))
				}
			}
			b.ReportAllocs()
		})
	}
}
