package codec

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

// FuzzReader reads arbitrary bytes by each library: it must end, in io.EOF or in
// a Failure, and must read the source to its end before io.EOF.
func FuzzReader(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && compression(file) != "" && len(b) < 4000 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		name := Detect(b)
		if name == "" {
			return
		}
		z, err := open(t.Context(), name, bytes.NewReader(b), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		_, err = io.CopyN(io.Discard, z, 4<<20)
		var failure *outcome.Failure
		switch {
		case err == nil, errors.As(err, &failure):
		case err != io.EOF: //nolint:errorlint // the reader's own end
			t.Errorf("%s: %v", name, err)
		case z.Consumed() != int64(len(b)):
			t.Errorf("%s: consumed %d bytes of %d", name, z.Consumed(), len(b))
		}
	})
}
