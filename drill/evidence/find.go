package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/words"
)

// Found is the record of a drill as it is stored.
type Found struct {
	SHA256 string `json:"sha256"` // of its statement.json
	KeyID  string `json:"key_id"` // of the key that is said to have signed it; not verified
	Record Record `json:"record"`
}

// Find returns the records of the runs whose ids begin with run. It verifies nothing.
// database may be empty.
func Find(ctx context.Context, s Store, run, database string) (found []Found, err error) {
	paths, err := s.List(ctx, database)
	if err != nil {
		return nil, err
	}
	exact := false
	for _, p := range paths {
		id := path.Base(path.Dir(p))
		if path.Base(p) != StatementFile || !strings.HasPrefix(id, run) || exact && id != run {
			continue
		}
		content, err := s.Read(ctx, p)
		if err != nil {
			return nil, err
		}
		e, err := parseEnvelope(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		parsed, err := parseRecord(e.Payload)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		if id == run && !exact {
			found, exact = nil, true
		}
		found = append(found, Found{SHA256: hashOf(content), KeyID: words.Printable(e.Signatures[0].KeyID, longestID), Record: parsed.Predicate})
	}
	return found, nil
}

// DigestOf returns the digest of a backup: of a file, or of the files of a dump in directory
// format.
func DigestOf(ctx context.Context, name string) ([]Subject, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		sum, err := hashFile(ctx, name)
		return []Subject{{Name: name, Digest: map[string]string{"sha256": sum}}}, err
	}
	entries, err := os.ReadDir(name) // sorted by name
	if err != nil {
		return nil, err
	}
	sums := sha256.New()
	for _, entry := range entries {
		if !dumpfile.Is(entry.Name()) {
			continue
		}
		sum, err := hashFile(ctx, filepath.Join(name, entry.Name()))
		if err != nil {
			return nil, err
		}
		_, _ = fmt.Fprintf(sums, "%s  %s\n", sum, entry.Name()) // a hash takes everything
	}
	return []Subject{{Name: name, Digest: map[string]string{"dirHash": hex.EncodeToString(sums.Sum(nil))}}}, nil
}

func hashFile(ctx context.Context, name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, interruptible{ctx, f}); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// interruptible is a reader that ends with its context.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (r interruptible) Read(b []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(b)
}
