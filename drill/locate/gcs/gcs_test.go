package gcs_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/gcs"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/gcsserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const bucket = "acme-backups"

func TestConformance(t *testing.T) {
	conform(t, func(s locate.Source) locate.Source { return s })
}

func TestConformanceWithoutFaults(t *testing.T) {
	none := func(int, int64, int64) sourcetest.Fault { return sourcetest.Fault{} }
	conform(t, func(s locate.Source) locate.Source { return &sourcetest.Faulty{Source: s, Plan: none} })
}

func conform(t *testing.T, wrap func(locate.Source) locate.Source) {
	t.Helper()
	server := gcsserver.Start(t)
	gcsserver.Setenv(t)
	n := 0
	sourcetest.Run(t, func(t *testing.T) sourcetest.Place {
		n++
		name := bucket + string(rune('a'+n))
		server.CreateBucket(t, name, false)
		server.Put(t, name, "production/other.dump", []byte("another database"))
		server.Put(t, name, "prod/", nil)
		return sourcetest.Place{
			Source:  wrap(source(t, server.Endpoint, "gs://"+name+"/prod")),
			Put:     func(t testing.TB, key string, content []byte) { server.Put(t, name, "prod/"+key, content) },
			Remove:  func(t testing.TB, key string) { server.Remove(t, name, "prod/"+key) },
			CanHold: func(key string) bool { return !strings.ContainsAny(key, "\n") }, // a rule of the store
		}
	})
}

func TestURLs(t *testing.T) {
	server := start(t)
	put := func(key string, content []byte) { server.Put(t, bucket, key, content) }
	sourcetest.CheckURLs(t, "gs://"+bucket, put, func(url string) locate.Source { return source(t, server.Endpoint, url) })
}

func TestNewRefuses(t *testing.T) {
	gcsserver.Setenv(t)
	for _, b := range []config.Backup{
		{From: "gs://"},
		{From: "gs:///prod"},
		{From: "https://bucket/prod"},
		{From: "gs://key:hunter2@bucket/prod"},
		{From: "gs://Bucket/prod"},
		{From: "gs://bucket", GCS: config.GCS{Endpoint: "emulator:4443"}},
		{From: "gs://bucket", GCS: config.GCS{Endpoint: "https://key:hunter2@emulator:4443"}},
	} {
		_, err := gcs.Kind.Open(t.Context(), b)
		sourcetest.WantCode(t, err, outcome.ConfigInvalid)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v contains the secret", err)
		}
		if b.GCS.Endpoint == "" && gcs.Kind.Check(string(b.From)) == nil {
			t.Errorf("%s passes the check", b.From)
		}
	}
}

func TestVersions(t *testing.T) {
	server := gcsserver.Start(t)
	gcsserver.Setenv(t)
	server.CreateBucket(t, bucket, true)
	server.Put(t, bucket, "shop.dump", []byte("yesterday's"))
	s := source(t, server.Endpoint, "gs://"+bucket)
	o := sourcetest.Find(t, s, "shop.dump")
	if o.VersionID == "" {
		t.Fatal("the generation is unknown")
	}
	server.Put(t, bucket, "shop.dump", []byte("this night's"))
	if got := string(sourcetest.Read(t, s, o, 0, o.Size)); got != "yesterday's" {
		t.Errorf("read %q of the generation that was listed", got)
	}
}

// The API decompresses an object with this Content-Encoding, unless the request
// accepts it.
func TestEncodedObjectIsReadAsItIsStored(t *testing.T) {
	server := start(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(bytes.Repeat([]byte("dump "), 1000))
	_ = w.Close()
	server.PutEncoded(t, bucket, "shop.sql.gz", "gzip", packed.Bytes())
	asked := ""
	proxy := server.Before(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("alt") == "media" {
			asked = r.Header.Get("Accept-Encoding")
		}
		return false
	})
	s := source(t, proxy, "gs://"+bucket)
	o := sourcetest.Find(t, s, "shop.sql.gz")
	if got := sourcetest.Read(t, s, o, 0, o.Size); !bytes.Equal(got, packed.Bytes()) {
		t.Errorf("read %d bytes, want the %d that are stored", len(got), packed.Len())
	}
	if asked != "gzip" {
		t.Errorf("the request accepts the encoding %q", asked)
	}
}

// After a break the SDK skips what it has read of such an object twice, unless it does
// not see the encoding.
func TestBrokenReadOfAnEncodedObjectIsResumed(t *testing.T) {
	gcsserver.Setenv(t)
	const content = "0123456789abcdef"
	broken := false
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("alt") != "media" {
			answer(w, http.StatusOK, `{"kind": "storage#objects", "items": [{"name": "shop.sql.gz", "size": "16", "generation": "7"}]}`)
			return
		}
		var first, last int
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last)
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("X-Goog-Stored-Content-Encoding", "gzip")
		w.Header().Set("X-Goog-Generation", r.URL.Query().Get("generation"))
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(content)))
		w.Header().Set("Content-Length", strconv.Itoa(last-first+1))
		w.WriteHeader(http.StatusPartialContent)
		if !broken {
			broken = true
			_, _ = w.Write([]byte(content[first : first+3]))
			return // fewer bytes than announced: the server closes the connection
		}
		_, _ = w.Write([]byte(content[first : last+1]))
	})
	s := source(t, endpoint, "gs://"+bucket)
	if got := string(sourcetest.Read(t, s, sourcetest.Find(t, s, "shop.sql.gz"), 2, 12)); got != content[2:14] {
		t.Errorf("read %q", got)
	}
	if !broken {
		t.Error("nothing was tested")
	}
}

// A lifecycle rule that changes the storage class also sets the time of the update.
func TestListingOfTheAPI(t *testing.T) {
	gcsserver.Setenv(t)
	var query string
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"kind": "storage#objects", "items": [
			{"name": "folder/", "size": "0"},
			{"name": "shop.dump", "size": "4", "etag": "CJ==", "generation": "1700000000000001", "storageClass": "ARCHIVE",
			 "timeCreated": "2026-01-02T03:04:05.678Z", "updated": "2026-11-01T00:00:00Z"},
			{"name": "b.dump", "size": "4", "generation": "2", "storageClass": "STANDARD", "timeCreated": "2026-01-02T03:04:05Z"}]}`))
	})
	got := sourcetest.List(t, open(t, gcs.Options{URL: "gs://" + bucket, Endpoint: endpoint, Project: "payer"}))
	want := locate.Object{
		Key: "shop.dump", Size: 4, ModifiedAt: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
		ETag: "CJ==", VersionID: "1700000000000001", StorageClass: "ARCHIVE",
	}
	if len(got) != 2 || got[0] != want || got[1].StorageClass != "" {
		t.Errorf("listed %+v", got)
	}
	if !strings.Contains(query, "userProject=payer") {
		t.Errorf("the request %s does not name the project that pays", query)
	}
}

func start(t *testing.T) *gcsserver.Server {
	t.Helper()
	server := gcsserver.Start(t)
	gcsserver.Setenv(t)
	server.CreateBucket(t, bucket, false)
	return server
}

func source(t *testing.T, endpoint, url string) *gcs.Source {
	t.Helper()
	return open(t, gcs.Options{URL: url, Endpoint: endpoint})
}

func open(t *testing.T, o gcs.Options) *gcs.Source {
	t.Helper()
	o.Attempts, o.MaxBackoff = 2, time.Millisecond
	s, err := gcs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
