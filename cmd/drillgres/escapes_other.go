//go:build !windows

package main

// showsEscapes reports whether a terminal obeys escape codes.
func showsEscapes(any) bool { return true }
