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

// SetOutputs appends outputs to the file that the runner names in
// GITHUB_OUTPUT; of two with one name the later counts.
func SetOutputs(path string, outputs ...Output) error {
	// Nobody can know the line that ends a value, and so no value can end itself.
	end := "end-" + rand.Text()
	var text strings.Builder
	for _, o := range outputs {
		fmt.Fprintf(&text, "%s<<%s\n%s\n%s\n", o.Name, end, o.Value, end)
	}
	if err := appendTo(path, []byte(text.String())); err != nil {
		return fmt.Errorf("write the step's outputs: %w", err)
	}
	return nil
}

// SummaryLimit is what a step's summary may hold, in bytes; of a larger one
// nothing is shown.
const SummaryLimit = 1 << 20

// AddSummary appends what write makes to the file that the runner names in
// GITHUB_STEP_SUMMARY. limit is how much still fits, in bytes.
func AddSummary(path string, write func(w io.Writer, limit int) error) error {
	limit := SummaryLimit
	if info, err := os.Stat(path); err == nil {
		limit -= int(info.Size())
	}
	if limit <= 0 {
		return nil // who filled it has the last word
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
