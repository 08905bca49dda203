// Package work is the private directory of one run, and the lock that tells
// every other process of this machine whether that run is still alive.
package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockSuffix = ".lock"
	sharedName = "shared"

	// patience bounds how long New waits for another process that merely
	// looks, for an instant, whether the run is alive.
	patience = 2 * time.Second
	interval = 5 * time.Millisecond
)

var runID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{5,63}$`)

// ValidID tells whether a text can be the id of a run. Whatever comes from a
// directory or a label is checked by it before it becomes part of a path.
func ValidID(id string) bool { return runID.MatchString(id) }

// DefaultRoot is drillgres/work in the user's cache directory.
func DefaultRoot() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache directory: %w", err)
	}
	return filepath.Join(cache, "drillgres", "work"), nil
}

// Dir is the private directory of a living run.
type Dir struct {
	Path   string // mode 0700: nobody else gets in, and so not to Shared either
	Shared string // inside Path, mode 0755: what a container reads in it, mounted for itself
	lock   *flock.Flock
}

// New makes the directory of a run below root and holds its lock until Close,
// or until the process ends in whatever way.
func New(root, id string) (*Dir, error) {
	if !ValidID(id) {
		return nil, fmt.Errorf("make work directory: %q is not a run id", id)
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("make work directory: %w", err)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("make work directory: %w", err)
	}
	if err := identify(root); err != nil {
		return nil, fmt.Errorf("make work directory: %w", err)
	}
	// The lock comes first: a directory without one belongs to nobody.
	lock, err := acquire(filepath.Join(root, id+lockSuffix))
	if err != nil {
		return nil, fmt.Errorf("lock work directory of run %s: %w", id, err)
	}
	d := &Dir{Path: filepath.Join(root, id), lock: lock}
	d.Shared = filepath.Join(d.Path, sharedName)
	if err := d.make(); err != nil {
		// The lock's file stays, so that a sweep finds whatever is there.
		return nil, errors.Join(fmt.Errorf("make work directory: %w", err), lock.Unlock())
	}
	return d, nil
}

// make refuses a directory that is there already: its owner is unknown.
func (d *Dir) make() error {
	if err := os.Mkdir(d.Path, 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(d.Shared, 0o755); err != nil {
		return err
	}
	return os.Chmod(d.Shared, 0o755) // whatever the umask
}

// Close removes the directory and gives up the lock. It may be called twice.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	lock := d.lock
	d.lock = nil
	err := os.RemoveAll(d.Path)
	if err != nil {
		err = fmt.Errorf("remove work directory: %w", err)
	}
	return errors.Join(err, unlock(lock))
}

// acquire locks a file and makes sure that the file it locked still stands
// at its path: a sweeper may have removed it between its making and the lock.
func acquire(path string) (*flock.Flock, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		lock := flock.New(path)
		locked, err := lock.TryLockContext(ctx, interval)
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, errors.New("another process holds the lock")
		}
		if err != nil {
			return nil, err
		}
		if locked && stands(lock) {
			return lock, nil
		}
		if err := lock.Unlock(); err != nil {
			return nil, err
		}
	}
}

func stands(lock *flock.Flock) bool {
	held, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(lock.Path())
	return err == nil && os.SameFile(held, there)
}

// unlock removes the lock's file while the lock is held, so that nobody can
// come to hold a lock that others no longer see. Windows removes no open
// file; there the file goes after the lock.
func unlock(lock *flock.Flock) error {
	removed := os.Remove(lock.Path())
	if err := lock.Unlock(); err != nil {
		return fmt.Errorf("unlock work directory: %w", err)
	}
	if removed != nil {
		removed = os.Remove(lock.Path())
	}
	if removed != nil && !errors.Is(removed, fs.ErrNotExist) {
		return fmt.Errorf("remove lock of work directory: %w", removed)
	}
	return nil
}
