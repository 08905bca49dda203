package sftp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sftp"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func readAll(r io.Reader) (int64, error) { return io.Copy(io.Discard, r) }

func content(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

// put writes a backup and returns its source and its object.
func (s *server) put(t *testing.T, bytes []byte) (*sftp.Source, locate.Object) {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "shop.dump"), bytes)
	source := s.source(t, root)
	return source, sourcetest.Find(t, source, "shop.dump")
}

// download fetches the backup as a drill does, and compares it.
func download(t *testing.T, s locate.Source, o locate.Object, want []byte) {
	t.Helper()
	var got []byte
	f := fetch.Fetcher{
		Dir: t.TempDir(), PartSize: 1 << 20, Attempts: 5, Backoff: time.Millisecond, Stall: 2 * time.Second,
		Scan: func(_ context.Context, r io.Reader) (c inspect.Contents, err error) {
			got, err = io.ReadAll(r)
			return c, err
		},
	}
	if _, err := f.Fetch(t.Context(), locate.Backup{Object: o, Source: s, URI: s.URI(o)}, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("other bytes arrived")
	}
}

// TestFaults injects faults into the reads of a real server.
func TestFaults(t *testing.T) {
	server := start(t)
	dump := content(5 << 20)
	s, o := server.put(t, dump)
	faulty := &sourcetest.Faulty{Source: s, Plan: func(n int, _, length int64) sourcetest.Fault {
		switch n % 3 {
		case 1:
			return sourcetest.Fault{Cut: true, After: length / 2}
		case 2:
			return sourcetest.Fault{End: true, After: length / 3}
		default:
			return sourcetest.Fault{}
		}
	}}
	download(t, faulty, o, dump)
	if faulty.Calls() < 8 {
		t.Errorf("only %d reads", faulty.Calls())
	}
}

// TestCutAndResumed cuts the connection in the middle of a download.
func TestCutAndResumed(t *testing.T) {
	server := start(t)
	dump := content(8 << 20)
	s, o := server.put(t, dump)
	before := server.connected.Load()
	server.quota.Store(3 << 20)
	download(t, s, o, dump)
	if n := server.connected.Load() - before; n != 1 {
		t.Errorf("the source connected %d times more, want 1", n)
	}
}

