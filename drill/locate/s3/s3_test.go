package s3_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/s3"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const bucket = "acme-backups"

func TestConformance(t *testing.T) {
	server := s3server.Start(t)
	server.Setenv(t)
	n := 0
	sourcetest.Run(t, func(t *testing.T) sourcetest.Place {
		n++
		name := bucket + string(rune('a'+n))
		server.CreateBucket(t, name)
		server.Put(t, name, "production/other.dump", []byte("another database"))
		return sourcetest.Place{
			Source:  source(t, server.Endpoint, "s3://"+name+"/prod"),
			Put:     func(t testing.TB, key string, content []byte) { server.Put(t, name, "prod/"+key, content) },
			Remove:  func(t testing.TB, key string) { server.Remove(t, name, "prod/"+key) },
			CanHold: func(key string) bool { return !strings.ContainsAny(key, "\n\x1b") },
		}
	})
}

func TestURLs(t *testing.T) {
	server := start(t)
	put := func(key string, content []byte) { server.Put(t, bucket, key, content) }
	sourcetest.CheckURLs(t, "s3://"+bucket, put, func(url string) locate.Source { return source(t, server.Endpoint, url) })
}

func TestObjectNamedByTheURLIsChosen(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "prod/dump.txt", []byte("dump"))
	server.Put(t, bucket, "dir/toc.dat", []byte("toc"))
	if b := sourcetest.Locate(t, source(t, server.Endpoint, "s3://"+bucket+"/prod/dump.txt")); b.Key != "dump.txt" {
		t.Errorf("chose %q", b.Key)
	}
	if b := sourcetest.Locate(t, source(t, server.Endpoint, "s3://"+bucket+"/dir")); b.URI != "s3://"+bucket+"/dir" || len(b.Members) != 1 {
		t.Errorf("chose %s", b.URI)
	}
}

func TestNewRefuses(t *testing.T) {
	s3server.Setenv(t, "key", "secret")
	for _, o := range []s3.Options{
		{URL: "s3://"},
		{URL: "s3:///prod"},
		{URL: "https://bucket/prod"},
		{URL: "s3://key:hunter2@bucket/prod"},
		{URL: "s3://bucket", Endpoint: "minio:9000"},
		{URL: "s3://bucket", Endpoint: "https://key:hunter2@minio:9000"},
	} {
		_, err := s3.New(t.Context(), o)
		sourcetest.WantCode(t, err, outcome.ConfigInvalid)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v contains the secret", err)
		}
	}
	_, err := s3.New(t.Context(), s3.Options{URL: "s3://bucket", Profile: "missing"})
	sourcetest.WantCode(t, err, outcome.SourceDenied)
}

func TestProfile(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	s3server.Setenv(t, "", "")
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[drill]\naws_access_key_id = " + server.AccessKey + "\naws_secret_access_key = " + server.SecretKey + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	sourcetest.Find(t, open(t, s3.Options{URL: "s3://" + bucket, Endpoint: server.Endpoint, Profile: "drill"}), "shop.dump")
}

func TestVersions(t *testing.T) {
	server := start(t)
	server.KeepVersions(t, bucket)
	server.Put(t, bucket, "shop.dump", []byte("yesterday's"))
	s := source(t, server.Endpoint, "s3://"+bucket)
	b := sourcetest.Locate(t, s)
	if b.VersionID == "" {
		t.Error("the version is unknown")
	}
	server.Put(t, bucket, "shop.dump", []byte("this night's"))
	if got := string(sourcetest.Read(t, s, b.Object, 0, b.Size)); got != "yesterday's" {
		t.Errorf("read %q of the version that was listed", got)
	}
}

func TestReplacedBeforeItIsResolved(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("yesterday's"))
	s := source(t, server.Endpoint, "s3://"+bucket)
	o := sourcetest.Find(t, s, "shop.dump")
	server.Put(t, bucket, "shop.dump", []byte("this night's"))
	_, err := s.Resolve(t.Context(), o)
	sourcetest.WantCode(t, err, outcome.BackupChanged)
}

func start(t *testing.T) *s3server.Server {
	t.Helper()
	server := s3server.Start(t)
	server.Setenv(t)
	server.CreateBucket(t, bucket)
	return server
}

func source(t *testing.T, endpoint, url string) *s3.Source {
	t.Helper()
	return open(t, s3.Options{URL: url, Endpoint: endpoint})
}

func open(t *testing.T, o s3.Options) *s3.Source {
	t.Helper()
	o.Attempts, o.MaxBackoff = 2, time.Millisecond
	s, err := s3.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
