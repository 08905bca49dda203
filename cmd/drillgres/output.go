package main

import (
	"bytes"
	"io"
	"os"

	"github.com/google/renameio/v2/maybe"

	"github.com/drillgres/drillgres/drill/outcome"
)

// writeFile writes the file that a flag names, unless path is empty. It replaces the file
// atomically, except on Windows, which does not support that.
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
		return outcome.Fail(outcome.ConfigInvalid, "write the result: %w", err).WithHint("set %s to a file that can be written", flag)
	}
	return nil
}

// replace replaces a regular file. It writes to a device, a pipe or a link instead, because
// replacing /dev/stdout would turn it into a file.
func replace(path string, content []byte) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, content, 0o600)
	}
	return maybe.WriteFile(path, content, 0o600)
}
