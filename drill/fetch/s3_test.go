package fetch_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/s3"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

const (
	bucket = "acme-backups"
	large  = 4<<20 + 17
)

func TestFetchesOverBadConnections(t *testing.T) {
	server, content := serverWithBackup(t)
	for name, test := range map[string]struct {
		toxic      string
		attributes map[string]int64
	}{
		"connections that break": {"limit_data", map[string]int64{"bytes": 300_000}},
		"slow connections":       {"bandwidth", map[string]int64{"rate": 4000}},
		"high latency":           {"latency", map[string]int64{"latency": 20}},
	} {
		t.Run(name, func(t *testing.T) {
			wire := server.Wire(t)
			b := overS3(t, wire.Endpoint)
			wire.Spoil(t, test.toxic, test.attributes)
			file, err := s3Fetcher(t).Fetch(t.Context(), b, nil)
			if err != nil {
				t.Fatal(err)
			}
			checkFile(t, file, content)
		})
	}
}

func TestFetchesAfterConnectionsStall(t *testing.T) {
	server, content := serverWithBackup(t)
	wire := server.Wire(t)
	b := overS3(t, wire.Endpoint)
	var once sync.Once
	file, err := s3Fetcher(t).Fetch(t.Context(), b, func(done, _ int64) {
		if done < large/4 {
			return
		}
		once.Do(func() {
			wire.Spoil(t, "timeout", map[string]int64{"timeout": 0})
			time.AfterFunc(600*time.Millisecond, wire.Mend) // longer than a stall
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, file, content)
}

func TestServerThatStops(t *testing.T) {
	server, _ := serverWithBackup(t)
	wire := server.Wire(t)
	b := overS3(t, wire.Endpoint)
	var once sync.Once
	f := s3Fetcher(t)
	f.Attempts = 3
	_, err := f.Fetch(t.Context(), b, func(int64, int64) { once.Do(wire.Tear) })
	sourcetest.WantCode(t, err, outcome.SourceUnreachable)
}

func TestFetchesAfterServerErrors(t *testing.T) {
	server, content := serverWithBackup(t)
	var requests atomic.Int64
	endpoint := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
		fails := r.Header.Get("Range") != "" && requests.Add(1)%3 != 0
		if fails {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return fails
	})
	file, err := s3Fetcher(t).Fetch(t.Context(), overS3(t, endpoint), nil)
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, file, content)
}

func TestReplacedInTheStore(t *testing.T) {
	server, _ := serverWithBackup(t)
	b := overS3(t, server.Endpoint)
	var once sync.Once
	f := s3Fetcher(t)
	f.Parallel = 1
	_, err := f.Fetch(t.Context(), b, func(int64, int64) {
		once.Do(func() { server.Put(t, bucket, "shop.dump", random(large+1)) })
	})
	sourcetest.WantCode(t, err, outcome.BackupChanged)
}

func TestDamagedInTheStore(t *testing.T) {
	server, content := serverWithBackup(t)
	sum := hexSum(content)
	server.Put(t, bucket, "shop.dump.sha256", []byte(sum+"  shop.dump\n"))
	content[large/2] ^= 1
	server.Put(t, bucket, "shop.dump", content)
	_, err := s3Fetcher(t).Fetch(t.Context(), overS3(t, server.Endpoint), nil)
	sourcetest.WantCode(t, err, outcome.ChecksumMismatch)
}

func serverWithBackup(t *testing.T) (*s3server.Server, []byte) {
	t.Helper()
	server := s3server.Start(t)
	server.Setenv(t)
	server.CreateBucket(t, bucket)
	content := random(large)
	server.Put(t, bucket, "shop.dump", content)
	return server, content
}

func overS3(t *testing.T, endpoint string) locate.Backup {
	t.Helper()
	s, err := s3.New(t.Context(), s3.Options{URL: "s3://" + bucket, Endpoint: endpoint, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return chosen(t, s)
}

func s3Fetcher(t *testing.T) fetch.Fetcher {
	f := fetcher(t, drain)
	f.PartSize, f.Attempts, f.Backoff, f.Stall = 512<<10, 20, 5*time.Millisecond, 300*time.Millisecond
	return f
}
