//go:build !windows

package fetch

import (
	"golang.org/x/sys/unix"
)

// FreeSpace returns how many bytes this user may still write to the file system
// of dir. It returns false if that is unknown.
func FreeSpace(dir string) (int64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // the types differ between systems
}
