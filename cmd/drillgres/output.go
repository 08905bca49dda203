package main

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/google/renameio/v2/maybe"

	"github.com/drillgres/drillgres/drill/outcome"
)

// writeFile writes the file that a flag names, unless path is empty or stdout. It replaces the file
// atomically, except on Windows, which does not support that.
func writeFile(flag, path string, write func(io.Writer) error) error {
	if path == "" || path == standardOutput {
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
// replacing /dev/stdout would turn it into a file. What this process has already written there stays.
func replace(path string, content []byte) error {
	link, err := os.Lstat(path)
	if err != nil || link.Mode().IsRegular() {
		return maybe.WriteFile(path, content, 0o600)
	}
	if !isStandardStream(path) {
		return os.WriteFile(path, content, 0o600)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// isStandardStream reports whether a path leads to where stdout or stderr of this process goes,
// such as a log that the shell opened.
func isStandardStream(path string) bool {
	target, err := os.Stat(path)
	if err != nil {
		return false
	}
	for _, stream := range []*os.File{os.Stdout, os.Stderr} {
		if info, err := stream.Stat(); err == nil && os.SameFile(target, info) {
			return true
		}
	}
	return false
}
