package fetch_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

// The proxies of the tests leave goroutines at their broken connections; nothing
// else may.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"))
}

const partSize = 1000

func TestFetchesEverySize(t *testing.T) {
	for _, size := range []int{0, 1, partSize - 1, partSize, partSize + 1, 10*partSize + 3} {
		content := random(size)
		scan := &recordingScan{}
		f := fetcher(t, scan.scan)
		var reported progress
		file, err := f.Fetch(t.Context(), backup(t, content), reported.report)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		checkFile(t, file, content)
		if file.Path != filepath.Join(f.Dir, "backup") {
			t.Errorf("the copy is %s", file.Path)
		}
		if !bytes.Equal(scan.read, content) {
			t.Errorf("%d bytes: the scan read other bytes", size)
		}
		reported.check(t, int64(size))
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

func TestDiskBudget(t *testing.T) {
	f := fetcher(t, drain)
	f.Limit = 2048
	_, err := f.Fetch(t.Context(), backup(t, random(2049)), nil)
	sourcetest.WantCode(t, err, outcome.DiskBudgetExceeded)
	if !strings.Contains(err.Error(), "2.0 KiB") {
		t.Errorf("%q does not name the limit", err)
	}

	f.Limit = 0
	b := backup(t, nil)
	b.Size = 1 << 60
	_, err = f.Fetch(t.Context(), b, nil)
	sourcetest.WantCode(t, err, outcome.DiskBudgetExceeded)
}

func TestChecksumAndScanErrors(t *testing.T) {
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
		{name: "broken dump, checksum matches", sidecar: right, scan: broken, broken: true},
		{name: "broken dump of other bytes", sidecar: wrong, scan: broken, want: outcome.ChecksumMismatch},
		{name: "broken stream", scan: corrupt, want: outcome.StreamCorrupt},
		{name: "broken stream, checksum matches", sidecar: right, scan: corrupt, want: outcome.StreamCorrupt},
		{name: "broken stream of other bytes", sidecar: wrong, scan: corrupt, want: outcome.ChecksumMismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := backup(t, content)
			b.SHA256 = test.sidecar
			file, err := fetcher(t, func(_ context.Context, r io.Reader) (inspect.Contents, error) {
				_, _ = r.Read(make([]byte, 1)) // fail early: the remaining bytes are read anyway
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

// TestSamePartTwice checks that a set in which two parts are the same file is refused: their
// rows would be restored twice, as promised.
func TestSamePartTwice(t *testing.T) {
	var m sourcetest.Memory
	for name, content := range map[string]string{"schema.sql": "schema", "data.sql": "rows", "copy.sql": "rows", "nothing-1.sql": "", "nothing-2.sql": ""} {
		m.Put(t, name, []byte(content))
	}
	set := func(names ...string) locate.Backup {
		var parts []locate.Part
		for _, name := range names {
			o := sourcetest.Find(t, &m, name)
			parts = append(parts, locate.Part{Object: o, URI: m.URI(o)})
		}
		last := parts[len(parts)-1]
		return locate.Backup{Object: last.Object, Source: &m, URI: last.URI, Before: parts[:len(parts)-1]}
	}
	if _, err := fetcher(t, drain).Fetch(t.Context(), set("nothing-1.sql", "nothing-2.sql", "schema.sql", "data.sql"), nil); err != nil {
		t.Error(err)
	}
	_, err := fetcher(t, drain).Fetch(t.Context(), set("schema.sql", "data.sql", "copy.sql"), nil)
	if f := outcome.AsFailure(err); err == nil || f.Code != outcome.ConfigInvalid || !strings.Contains(f.Error(), "data.sql and copy.sql") {
		t.Errorf("%v", err)
	}
}
