package metrics

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	lockSuffix        = ".lock"
	lockWithin        = 30 * time.Second // half of what a drill has for all metrics
	lockRetryInterval = 50 * time.Millisecond
)

// UpdateTextfile reads the states and writes them to a textfile, while no other process does.
// Otherwise one that read before a drill ended could replace what that drill wrote. The lock
// is a file beside the textfile, which stays.
func UpdateTextfile(ctx context.Context, path string, read func() ([]State, error)) (err error) {
	lock := flock.New(path+lockSuffix, flock.SetFlag(os.O_CREATE|os.O_RDONLY), flock.SetPermissions(0o644)) // another user may drill, too
	limited, cancel := context.WithTimeout(ctx, lockWithin)
	defer cancel()
	if _, err := lock.TryLockContext(limited, lockRetryInterval); err != nil {
		if ctx.Err() == nil && limited.Err() != nil {
			err = fmt.Errorf("another process has held %s for %s", path+lockSuffix, lockWithin)
		}
		return textfileError(path, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	states, err := read()
	if err != nil {
		return err
	}
	return Textfile(path, states)
}

// Textfile writes the metrics of all databases to a file for the textfile collector of the
// node exporter. It replaces the file at once, so that the exporter never reads half of it.
func Textfile(path string, states []State) error {
	return textfileError(path, prometheus.WriteToTextfile(path, registryOf(states)))
}

// textfileError adds to an error what was being done. It returns nil for nil.
func textfileError(path string, err error) error {
	var at *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("write metrics to %s: its directory does not exist", path)
	case errors.As(err, &at): // its path is that of the temporary file
		err = at.Err
	}
	return fmt.Errorf("write metrics to %s: %w", path, err)
}
