package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// The files of the folder of a drill.
const (
	ResultFile    = "result.json"      // the result, as in the history
	TestFile      = "test-result.json" // a signed statement that generic tools understand; missing if the drill is unproved
	PageFile      = "report.html"      // the result as a page for people; missing if there is none, or it could not be made
	StatementFile = "statement.json"   // the signed record
)

// Values of Record.Lock besides the modes of a store.
const (
	lockNone    = "none"
	lockUnknown = "unknown"
)

// MaxFile bounds a file that is read, in bytes.
const MaxFile = 64 << 20

// ErrUnfit is the error of a Store about something that no drill wrote: a link, a device, or
// a file that is larger than MaxFile.
var ErrUnfit = errors.New("it is not a regular file of at most 64 MiB")

// Store stores the files of evidence. Paths use slashes and are relative to its root.
// Stores are safe for concurrent use.
type Store interface {
	// List returns the paths of everything below a folder that is not a folder, sorted; "" is
	// the root.
	List(ctx context.Context, folder string) ([]string, error)
	// Read returns a file. Its error wraps fs.ErrNotExist if there is none, and ErrUnfit if it
	// is not what a drill writes.
	Read(ctx context.Context, path string) ([]byte, error)
	// Add writes a new file. Its error wraps fs.ErrExist if there is one with other content.
	Add(ctx context.Context, path string, content []byte, keep Retention) error
	Close() error
}

// Locker is a Store that may be able to keep the bytes of files until a time.
type Locker interface {
	// Lock returns the mode in which it keeps files, or an empty string if it keeps none.
	Lock(ctx context.Context) (mode string, err error)
}

// Retention says until when a Locker keeps a file. Its zero value asks for nothing.
type Retention struct {
	Mode  string
	Until time.Time
}

// Recorder writes the evidence of the drills of one database.
type Recorder struct {
	Store   Store
	Signer  Signer
	Context Context
	Now     func() time.Time
	Log     *slog.Logger // gets the hash of each record, which anchors the chain outside of the store

	// Page returns the result as one HTML page for people. nil: there is none.
	Page func(outcome.Result) ([]byte, error)
}

// Tell writes the evidence of a drill. It ignores results of another kind. A record that was
// written is valid also if Tell returns an error, which then is about earlier evidence, its
// retention or its page.
func (w Recorder) Tell(ctx context.Context, r outcome.Result) error {
	if r.Kind != outcome.KindDrill {
		return nil
	}
	sum, err := w.write(ctx, r)
	if err != nil {
		err = fmt.Errorf("write evidence of run %s: %w", r.RunID, err)
	}
	if sum != "" {
		w.Log.Info("evidence written", "run_id", r.RunID, "database", r.Database, "sha256", sum)
	}
	return err
}

// write writes the folder of a drill, and returns the hash of its statement. The statement is
// written last: a folder without it is not evidence.
func (w Recorder) write(ctx context.Context, r outcome.Result) (sum string, err error) {
	rec := recordOf(r, w.Context, w.Now())
	keep, locked := w.retention(ctx, &rec)
	previous, earlier := latest(ctx, w.Store, r.Database, w.Signer.Public, w.Now())
	if previous.unread {
		return "", earlier
	}
	rec.Previous, rec.Number = previous.links, previous.number+1
	page, unmade := w.page(r)
	files, err := w.seal(r, rec, page)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if err := w.Store.Add(ctx, r.Database+"/"+r.RunID+"/"+f.name, f.content, keep); err != nil {
			return "", errors.Join(err, earlier)
		}
	}
	return hashOf(files[len(files)-1].content), errors.Join(locked, earlier, unmade)
}

// file is a file of a folder.
type file struct {
	name    string
	content []byte
}

// page returns the page for people, or none if there is none to make.
func (w Recorder) page(r outcome.Result) ([]file, error) {
	if w.Page == nil {
		return nil, nil
	}
	page, err := w.Page(r)
	if err != nil {
		return nil, fmt.Errorf("it was written without %s: %w", PageFile, err)
	}
	return []file{{PageFile, page}}, nil
}

// seal returns the files of a drill, in the order in which they are written.
func (w Recorder) seal(r outcome.Result, rec Record, page []file) ([]file, error) {
	result, err := record.Encode(r)
	if err != nil {
		return nil, err
	}
	files := []file{{ResultFile, result}}
	if test, ok := testStatement(rec); ok {
		sealed, err := w.Signer.seal(test)
		if err != nil {
			return nil, err
		}
		files = append(files, file{TestFile, sealed})
	}
	files = append(files, page...)
	rec.Files = map[string]string{}
	for _, f := range files {
		rec.Files[f.name] = hashOf(f.content)
	}
	sealed, err := w.Signer.seal(drillStatement(rec))
	return append(files, file{StatementFile, sealed}), err
}

// retention returns how long the store keeps the files, and sets what the record states about
// it. With an error, they are written without a lock.
func (w Recorder) retention(ctx context.Context, rec *Record) (Retention, error) {
	store, ok := w.Store.(Locker)
	if rec.RetainUntil.IsZero() || !ok {
		return Retention{}, nil
	}
	mode, err := store.Lock(ctx)
	switch {
	case err != nil:
		rec.Lock = lockUnknown
		return Retention{}, fmt.Errorf("it was written, but whether evidence.retain holds is unknown: %w", err)
	case mode == "":
		return Retention{}, nil
	}
	rec.Lock = mode
	return Retention{Mode: mode, Until: rec.RetainUntil}, nil
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// cutDigest splits a digest such as sha256:00ff.
func cutDigest(digest string) (algorithm, value string, ok bool) {
	algorithm, value, ok = strings.Cut(digest, ":")
	return algorithm, value, ok && value != ""
}
