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

// Alive reports whether a process holds the lock of the run. If the lock cannot
// be checked, Alive returns true, because a dead run is removed.
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

// Sweep removes the directories of dead runs below root and returns their
// paths. A directory belongs to a run if its name is a run id and its lock file
// is in root. Links are never followed. A root that does not exist is empty.
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

// sweepRun removes the directory of one dead run. It holds the run's lock
// meanwhile, so that two sweeps do not remove the same run.
func sweepRun(root, id string) (swept bool, err error) {
	lock := flock.New(filepath.Join(root, id+lockSuffix), flock.SetFlag(os.O_RDONLY))
	locked, err := lock.TryLock()
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !locked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !isCurrent(lock) {
		return false, lock.Unlock()
	}
	if err := removeDir(filepath.Join(root, id)); err != nil {
		// The lock file stays, so that the next sweep finds what remains.
		return false, errors.Join(err, lock.Unlock())
	}
	return true, unlock(lock)
}

// removeDir removes a directory. It returns an error for anything else with a
// run's name, because no run created it.
func removeDir(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory and was not removed", path)
	}
	return os.RemoveAll(path)
}
