package restore

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// loader restores a plain dump over several sessions, in one pass over the dump. The main
// session runs the statements in their order. Each block of rows is handed to the next free
// worker, and a build starts as soon as the rows of its table are complete. The main session
// waits for a build where it is in the dump, and so the statements after it find what they
// would find with psql. For an archive, the dump is its skeleton, and the workers read the rows
// from the archive, those of the largest tables first. The dump may still be arriving: the rows
// are loaded as far as inspect has read them, and the rest once the dump is accepted.
type loader struct {
	connect func(context.Context) (*pgx.Conn, error)
	workers int
	rows    arrivals
	inOrder bool             // see inspect.Outline
	splices []inspect.Splice // until the dump is accepted, those before its rows

	builds *inspect.Outline // of an archive, which states them before its rows; nil: not known yet

	// whole waits until the dump is accepted, and returns what is known of it then.
	whole func(context.Context) (*inspect.Outline, []inspect.Splice, error)

	// open returns what opens the rows of a block of an archive apart, or nil: the rows of one that arrives are
	// opened with next, in their order. Without open, the rows are in the dump.
	open func(i int) opener
	next func(i int) (io.Reader, error)

	// read and endReads are Read and End of a Reader, or nil.
	read     func(ctx context.Context, table sqltext.Name, pause func() bool) (ended bool)
	endReads func(ctx context.Context)
	readNow  func(table sqltext.Name) (ended bool) // set by load

	main     *pgx.Conn
	settings []string // statements of the dump that every session runs first
	schedule *schedule
	foreign  bool          // the foreign keys have begun
	room     chan []byte   // chunks for rows; their number limits the memory
	waited   time.Duration // for the dump to arrive and to be accepted, while nothing was built
}

// arrivals are the rows of a dump that arrives, or that was read; see inspect.Arriving.
type arrivals interface {
	Rows(ctx context.Context, i int) (r inspect.Rows, found bool, err error)
	More(ctx context.Context, i int, than int64) (inspect.Rows, error)
	Expected() int64
	Rate() float64
}

// newLoader returns a loader for a dump that was read.
func newLoader(outline *inspect.Outline, splices []inspect.Splice, workers int, connect func(context.Context) (*pgx.Conn, error)) *loader {
	return &loader{
		connect: connect, workers: workers, rows: inspect.Arrived(outline), inOrder: outline.InOrder, splices: splices,
		schedule: newSchedule(), room: newRoom(),
		whole: func(context.Context) (*inspect.Outline, []inspect.Splice, error) { return outline, splices, nil },
	}
}

// loadAll loads the dump, and reads it to its end.
func (l *loader) loadAll(ctx context.Context, dump io.Reader, counted *counter) error {
	if err := l.load(ctx, &countingReader{dump, counted}); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, dump) // a checksum may come last
	return err
}

// load loads the dump. The first error ends all sessions.
func (l *loader) load(ctx context.Context, dump io.Reader) (err error) {
	if l.main, err = l.connect(ctx); err != nil {
		return err
	}
	defer provision.Close(ctx, l.main)
	if l.schedule.reads = l.read != nil; l.schedule.reads {
		defer l.endReads(ctx)
	}
	g, ctx := errgroup.WithContext(ctx)
	reading, stopReads := context.WithCancel(ctx) // until the load ends, which does not wait for them
	defer stopReads()
	l.schedule.stopReads = stopReads
	l.readNow = func(table sqltext.Name) bool { return l.read(reading, table, l.schedule.mustPause) }
	stop := context.AfterFunc(ctx, l.schedule.wake)
	defer stop()
	if l.builds != nil {
		l.schedule.plan(l.builds)
	}
	g.Go(func() error {
		outline, _, err := l.whole(ctx)
		if err == nil {
			l.schedule.plan(outline)
		}
		return err
	})
	g.Go(func() error {
		defer l.schedule.close()
		return l.walk(ctx, g, dump)
	})
	return g.Wait()
}

