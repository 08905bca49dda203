package restore

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/drillgres/drillgres/drill/inspect"
)

// TestCopyClosesRowsAfterItsLastRead loses its connection while rows are being read. They may not
// be closed meanwhile.
func TestCopyClosesRowsAfterItsLastRead(t *testing.T) {
	lost := make(chan struct{})
	conn := copyServer(t, lost)
	rows := &slowRows{begun: lost, may: make(chan struct{})}
	b := &block{Rows: inspect.Rows{}, sql: "COPY a FROM stdin;", open: func() (io.Reader, func() error, error) {
		return rows, func() error {
			if rows.reading.Load() {
				t.Error("the rows are closed while they are being read")
			}
			return nil
		}, nil
	}}
	copied := make(chan error)
	go func() { copied <- b.copy(t.Context(), conn) }()
	select {
	case err := <-copied:
		t.Errorf("copy ended before the read: %v", err)
		close(rows.may)
	case <-conn.PgConn().CleanupDone():
		close(rows.may)
		if err := <-copied; err == nil {
			t.Error("no error")
		}
	}
}

// slowRows are rows whose second part takes until it may come.
type slowRows struct {
	begun, may chan struct{}
	reading    atomic.Bool
}

func (r *slowRows) Read(p []byte) (int, error) {
	r.reading.Store(true)
	defer r.reading.Store(false)
	close(r.begun)
	<-r.may
	return copy(p, "1\n"), io.EOF
}

// TestCopyReturnsTheErrorOfItsRows prefers it to that of the server, which only repeats its text.
func TestCopyReturnsTheErrorOfItsRows(t *testing.T) {
	broken := errors.New("broken")
	b := &block{sql: "COPY a FROM stdin;", open: func() (io.Reader, func() error, error) {
		return iotest.ErrReader(broken), func() error { return nil }, nil
	}}
	if err := b.copy(t.Context(), copyServer(t, nil)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestTheFirstErrorIsThatOfTheSession that the server refused, and not that of another one which
// shares the rows of its table.
func TestTheFirstErrorIsThatOfTheSession(t *testing.T) {
	refused := errors.New("refused")
	s := planned(&inspect.Outline{Rows: []inspect.Rows{{}}})
	s.addRows(&block{sql: "COPY a FROM stdin;", open: func() (io.Reader, func() error, error) {
		return iotest.ErrReader(errLeft), func() error { return nil }, nil
	}})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancelled := time.AfterFunc(100*time.Millisecond, func() { cancel(refused) })
	defer cancelled.Stop()
	if err := (&loader{schedule: s}).work(ctx, copyServer(t, nil)); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}

// copyServer returns a session with a server that takes one COPY. If told so, it closes the
// connection.
func copyServer(t *testing.T, end <-chan struct{}) *pgx.Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		server := pgproto3.NewBackend(c, c)
		if _, err := server.ReceiveStartupMessage(); err != nil {
			return
		}
		server.Send(&pgproto3.AuthenticationOk{})
		server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		_ = server.Flush()
		_, _ = server.Receive()
		server.Send(&pgproto3.CopyInResponse{})
		_ = server.Flush()
		if end != nil {
			<-end
			return
		}
		for {
			message, err := server.Receive()
			if err != nil {
				return
			}
			if failed, ok := message.(*pgproto3.CopyFail); ok {
				server.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "57014", Message: "COPY from stdin failed: " + failed.Message})
				server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
				_ = server.Flush()
			}
		}
	}()
	conn, err := pgx.Connect(t.Context(), "postgres://drill@"+listener.Addr().String()+"/db?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
