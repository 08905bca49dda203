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

// maxLine is how much is kept of a record, or of a text in it, in bytes.
const maxLine = 1 << 20

// Parse reads the records of a log whose end may have been cut off: what is
// there of the last record counts too.
func Parse(log []byte, format string) []Entry {
	var entries []Entry
	_ = scan(bytes.NewReader(log), format, func(e Entry) error { // neither of the two fails
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

// Size is where the server's log ends, in bytes.
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

// Head reads what the server logged from offset on, at most so many bytes of it.
func Head(ctx context.Context, s provision.Server, offset, most int64) ([]Entry, error) {
	var out bytes.Buffer
	if _, err := s.Exec(ctx, part(s, offset, most, &out)); err != nil {
		return nil, err
	}
	return Parse(out.Bytes(), s.Log.Format), nil
}

// Each gives the records that the server logged from offset to end, one after
// the other, however many there are. An error of yield ends it and is returned.
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
	log.CloseWithError(err) // without one, it is read to its end
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