func TestCutIsReported(t *testing.T) {
	server := start(t)
	s, o := server.put(t, content(8<<20))
	r, err := s.ReadRange(t.Context(), o, 0, o.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	server.quota.Store(1 << 20)
	n, err := readAll(r)
	if err == nil || err.Error() != "the connection broke" || n == 0 {
		t.Errorf("after %d bytes: %v", n, err)
	}
}

// TestListingAgain cuts the connection while nothing is read.
func TestListingAgain(t *testing.T) {
	server := start(t)
	s, _ := server.put(t, content(10))
	server.cut()
	if n := len(sourcetest.List(t, s)); n != 1 {
		t.Errorf("listed %d objects", n)
	}
	if n := server.connected.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// TestSilentPeer lets the network lose everything that the server sends. Nothing but
// the source itself ends the wait.
func TestSilentPeer(t *testing.T) {
	server := start(t)
	s, o := server.put(t, content(8<<20))
	s.Hurry(300*time.Millisecond, time.Minute)
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.cut() // the next connection is one of little patience
	r, err := s.ReadRange(t.Context(), o, 0, o.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	server.hold.Store(true)
	server.quota.Store(1 << 20)
	if n, err := readAll(r); err == nil {
		t.Errorf("read %d bytes from a silent server", n)
	}
	_, err = s.List(t.Context())
	want(t, err, outcome.SourceUnreachable, "did not answer", "")
}

// TestStalledDownload lets a connection fall silent, and the next one work.
func TestStalledDownload(t *testing.T) {
	server := start(t)
	server.repairedAt.Store(3) // it follows the silent one
	dump := content(4 << 20)
	s, o := server.put(t, dump)
	s.Hurry(500*time.Millisecond, time.Minute)
	server.cut()
	server.hold.Store(true)
	server.quota.Store(2 << 20)
	download(t, s, o, dump)
}

func TestCancelledWhileTheServerIsSilent(t *testing.T) {
	server := start(t)
	s, o := server.put(t, content(8<<20))
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	r, err := s.ReadRange(ctx, o, 0, o.Size)
	if err != nil {
		t.Fatal(err)
	}
	server.hold.Store(true)
	server.quota.Store(1 << 20)
	time.AfterFunc(50*time.Millisecond, func() { cancel(enough) })
	if _, err := readAll(r); !errors.Is(err, enough) {
		t.Errorf("reading: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	ctx, cancel = context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(enough) })
	if _, err := s.List(ctx); !errors.Is(err, enough) {
		t.Errorf("listing: %v", err)
	}
}

func TestUnusedConnectionIsClosed(t *testing.T) {
	server := start(t)
	s, o := server.put(t, content(100))
	s.Hurry(10*time.Second, 20*time.Millisecond)
	server.cut()
	sourcetest.List(t, s)
	select {
	case <-s.Down():
	case <-time.After(20 * time.Second):
		t.Fatal("it is still connected")
	}
	sourcetest.Read(t, s, o, 0, o.Size)
}

// TestQuietConnectionStays leaves a connection alone for longer than the server may be
// silent: it answers the signs of life.
func TestQuietConnectionStays(t *testing.T) {
	server := start(t)
	s, o := server.put(t, content(100))
	s.Hurry(600*time.Millisecond, time.Minute)
	server.cut()
	sourcetest.List(t, s)
	select {
	case <-s.Down():
		t.Error("the connection was closed")
	case <-time.After(1500 * time.Millisecond):
	}
	sourcetest.Read(t, s, o, 0, o.Size)
}

func TestNothingListens(t *testing.T) {
	server := start(t)
	_ = server.listener.Close()
	_, err := server.source(t, "/").List(t.Context())
	want(t, err, outcome.SourceUnreachable, "connect to 127.0.0.1:"+server.port, "check that an SSH server listens")
}

// TestNotSSH talks to a server that says nothing, and to one of another protocol.
func TestNotSSH(t *testing.T) {
	server := start(t)
	for greeting, message := range map[string]string{"": "did not answer", "HTTP/1.1 400 Bad\x1b[31m\r\n\r\n": "connect to 127.0.0.1:"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = fmt.Fprint(c, greeting)
				t.Cleanup(func() { _ = c.Close() })
			}
		}()
		s, err := sftp.New("sftp://u@"+listener.Addr().String()+"/b", config.SFTP{KnownHosts: server.knownHosts, KeyFile: server.keyFile})
		if err != nil {
			t.Fatal(err)
		}
		s.Hurry(100*time.Millisecond, time.Minute)
		_, err = s.List(t.Context())
		want(t, err, outcome.SourceUnreachable, message, "")
		_ = listener.Close()
		_ = s.Close()
	}
}

// TestCutBetweenRequests cuts the connection while nobody uses it. The next request meets it at
// any point of its end: before SSH has noticed it, while its channel closes, or afterwards.
func TestCutBetweenRequests(t *testing.T) {
	server := start(t)
	s, _ := server.put(t, content(100))
	for range 50 {
		sourcetest.List(t, s)
		server.cut()
	}
}

// TestCutWhileReading cuts the connection while requests for bytes are sent. That must never
// look like a file that became shorter.
func TestCutWhileReading(t *testing.T) {
	server := start(t)
	s, o := server.put(t, content(4<<20))
	for i := range 60 {
		r, err := s.ReadRange(t.Context(), o, 0, o.Size)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(i)*200*time.Microsecond, server.cut)
		_, err = readAll(r)
		if f := outcome.AsFailure(err); err != nil && f.Code == outcome.BackupChanged {
			t.Fatal(err)
		}
		_ = r.Close()
	}
}
