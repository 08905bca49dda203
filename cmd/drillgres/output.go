package main

import (
	"bytes"
	"io"
	"os"

	"github.com/google/renameio/v2/maybe"

	"github.com/drillgres/drillgres/drill/outcome"
)

// writeFile writes the file that a flag names; an empty path is no file. A
// reader sees the old content or the new one, never a part of it, except on
// Windows, which cannot replace a file that way.
func writeFile(flag, path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	var content bytes.Buffer
	err := write(&content)
	if err == nil {
		err = replace(path, content.Bytes())
	}
	if err != nil {
		return outcome.Fail(outcome.ConfigInvalid, "write the result: %w", err).WithHint("name a file that can be written with %s", flag)
	}
	return nil
}

// replace replaces a regular file. A device, a pipe or a link is written to:
// replacing /dev/stdout would put a file in its place.
func replace(path string, content []byte) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, content, 0o600)
	}
	return maybe.WriteFile(path, content, 0o600)
}
