package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const partSize = 1000

func TestEverySizeArrivesWhole(t *testing.T) {
	for _, size := range []int{0, 1, partSize - 1, partSize, partSize + 1, 10*partSize + 3} {
		content := random(size)
		scan := &recorder{}
		f := fetcher(t, scan.scan)
		var told progress
		file, err := f.Fetch(t.Context(), backup(t, content), told.report)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		checkFile(t, file, content)
		if file.Path != filepath.Join(f.Dir, "backup") {
			t.Errorf("the copy is called %s", file.Path)
		}
		if !bytes.Equal(scan.read, content) {
			t.Errorf("%d bytes: the scan read others", size)
		}
		told.check(t, int64(size))
	}
}

func TestCopyCanBeReadByTheContainer(t *testing.T) {
	file, err := fetcher(t, drain).Fetch(t.Context(), backup(t, random(10)), nil)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o644 {
		t.Errorf("the copy has mode %v", info.Mode())
	}
}

func TestResumes(t *testing.T) {
	content := random(5*partSize + 7)
	for name, plan := range map[string]func(n int, offset, length int64) sourcetest.Fault{
		"broken connections": func(n int, _, _ int64) sourcetest.Fault {
			return sourcetest.Fault{Cut: n%3 != 0, After: int64(n * 37 % partSize)}
		},
		"answers that end early": func(n int, _, _ int64) sourcetest.Fault {
			return sourcetest.Fault{End: n%2 == 1, After: 100}
		},
		"answers that stall": func(n int, _, _ int64) sourcetest.Fault {
			return sourcetest.Fault{Stall: n%4 == 1, After: 10}
		},
		"one byte at a time": func(_ int, _, length int64) sourcetest.Fault {
			return sourcetest.Fault{Cut: length > 1 && length < 20, After: 1}
		},
		"a server that comes back": func(n int, _, _ int64) sourcetest.Fault {
			if n > 8 {
				return sourcetest.Fault{}
			}
			return sourcetest.Fault{Refuse: outcome.Fail(outcome.SourceUnreachable, "503 Service Unavailable")}
		},
		"a reset behind the last byte": func(int, int64, int64) sourcetest.Fault {
			return sourcetest.Fault{Cut: true, After: partSize}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := backup(t, content)
			b.Source = &sourcetest.Faulty{Source: b.Source, Plan: plan}
			var told progress
			file, err := fetcher(t, drain).Fetch(t.Context(), b, told.report)
			if err != nil {
				t.Fatal(err)
			}
			checkFile(t, file, content)
			told.check(t, int64(len(content)))
		})
	}
}

func TestResumesWhereItStopped(t *testing.T) {
	b := backup(t, random(partSize))
	var mu sync.Mutex
	var asked []int64
	b.Source = &sourcetest.Faulty{Source: b.Source, Plan: func(_ int, offset, _ int64) sourcetest.Fault {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, offset)
		return sourcetest.Fault{Cut: offset < 900, After: 300}
	}}
	if _, err := fetcher(t, drain).Fetch(t.Context(), b, nil); err != nil {
		t.Fatal(err)
	}
	if want := []int64{0, 300, 600, 900}; !slices.Equal(asked, want) {
		t.Errorf("asked from %v, want %v", asked, want)
	}
}

