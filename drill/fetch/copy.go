package fetch

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/work"
)

// partBuffer is the memory that each part needs during its download, in bytes.
const partBuffer = 256 << 10

// fetchCopy downloads the bytes to path and reads them as they arrive.
func (f Fetcher) fetchCopy(ctx context.Context, b locate.Backup, path string, p outcome.Progress) (_ File, err error) {
	if err := f.CheckSpace(b.Size); err != nil {
		return File{}, err
	}
	disk, err := createCopy(path)
	if err != nil {
		return File{}, work.WriteFailure("write "+path, err)
	}
	defer func() {
		if e := disk.Close(); e != nil && err == nil {
			err = work.WriteFailure("write "+path, e)
		}
	}()
	return f.download(ctx, b, disk, p)
}

// createCopy creates a file that every user may read, because the server in the
// container has another user ID. The directory keeps the file private.
func createCopy(path string) (*os.File, error) {
	disk, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	if err := disk.Chmod(0o644); err != nil { // whatever the umask
		return nil, errors.Join(err, disk.Close())
	}
	return disk, nil
}

func (f Fetcher) download(ctx context.Context, b locate.Backup, disk *os.File, p outcome.Progress) (File, error) {
	d := &download{
		Fetcher:  f,
		backup:   b,
		disk:     disk,
		arrived:  newFrontier(b.Size, f.PartSize),
		progress: &meter{report: p, total: b.Size},
	}
	f.Arriving.Follow(func(context.Context) (io.ReadCloser, error) { return d.arrived.open(disk.Name()) })
	var (
		running sync.WaitGroup
		failed  error
	)
	running.Go(func() {
		failed = d.run(ctx)
		d.arrived.end(failed)
	})
	file, err := f.readAll(ctx, b, disk.Name(), &stream{ctx: ctx, r: d.arrived.reader(disk), size: b.Size, random: arrivedAt{d.arrived, disk}})
	running.Wait()
	if failed != nil { // the download may fail after the last byte was read
		return file, failed
	}
	return file, err
}

// download is the download of one backup.
type download struct {
	Fetcher
	backup   locate.Backup
	disk     *os.File
	arrived  *frontier
	progress *meter
	next     atomic.Int64 // the first part that no worker has taken
}

// run downloads all parts, Parallel at a time, and starts them in their order.
func (d *download) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for range d.Parallel {
		g.Go(func() error { return d.fetchParts(ctx) })
	}
	return g.Wait()
}

func (d *download) fetchParts(ctx context.Context) error {
	buf := make([]byte, partBuffer)
	for {
		p, ok := d.arrived.part(d.next.Add(1) - 1)
		if !ok {
			return nil
		}
		if err := d.fetchPart(ctx, p, buf); err != nil {
			return err
		}
	}
}

// meter reports the sum of the bytes that several goroutines download.
type meter struct {
	mu          sync.Mutex
	report      outcome.Progress
	done, total int64
}

func (m *meter) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += int64(n)
	m.report.Report(m.done, m.total)
}
