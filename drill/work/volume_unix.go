//go:build !windows

package work

import (
	"os"
	"syscall"
)

// onVolume reports whether a directory is on another file system than /.
func onVolume(dir string) bool {
	device := func(path string) (any, bool) {
		info, err := os.Stat(path)
		if err != nil {
			return nil, false
		}
		s, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return nil, false
		}
		return s.Dev, true
	}
	of, known := device(dir)
	root, rootKnown := device("/")
	return known && rootKnown && of != root
}
