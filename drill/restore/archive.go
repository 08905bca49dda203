package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/work"
)

// unpack decompresses an archive into a file, because pg_restore must seek in it
// to run several jobs.
func (r *run) unpack(ctx context.Context) error {
	from, err := os.Open(r.dump.Path)
	if err != nil {
		return fmt.Errorf("unpack the archive: %w", err)
	}
	defer from.Close()
	decoded, _, err := inspect.Decode(from, r.Limits)
	if err != nil {
		return asFailure(err, "unpack the archive")
	}
	defer decoded.Close()
	to, err := os.CreateTemp(r.WorkDir, "archive-*.dump")
	if err != nil {
		return work.WriteFailure("unpack the archive", err)
	}
	r.archive = to.Name()
	_, err = io.Copy(to, &countingReader{reader: &cancellableReader{ctx, decoded}, report: r.progress, total: r.dump.DecodedBytes})
	return work.WriteFailure("unpack the archive", errors.Join(err, to.Close()))
}

// place makes the archive readable inside the sandbox.
func (r *run) place(ctx context.Context) error {
	path := r.dump.Path
	if r.archive != "" {
		path = r.archive
	}
	inside, err := r.server.Place(ctx, path)
	if err != nil {
		return asFailure(err, "place the archive in the sandbox")
	}
	r.archive = inside
	return nil
}

// cancellableReader returns the cause of the context once the context has ended.
type cancellableReader struct {
	ctx    context.Context
	reader io.Reader
}

func (r *cancellableReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.reader.Read(p)
}

// countingReader reports the number of bytes that were read.
type countingReader struct {
	reader      io.Reader
	report      outcome.Progress
	done, total int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.reader.Read(p)
	r.done += int64(n)
	r.report.Report(r.done, r.total)
	return n, err
}
