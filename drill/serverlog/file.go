package serverlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// maxLine is the maximum length of a record, or of a text in it, in bytes. The
// excess is dropped.
const maxLine = 1 << 20

// Parse returns the records of a log. The last record may be cut off: it holds
// the fields that are complete.
func Parse(log []byte, format string) []Entry {
	var entries []Entry
	_ = scan(bytes.NewReader(log), format, func(e Entry) error { // neither the reader nor yield can fail
		entries = append(entries, e)
		return nil
	})
	return entries
}

func scan(log io.Reader, format string, yield func(Entry) error) error {
	if format == "jsonlog" {
		return scanJSON(log, yield)
	}
	return scanCSV(log, yield)
}

// Size returns the size of the server's log, in bytes.
func Size(ctx context.Context, s provision.Server) (int64, error) {
	var out bytes.Buffer
	code, err := s.Exec(ctx, sandbox.Command{Args: []string{"sh", "-c", `wc -c <"$0"`, s.Log.Path}, Stdout: &out})
	if err != nil {
		return 0, err
	}
	size, err := strconv.ParseInt(strings.TrimSpace(out.String()), 10, 64)
	if code != 0 || err != nil {
		return 0, fmt.Errorf("%s: exit code %d", s.Log.Path, code)
	}
	return size, nil
}

// Head returns the records from offset on. It reads at most the given number of
// bytes.
func Head(ctx context.Context, s provision.Server, offset, most int64) ([]Entry, error) {
	var out bytes.Buffer
	if _, err := s.Exec(ctx, part(s, offset, most, &out)); err != nil {
		return nil, err
	}
	return Parse(out.Bytes(), s.Log.Format), nil
}

// Each calls yield for each record between offset and end, in bounded memory. It
// stops at an error of yield and returns it.
func Each(ctx context.Context, s provision.Server, offset, end int64, yield func(Entry) error) error {
	log, in := io.Pipe()
	read := make(chan error, 1)
	go func() {
		code, err := s.Exec(ctx, part(s, offset, end-offset, in))
		if err == nil && code != 0 {
			err = fmt.Errorf("%s: exit code %d", s.Log.Path, code)
		}
		in.CloseWithError(err)
		read <- err
	}()
	err := scan(log, s.Log.Format, yield)
	log.CloseWithError(err) // ends the command if scan stopped early
	if failed := <-read; failed != nil && !errors.Is(err, failed) {
		return errors.Join(err, failed)
	}
	return err
}

func part(s provision.Server, offset, length int64, out io.Writer) sandbox.Command {
	return sandbox.Command{
		Args: []string{
			"sh", "-c", `tail -c "+$1" "$0" | head -c "$2"`, s.Log.Path,
			strconv.FormatInt(offset+1, 10), strconv.FormatInt(length, 10),
		},
		Stdout: out,
	}
}
