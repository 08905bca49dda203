package restore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// TestSplitKeepsRows reads rows of all lengths in several parts at the same time.
func TestSplitKeepsRows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var rows []string
	for i := range 30_000 {
		length := random.IntN(100)
		if i%5_000 == 7 {
			length = chunkSize * (1 + i/10_000) // longer than a chunk
		}
		rows = append(rows, fmt.Sprintf("%d\t%s%s\n", i, strings.Repeat("x", length), strings.Repeat(`\`, 2*random.IntN(3))))
		if i%11 == 0 {
			rows[i] = strings.Replace(rows[i], "x", "\\\n", 1)
		}
		if i%9_000 == 0 {
			rows[i] = fmt.Sprintf("%d\t%s\n", i, strings.Repeat(`\`, 4*chunkSize))
		}
	}
	text := strings.Join(rows, "")
	for name, reader := range map[string]io.Reader{
		"at once":          strings.NewReader(text),
		"little by little": iotest.HalfReader(strings.NewReader(text)),
	} {
		t.Run(name, func(t *testing.T) {
			closed := 0
			s := &split{open: func() (io.Reader, func() error, error) { return reader, func() error { closed++; return nil }, nil }}
			var parts [3]bytes.Buffer
			var g sync.WaitGroup
			for i := range parts {
				g.Go(func() {
					read, done, err := s.opener()()
					if err == nil {
						_, err = io.CopyBuffer(&parts[i], struct{ io.Reader }{read}, make([]byte, 1000+i))
					}
					if err = errors.Join(err, done()); err != nil {
						t.Error(err)
					}
				})
			}
			g.Wait()
			var got []string
			for i := range parts {
				if i < 2 && parts[i].Len() == len(text) {
					t.Errorf("part %d has all rows", i)
				}
				got = append(got, splitRows(parts[i].String())...)
			}
			want := slices.Sorted(slices.Values(rows))
			if slices.Sort(got); !slices.Equal(got, want) || closed != 1 {
				t.Errorf("%d rows, want %d; closed %d times", len(got), len(want), closed)
			}
		})
	}
}

// splitRows takes rows apart as COPY does.
func splitRows(text string) (rows []string) {
	begins := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '\n':
			rows = append(rows, text[begins:i+1])
			begins = i + 1
		}
	}
	if begins < len(text) {
		rows = append(rows, text[begins:])
	}
	return rows
}

// TestSplitFailsForAll ends all parts with the error of the rows, or if one part fails.
func TestSplitFailsForAll(t *testing.T) {
	broken := errors.New("broken")
	rows := io.MultiReader(strings.NewReader(strings.Repeat("row\n", chunkSize)), iotest.ErrReader(broken))
	s := &split{open: func() (io.Reader, func() error, error) { return rows, func() error { return nil }, nil }}
	first, _, _ := s.opener()()
	second, done, _ := s.opener()()
	if _, err := io.Copy(io.Discard, first); !errors.Is(err, broken) {
		t.Errorf("the first ends with %v", err)
	}
	if _, err := io.Copy(io.Discard, second); !errors.Is(err, broken) {
		t.Errorf("the second ends with %v", err)
	}
	if err := done(); err != nil {
		t.Error(err)
	}

	s = &split{open: func() (io.Reader, func() error, error) {
		return strings.NewReader(strings.Repeat("row\n", chunkSize)), func() error { return nil }, nil
	}}
	first, left, _ := s.opener()()
	second, _, _ = s.opener()()
	if _, err := first.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	_ = left()
	if _, err := io.Copy(io.Discard, second); !errors.Is(err, errLeft) {
		t.Errorf("rows that another part has not loaded end with %v", err)
	}
}
