//go:build !windows

package dir

import (
	"io/fs"
	"syscall"
)

// fileID identifies a file, whatever its name.
type fileID struct{ device, inode uint64 }

// hardLinked returns the identity of a file that has several names.
func hardLinked(info fs.FileInfo) (fileID, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || s.Nlink < 2 {
		return fileID{}, false
	}
	return fileID{uint64(s.Dev), s.Ino}, true //nolint:gosec,unconvert // the types differ between systems
}
