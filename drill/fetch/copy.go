package fetch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// buffer is what each part under way holds in memory.
const buffer = 256 << 10

// copied brings the bytes into Dir and reads them as they arrive.
func (f Fetcher) copied(ctx context.Context, b locate.Backup, p outcome.Progress) (_ File, err error) {
	if err := f.checkSpace(b.Size); err != nil {
		return File{}, err
	}
	// The name is ours: one from a listing could lead anywhere.
	path := filepath.Join(f.Dir, "backup")
	disk, err := create(path)
	if err != nil {
		return File{}, writeFailure(path, err)
	}
	defer func() {
		if e := disk.Close(); e != nil && err == nil {
			err = writeFailure(path, e)
		}
	}()
	return f.download(ctx, b, disk, p)
}

// create makes the file readable for all, since the server inside a container
// has another user id; the directory around it is what keeps it private.
func create(path string) (*os.File, error) {
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
	var (
		running sync.WaitGroup
		failed  error
	)
	running.Go(func() {
		failed = d.run(ctx)
		d.arrived.end(failed)
	})
	file, err := f.readThrough(ctx, b, disk.Name(), &stream{ctx: ctx, r: d.arrived.reader(disk)})
	running.Wait()
	if failed != nil { // perhaps after the last byte was read
		return file, failed
	}
	return file, err
}

// download is one backup on its way.
type download struct {
	Fetcher
	backup   locate.Backup
	disk     *os.File
	arrived  *frontier
	progress *meter
	next     atomic.Int64 // the first part that nobody took yet
}

// run brings all parts, in their order as far as several at a time have one.
func (d *download) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for range d.Parallel {
		g.Go(func() error { return d.work(ctx) })
	}
	return g.Wait()
}

func (d *download) work(ctx context.Context) error {
	buf := make([]byte, buffer)
	for {
		p, ok := d.arrived.part(d.next.Add(1) - 1)
		if !ok {
			return nil
		}
		if err := d.bring(ctx, p, buf); err != nil {
			return err
		}
	}
}

// meter adds up what several goroutines bring.
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
