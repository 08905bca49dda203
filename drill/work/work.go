// Package work manages the private directory of a run, and the lock by which
// every other process on this machine can check whether the run is still alive.
package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockSuffix = ".lock"
	sharedName = "shared"

	// New waits this long for the lock: another process holds it for an instant
	// when it checks whether the run is alive.
	lockWithin        = 2 * time.Second
	lockRetryInterval = 5 * time.Millisecond
)

var runID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{5,63}$`)

// ValidID reports whether a text can be the id of a run. A name from a
// directory or a label is checked with it before it becomes part of a path.
func ValidID(id string) bool { return runID.MatchString(id) }

// DefaultRoot returns drillgres/work in the user's cache directory. Services and
// containers often have no HOME: systemd names a cache directory instead, and otherwise
// the home directory of the user's account counts.
func DefaultRoot() (string, error) {
	cache, err := os.UserCacheDir()
	if err == nil {
		return filepath.Join(cache, "drillgres", "work"), nil
	}
	if dirs := filepath.SplitList(os.Getenv("CACHE_DIRECTORY")); len(dirs) > 0 && filepath.IsAbs(dirs[0]) {
		return filepath.Join(dirs[0], "work"), nil
	}
	account, noAccount := user.Current()
	if noAccount == nil && filepath.Dir(account.HomeDir) != account.HomeDir && isDir(account.HomeDir) {
		return filepath.Join(account.HomeDir, ".cache", "drillgres", "work"), nil
	}
	return "", fmt.Errorf("no directory for the files of a run: %w", err)
}

// isDir reports whether path is an existing directory.
func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Dir is the private directory of a run that is alive.
type Dir struct {
	Path   string // mode 0700: other users cannot read it, nor Shared inside it
	Shared string // inside Path, mode 0755: is mounted into the container, which reads from it
	lock   *flock.Flock
}

// New creates the directory of a run below root and holds its lock until Close,
// or until the process ends or is killed. It returns an error if the directory
// exists or another process holds the lock.
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
	if err := createIdentity(root); err != nil {
		return nil, fmt.Errorf("make work directory: %w", err)
	}
	// The lock comes first: a sweep ignores a directory without a lock file.
	lock, err := acquireLock(filepath.Join(root, id+lockSuffix))
	if err != nil {
		return nil, fmt.Errorf("lock work directory of run %s: %w", id, err)
	}
	d := &Dir{Path: filepath.Join(root, id), lock: lock}
	d.Shared = filepath.Join(d.Path, sharedName)
	if err := d.create(); err != nil {
		// The lock file stays, so that a sweep finds the directory.
		return nil, errors.Join(fmt.Errorf("make work directory: %w", err), lock.Unlock())
	}
	return d, nil
}

// create returns an error if the directory exists, because its owner is unknown.
func (d *Dir) create() error {
	if err := os.Mkdir(d.Path, 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(d.Shared, 0o755); err != nil {
		return err
	}
	return os.Chmod(d.Shared, 0o755) // the umask may have removed bits
}

// Close removes the directory and releases the lock. It may be called twice.
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

// acquireLock creates and locks a file. It tries again if the locked file is no
// longer at its path: a sweep may have removed it between creation and lock.
func acquireLock(path string) (*flock.Flock, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lockWithin)
	defer cancel()
	for {
		lock := flock.New(path)
		locked, err := lock.TryLockContext(ctx, lockRetryInterval)
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, errors.New("another process holds the lock")
		}
		if err != nil {
			return nil, err
		}
		if locked && isCurrent(lock) {
			return lock, nil
		}
		if err := lock.Unlock(); err != nil {
			return nil, err
		}
	}
}

// isCurrent reports whether the locked file is still the file at its path.
func isCurrent(lock *flock.Flock) bool {
	held, err := lock.Stat()
	if err != nil {
		return false
	}
	current, err := os.Lstat(lock.Path())
	return err == nil && os.SameFile(held, current)
}

// unlock removes the lock file before it releases the lock, so that no other
// process can lock a file that is about to disappear. Windows cannot remove an
// open file; there the file is removed after the lock is released.
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