func TestGivesUp(t *testing.T) {
	b := backup(t, random(partSize))
	refused := outcome.Fail(outcome.SourceUnreachable, "connection refused").WithHint("start the server")
	faulty := &sourcetest.Faulty{Source: b.Source, Plan: func(n int, _, _ int64) sourcetest.Fault {
		if n == 1 {
			return sourcetest.Fault{Cut: true, After: 123}
		}
		return sourcetest.Fault{Refuse: refused}
	}}
	b.Source = faulty
	f := fetcher(t, drain)
	f.Attempts = 4
	_, err := f.Fetch(t.Context(), b, nil)
	sourcetest.WantCode(t, err, outcome.SourceUnreachable)
	for _, want := range []string{"byte 123 of 1000", "4 attempts", "connection refused"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if hint := outcome.AsFailure(err).Hint; hint != refused.Hint {
		t.Errorf("the hint is %q", hint)
	}
	// The first attempt brought bytes: it is the first of the four failures in a row.
	if faulty.Calls() != 4 {
		t.Errorf("asked %d times", faulty.Calls())
	}
}

func TestStopsAtOnce(t *testing.T) {
	for _, code := range []outcome.Code{
		outcome.BackupChanged, outcome.BackupArchived, outcome.SourceDenied, outcome.SourceNotFound,
	} {
		b := backup(t, random(20*partSize))
		faulty := &sourcetest.Faulty{Source: b.Source, Plan: func(_ int, offset, _ int64) sourcetest.Fault {
			if offset < 3*partSize {
				return sourcetest.Fault{}
			}
			return sourcetest.Fault{Refuse: outcome.Fail(code, "no")}
		}}
		b.Source = faulty
		f := fetcher(t, drain)
		_, err := f.Fetch(t.Context(), b, nil)
		sourcetest.WantCode(t, err, code)
		if faulty.Calls() > 3+f.Parallel {
			t.Errorf("%s: asked %d times", code, faulty.Calls())
		}
	}
}

func TestReplacedOnTheWay(t *testing.T) {
	var m sourcetest.Memory
	m.Put(t, "shop.dump", random(20*partSize))
	b := chosen(t, &m)
	b.Source = &sourcetest.Faulty{Source: &m, Plan: func(n int, _, _ int64) sourcetest.Fault {
		if n == 3 {
			m.Put(t, "shop.dump", random(20*partSize))
		}
		return sourcetest.Fault{}
	}}
	_, err := fetcher(t, drain).Fetch(t.Context(), b, nil)
	sourcetest.WantCode(t, err, outcome.BackupChanged)
}

func TestAnswerThatIsTooLong(t *testing.T) {
	b := backup(t, random(2*partSize))
	b.Source = &sourcetest.Faulty{Source: b.Source, Plan: func(int, int64, int64) sourcetest.Fault {
		return sourcetest.Fault{Extra: []byte("and more")}
	}}
	_, err := fetcher(t, drain).Fetch(t.Context(), b, nil)
	sourcetest.WantCode(t, err, outcome.SourceUnreachable)
}

func TestDiskBudget(t *testing.T) {
	f := fetcher(t, drain)
	f.Limit = 2048
	_, err := f.Fetch(t.Context(), backup(t, random(2049)), nil)
	sourcetest.WantCode(t, err, outcome.DiskBudgetExceeded)
	if !strings.Contains(err.Error(), "2.0 KiB") {
		t.Errorf("%q does not say how much is allowed", err)
	}

	f.Limit = 0
	b := backup(t, nil)
	b.Size = 1 << 60
	_, err = f.Fetch(t.Context(), b, nil)
	sourcetest.WantCode(t, err, outcome.DiskBudgetExceeded)
}

func TestJudgement(t *testing.T) {
	content := random(3 * partSize)
	right := hexSum(content)
	wrong := hexSum([]byte("something else"))
	broken := outcome.Fail(outcome.DumpTruncated, "no trailer")
	corrupt := outcome.Fail(outcome.StreamCorrupt, "crc error")
	for _, test := range []struct {
		name    string
		sidecar string
		scan    error
		want    outcome.Code // of the error
		broken  bool
	}{
		{name: "good"},
		{name: "good, with its checksum", sidecar: right},
		{name: "other bytes", sidecar: wrong, want: outcome.ChecksumMismatch},
		{name: "broken dump", scan: broken, broken: true},
		{name: "broken dump, as it was made", sidecar: right, scan: broken, broken: true},
		{name: "broken dump of other bytes", sidecar: wrong, scan: broken, want: outcome.ChecksumMismatch},
		{name: "broken stream", scan: corrupt, want: outcome.StreamCorrupt},
		{name: "broken stream, as it was made", sidecar: right, scan: corrupt, want: outcome.StreamCorrupt},
		{name: "broken stream of other bytes", sidecar: wrong, scan: corrupt, want: outcome.ChecksumMismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := backup(t, content)
			b.SHA256 = test.sidecar
			file, err := fetcher(t, func(_ context.Context, r io.Reader) (inspect.Contents, error) {
				_, _ = r.Read(make([]byte, 1)) // an error early: the rest is read all the same
				return inspect.Contents{}, test.scan
			}).Fetch(t.Context(), b, nil)
			if test.want == "" && err != nil {
				t.Fatal(err)
			}
			if test.want != "" {
				sourcetest.WantCode(t, err, test.want)
			}
			if file.SHA256 != right || file.Size != int64(len(content)) {
				t.Errorf("the file has %d bytes with sum %s", file.Size, file.SHA256)
			}
			if (file.Broken != nil) != test.broken {
				t.Errorf("Broken is %v", file.Broken)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	cause := errors.New("somebody pressed Ctrl-C")
	for name, fault := range map[string]sourcetest.Fault{
		"while nothing comes":        {Stall: true, After: 10},
		"while it waits to go on":    {Cut: true},
		"while it cannot be reached": {Refuse: outcome.Fail(outcome.SourceUnreachable, "no route to host")},
	} {
		t.Run(name, func(t *testing.T) {
			b := backup(t, random(20*partSize))
			asked := make(chan struct{}, 1000)
			b.Source = &sourcetest.Faulty{Source: b.Source, Plan: func(int, int64, int64) sourcetest.Fault {
				asked <- struct{}{}
				return fault
			}}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() {
				<-asked
				cancel(cause)
			}()
			f := fetcher(t, drain)
			f.Stall, f.Backoff = time.Hour, time.Hour
			if _, err := f.Fetch(ctx, b, nil); !errors.Is(err, cause) {
				t.Errorf("got %v, want the cause", err)
			}
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	b := backup(t, make([]byte, 64<<20))
	f := fetcher(t, drain)
	f.PartSize = 1 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := f.Fetch(t.Context(), b, nil); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("64 MiB took %d bytes of memory", used)
	}
}

func fetcher(t *testing.T, scan func(context.Context, io.Reader) (inspect.Contents, error)) fetch.Fetcher {
	return fetch.Fetcher{
		Dir: t.TempDir(), Scan: scan, PartSize: partSize, Parallel: 4, Attempts: 10,
		Backoff: time.Microsecond, Stall: 100 * time.Millisecond,
	}
}

func drain(_ context.Context, r io.Reader) (inspect.Contents, error) {
	_, err := io.Copy(io.Discard, r)
	return inspect.Contents{}, err
}

// recorder is a scan that keeps what it read.
type recorder struct{ read []byte }

func (s *recorder) scan(_ context.Context, r io.Reader) (inspect.Contents, error) {
	var err error
	s.read, err = io.ReadAll(r)
	return inspect.Contents{}, err
}

// progress keeps what was told.
type progress struct {
	mu          sync.Mutex
	done, total int64
	backwards   bool
}

func (p *progress) report(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backwards = p.backwards || done < p.done
	p.done, p.total = done, total
}

func (p *progress) check(t *testing.T, size int64) {
	t.Helper()
	if p.done != size || p.total != size || p.backwards {
		t.Errorf("told %d of %d (backwards: %v), want %d", p.done, p.total, p.backwards, size)
	}
}

func backup(t *testing.T, content []byte) locate.Backup {
	t.Helper()
	var m sourcetest.Memory
	m.Put(t, "../../shop.dump", content)
	o := sourcetest.Find(t, &m, "../../shop.dump")
	return locate.Backup{Object: o, Source: &m, URI: m.URI(o)}
}

func chosen(t *testing.T, s locate.Source) locate.Backup {
	t.Helper()
	b, err := locate.Locator{Source: s}.Locate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkFile(t *testing.T, file fetch.File, want []byte) {
	t.Helper()
	got, err := os.ReadFile(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) || file.Size != int64(len(want)) || file.SHA256 != hexSum(want) {
		t.Errorf("%d bytes on disk, %d reported with sum %s; want %d with sum %s",
			len(got), file.Size, file.SHA256, len(want), hexSum(want))
	}
}

func random(n int) []byte {
	content := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = source.Read(content)
	return content
}

func hexSum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
