package verify

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
)

// mostSessions is the maximum number of sessions that read the database in
// parallel. More of them would only wait for the disk.
const mostSessions = 4

// sessions are read-only sessions that read one database in parallel.
type sessions struct {
	first  *pgx.Conn        // open
	others []<-chan session // each receives one value, when its session is open
	cancel context.CancelFunc
}

type session struct {
	conn *pgx.Conn
	err  error
}

// openSessions opens one session per CPU of the server. It returns when the first is open;
// by the time that the others are needed, they usually are too. The caller must close them.
func openSessions(ctx context.Context, s provision.Server) (*sessions, error) {
	opening, cancel := context.WithCancel(ctx)
	all := &sessions{cancel: cancel}
	for range min(mostSessions, s.CPUs) - 1 {
		opened := make(chan session, 1)
		all.others = append(all.others, opened)
		go func() {
			conn, err := openReader(opening, s)
			opened <- session{conn, err}
		}()
	}
	var err error
	if all.first, err = openReader(ctx, s); err != nil {
		all.close(ctx)
		return nil, err
	}
	return all, nil
}

// openReader opens a read-only session that finds a range of blocks without reading the whole table,
// and counts its rows in the table and not in an index, which may have more of them if the table is damaged. It
// compiles no expressions: that takes longer than to read a range.
func openReader(ctx context.Context, s provision.Server) (*pgx.Conn, error) {
	conn, err := openReadOnly(ctx, s)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "set enable_tidscan = on; set enable_indexonlyscan = off; set jit = off", pgx.QueryExecModeSimpleProtocol); err != nil {
		provision.Close(ctx, conn)
		return nil, s.Blame(ctx, err)
	}
	return conn, nil
}

// number is how many sessions there are.
func (s *sessions) number() int { return 1 + len(s.others) }

func (s *sessions) close(ctx context.Context) {
	s.cancel()
	var group sync.WaitGroup
	if s.first != nil {
		group.Go(func() { provision.Close(ctx, s.first) })
	}
	for _, other := range s.others {
		group.Go(func() {
			if o := <-other; o.err == nil {
				provision.Close(ctx, o.conn)
			}
		})
	}
	group.Wait()
}

// get returns a session, the first of which is 0.
func (s *sessions) get(i int) (*pgx.Conn, error) {
	if i == 0 {
		return s.first, nil
	}
	opened := make(chan session, 1) // for the next caller
	o := <-s.others[i-1]
	opened <- o
	s.others[i-1] = opened
	return o.conn, o.err
}

// reader processes items on one session.
type reader[T any] func(context.Context, T) error

// readEach processes the items in their order, on all sessions in parallel. start returns the reader
// of a session. The first error ends it.
func readEach[T any](ctx context.Context, s *sessions, items []T, start func(context.Context, *pgx.Conn) (reader[T], error)) error {
	queue := make(chan T, len(items))
	for _, item := range items {
		queue <- item
	}
	close(queue)
	working, stop := context.WithCancel(ctx)
	defer stop()
	var group sync.WaitGroup
	var once sync.Once
	var first error
	for i := range min(s.number(), len(items)) {
		group.Go(func() {
			if err := readQueue(working, s, i, queue, start); err != nil {
				once.Do(func() { first = err })
				stop()
			}
		})
	}
	group.Wait()
	return first
}

func readQueue[T any](ctx context.Context, s *sessions, i int, queue <-chan T, start func(context.Context, *pgx.Conn) (reader[T], error)) error {
	conn, err := s.get(i)
	if err != nil {
		return err
	}
	read, err := start(ctx, conn)
	if err != nil {
		return err
	}
	for item := range queue {
		if err := read(ctx, item); err != nil {
			return err
		}
	}
	return nil
}
