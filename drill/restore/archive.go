package restore

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/work"
)

// unpack opens the layers of an archive and writes it into a file, because pg_restore must
// seek in it to run several jobs, or the files of a dump in directory format into a
// directory.
func (r *run) unpack(ctx context.Context) error {
	err := r.withDecoded(ctx, func(dump *layers.Stream) error {
		if dump.Files != nil {
			return r.unpackFiles(ctx, dump.Files)
		}
		to, err := os.CreateTemp(r.WorkDir, "archive-*.dump")
		if err != nil {
			return err
		}
		r.archive = to.Name()
		_, err = io.Copy(to, &countingReader{&cancellableReader{ctx, dump}, r.newCounter()})
		return errors.Join(err, to.Close())
	})
	return work.WriteFailure("unpack the archive", err)
}

// unpackFiles writes the files of a dump into a new directory, by the names that pg_dump
// gives them.
func (r *run) unpackFiles(ctx context.Context, files *layers.Files) (err error) {
	if r.archive, err = os.MkdirTemp(r.WorkDir, "archive-*.d"); err != nil {
		return err
	}
	counted := &countingReader{counter: r.newCounter()}
	for {
		file, err := files.Next()
		switch {
		case err == io.EOF: //nolint:errorlint // the end, and no error of a reader
			return nil
		case err != nil:
			return err
		case !dumpfile.Is(file.Name):
			continue
		}
		to, err := os.OpenFile(filepath.Join(r.archive, file.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		counted.reader = &cancellableReader{ctx, file}
		_, err = io.Copy(to, counted)
		if err = errors.Join(err, to.Close()); err != nil {
			return err
		}
	}
}

// place makes the archive readable inside the sandbox.
func (r *run) place(ctx context.Context) error {
	r.unpacked = cmp.Or(r.archive, r.dump.Path)
	inside, err := r.server.Place(ctx, r.unpacked)
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

// countingReader counts the bytes that were read.
type countingReader struct {
	reader io.Reader
	*counter
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.reader.Read(p)
	r.add(n)
	return n, err
}

// counter reports the number of bytes that its readers have read together.
type counter struct {
	report outcome.Progress

	mu          sync.Mutex
	done, total int64
}

// newCounter returns a counter for the decoded dump.
func (r *run) newCounter() *counter { return &counter{report: r.progress, total: r.dump.DecodedBytes} }

// expect sets the total once it is known.
func (c *counter) expect(total int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total = total
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done += int64(n)
	c.report.Report(c.done, c.total)
}
