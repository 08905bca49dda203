package actions

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"
)

// Output is an output of a step.
type Output struct{ Name, Value string }

// SetOutputs appends outputs to the file that the runner names in GITHUB_OUTPUT.
// The last of several outputs with the same name is used.
func SetOutputs(path string, outputs ...Output) error {
	// A random delimiter cannot occur in a value, so no value can end itself.
	delimiter := "end-" + rand.Text()
	var text strings.Builder
	for _, o := range outputs {
		fmt.Fprintf(&text, "%s<<%s\n%s\n%s\n", o.Name, delimiter, o.Value, delimiter)
	}
	if err := appendTo(path, []byte(text.String())); err != nil {
		return fmt.Errorf("write the step's outputs: %w", err)
	}
	return nil
}

// SummaryLimit is the maximum size of a step's summary in bytes. GitHub shows
// nothing of a larger one.
const SummaryLimit = 1 << 20

// AddSummary appends what write writes to the file that the runner names in
// GITHUB_STEP_SUMMARY. limit is the number of bytes that still fit.
func AddSummary(path string, write func(w io.Writer, limit int) error) error {
	limit := SummaryLimit
	if info, err := os.Stat(path); err == nil {
		limit -= int(info.Size())
	}
	if limit <= 0 {
		return nil // the summary is already full
	}
	var text bytes.Buffer
	if err := write(&text, limit); err != nil {
		return err
	}
	if err := appendTo(path, text.Bytes()); err != nil {
		return fmt.Errorf("write the step's summary: %w", err)
	}
	return nil
}

func appendTo(path string, text []byte) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