// walk reads the dump from its beginning to its end.
func (l *loader) walk(ctx context.Context, g *errgroup.Group, dump io.Reader) error {
	at := int64(0)
	until := func(offset int64) error {
		err := l.runScript(ctx, io.LimitReader(dump, offset-at), at)
		at = offset
		return err
	}
	for i := 0; ; i++ {
		arrived := l.wait()
		block, found, err := l.rows.Rows(ctx, i)
		arrived()
		if err != nil {
			return err
		}
		if !found {
			break
		}
		if err := until(block.Statement.At); err != nil {
			return err
		}
		if err := l.checkIdle(); err != nil { // the workers would not see what it has changed
			return err
		}
		if i == 0 {
			l.startWorkers(ctx, g)
		}
		if at, err = l.handOver(ctx, i, dump); err != nil {
			return err
		}
	}
	if err := l.schedule.awaitRows(ctx); err != nil {
		return err
	}
	accepted := l.wait()
	outline, splices, err := l.whole(ctx)
	accepted()
	if err != nil {
		return err
	}
	l.splices = splices
	for i, b := range outline.Builds {
		if err := until(b.Statement.At); err != nil {
			return err
		}
		if err := l.checkIdle(); err != nil { // a build would wait for its locks
			return err
		}
		if err := l.awaitBuild(ctx, i, b.Kind); err != nil {
			return err
		}
		if err := skip(dump, b.Statement.Size); err != nil {
			return err
		}
		at += b.Statement.Size
	}
	if err := l.runScript(ctx, dump, at); err != nil {
		return err
	}
	return l.checkIdle()
}

// awaitBuild waits until a build is done. The first foreign key lets all of them begin. Those of large tables
// are added before any is checked: to add one locks both tables, but checks of several tables that refer to the
// same one run beside each other.
func (l *loader) awaitBuild(ctx context.Context, i int, kind inspect.BuildKind) error {
	if kind == inspect.BuildForeignKey && !l.foreign {
		l.foreign = true
		added, err := l.schedule.awaitKeys(ctx)
		if err != nil {
			return err
		}
		for _, b := range added {
			if _, err := l.main.PgConn().Exec(ctx, b.Unchecked()).ReadAll(); err != nil {
				return &failedStatement{b.SQL, err}
			}
		}
		l.schedule.beginForeign(added)
	}
	return l.schedule.awaitBuild(ctx, i)
}

// wait begins to count a wait for the dump, and returns what ends it. While an index or a key is built, nothing
// waits.
func (l *loader) wait() (end func()) {
	began, built := time.Now(), l.schedule.buildTime()
	return func() { l.waited += max(time.Since(began)-(l.schedule.buildTime()-built), 0) }
}

// checkIdle returns an error if a transaction of the dump is open in the main session.
func (l *loader) checkIdle() error {
	const idle = 'I'
	if l.main.PgConn().TxStatus() != idle {
		return errors.New("a transaction of the dump does not end")
	}
	return nil
}

func skip(r io.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, r, n)
	return err
}

// handOver hands the rows with an index to a worker, and returns where the dump goes on behind
// them.
func (l *loader) handOver(ctx context.Context, i int, dump io.Reader) (end int64, err error) {
	r, err := l.awaitEnough(ctx, i)
	if err != nil {
		return 0, err
	}
	statement := make([]byte, r.Statement.Size)
	if _, err := io.ReadFull(dump, statement); err != nil {
		return 0, err
	}
	b := &block{Rows: r, sql: string(statement)}
	behind := r.Statement.At + r.Statement.Size
	if l.open != nil {
		err = l.handOverBlock(ctx, i, b)
	} else {
		if err := skip(dump, r.Data.At-behind); err != nil { // the rest of the line
			return 0, err
		}
		r, err = l.stream(ctx, i, b, dump)
		behind = r.Data.At + r.Data.Size
	}
	if err != nil {
		return 0, err
	}
	if err := skip(dump, r.End-behind); err != nil {
		return 0, err
	}
	switch {
	case l.inOrder:
		err = l.schedule.awaitRows(ctx)
	case r.Made:
		err = l.schedule.awaitBlock(ctx, b)
	}
	return r.End, err
}

