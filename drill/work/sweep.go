package work

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// Alive tells whether the run is alive: somebody holds its lock. When that
// cannot be found out, the run counts as alive, because what counts as dead
// is removed.
func Alive(root, id string) bool {
	if !ValidID(id) {
		return false
	}
	path := filepath.Join(root, id+lockSuffix)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	locked, err := lock.TryRLock()
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil || !locked {
		return true
	}
	return lock.Unlock() != nil
}

// Sweep removes the directories that dead runs left below root, and only
// these: a directory is a run's if its name is a run id and its lock lies
// beside it. Links are never followed. A root that does not exist is empty.
func Sweep(root string) (removed []string, err error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("sweep work directory: %w", err)
	}
	var errs []error
	for _, e := range entries {
		id, isLock := strings.CutSuffix(e.Name(), lockSuffix)
		if !isLock || !ValidID(id) || !e.Type().IsRegular() {
			continue
		}
		swept, err := sweepRun(root, id)
		if err != nil {
			errs = append(errs, fmt.Errorf("sweep run %s: %w", id, err))
		}
		if swept {
			removed = append(removed, filepath.Join(root, id))
		}
	}
	return removed, errors.Join(errs...)
}

// sweepRun holds the dead run's lock while it removes, so that two sweepers
// do not meet.
func sweepRun(root, id string) (swept bool, err error) {
	lock := flock.New(filepath.Join(root, id+lockSuffix), flock.SetFlag(os.O_RDONLY))
	locked, err := lock.TryLock()
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !locked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !stands(lock) {
		return false, lock.Unlock()
	}
	if err := removeDir(filepath.Join(root, id)); err != nil {
		// The lock's file stays, so that the next sweep finds the rest.
		return false, errors.Join(err, lock.Unlock())
	}
	return true, unlock(lock)
}

// removeDir removes a real directory; anything else under a run's name is
// none of ours.
func removeDir(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory: left alone", path)
	}
	return os.RemoveAll(path)
}
