package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// showsEscapes reports whether a console obeys escape codes. Older ones must be asked to.
func showsEscapes(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	console, mode := windows.Handle(f.Fd()), uint32(0)
	return windows.GetConsoleMode(console, &mode) == nil &&
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
