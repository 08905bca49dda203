package fetch

import (
	"golang.org/x/sys/windows"
)

// FreeSpace returns how many bytes this user may still write to the file system
// of dir. It returns false if that is unknown.
func FreeSpace(dir string) (int64, bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, false
	}
	return int64(free), true
}