// handOverBlock hands a block of an archive to a worker.
func (l *loader) handOverBlock(ctx context.Context, i int, b *block) error {
	if b.open = l.open(i); b.open != nil {
		l.schedule.addLargest(l.share(b)...)
		return nil
	}
	rows, err := l.next(i)
	if err == nil {
		_, err = l.stream(ctx, i, b, rows)
	}
	return err
}

// stream passes the rows of a block to a worker, as far as they were read. It returns the
// rows once they are complete.
func (l *loader) stream(ctx context.Context, i int, b *block, from io.Reader) (r inspect.Rows, err error) {
	s := newStream(l.room)
	b.open = func() (io.Reader, func() error, error) { return s, s.Close, nil }
	l.schedule.addRows(l.share(b)...)
	err = s.fill(ctx, from, func(done int64) (int64, error) {
		defer l.wait()()
		r, err = l.rows.More(ctx, i, done)
		return r.Data.Size, err
	})
	return r, err
}

// runScript runs SQL without rows in the main session. begins is its offset in the dump.
func (l *loader) runScript(ctx context.Context, sql io.Reader, begins int64) error {
	script := newStatements(l.spliced(sql, begins))
	for {
		one, err := script.next()
		if err == io.EOF { //nolint:errorlint // an error of the dump may wrap it
			return nil
		}
		if err != nil {
			return err
		}
		if l.settings = append(l.settings, one.settings()...); one.mustWait() {
			err = l.schedule.awaitRows(ctx)
		}
		if err == nil {
			_, err = l.main.PgConn().Exec(ctx, one.text).ReadAll()
		}
		if err != nil {
			return &failedStatement{one.text, err}
		}
	}
}

// spliced returns SQL at an offset of the dump with its splices.
func (l *loader) spliced(sql io.Reader, begins int64) io.Reader {
	b := newBoundary(sql, nil, "")
	b.offset = begins
	for _, s := range l.splices {
		if s.Offset >= begins {
			b.splices = append(b.splices, s)
		}
	}
	return b
}

// startWorkers starts the workers, each with a session like the main one.
func (l *loader) startWorkers(ctx context.Context, g *errgroup.Group) {
	settings := strings.Join(l.settings, "\n")
	for range l.workers {
		g.Go(func() error {
			conn, err := l.connect(ctx)
			if err != nil {
				return err
			}
			defer provision.Close(ctx, conn)
			if _, err := conn.PgConn().Exec(ctx, settings).ReadAll(); err != nil {
				return err
			}
			return l.work(ctx, conn)
		})
	}
}

// work does tasks until there are no more.
func (l *loader) work(ctx context.Context, conn *pgx.Conn) error {
	builder := builder{conn: conn}
	for {
		t, err := l.schedule.next(ctx)
		if err != nil || t == (task{}) {
			return err
		}
		switch {
		case t.rows != nil:
			err = t.rows.copy(ctx, conn)
			if errors.Is(err, errLeft) { // the error of the other session is the first
				<-ctx.Done()
				return context.Cause(ctx)
			}
			if err != nil {
				return &failedStatement{t.rows.sql, err}
			}
		case t.build != nil:
			if err = builder.build(ctx, t.build); err != nil {
				return &failedStatement{t.build.SQL, err}
			}
		default:
			t.read.ended = l.readNow(t.read.table)
		}
		l.schedule.done(t)
	}
}

// failedStatement is an error of the statement that it happened in. Its text is that of the
// error alone: a statement may contain values.
type failedStatement struct {
	sql string
	err error
}

func (e *failedStatement) Error() string { return e.err.Error() }

func (e *failedStatement) Unwrap() error { return e.err }

// builder builds in one session.
type builder struct {
	conn       *pgx.Conn
	began      bool
	tablespace string // default_tablespace, once it has begun
}

// build runs a build with the tablespace that the dump sets for it.
func (b *builder) build(ctx context.Context, p *pending) error {
	if !b.began || b.tablespace != p.Tablespace {
		if _, err := b.conn.PgConn().Exec(ctx, "set default_tablespace = "+sqltext.Literal(p.Tablespace)).ReadAll(); err != nil {
			return err
		}
		b.began, b.tablespace = true, p.Tablespace
	}
	_, err := b.conn.PgConn().Exec(ctx, p.statement()).ReadAll()
	return err
}
