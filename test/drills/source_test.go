package drills

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

const bucket = program.Bucket

// TestS3Failures provokes, on a real S3 server, every way in which an object
// store keeps a drill from its backup.
func TestS3Failures(t *testing.T) {
	s := program.NewStore(t)
	noise := make([]byte, 40<<20)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	s.Put(t, bucket, "prod/shop.dump", noise)
	tests := []struct {
		name    string
		prepare func(t *testing.T) (endpoint, bucket string)
		code    outcome.Code
		stage   outcome.Stage
	}{
		{"wrong keys", func(t *testing.T) (string, string) {
			s3server.Setenv(t, s.AccessKey, "canary-wrong-secret")
			return s.Endpoint, bucket
		}, outcome.SourceDenied, outcome.Locate},
		{"nobody listens", func(*testing.T) (string, string) {
			return "http://127.0.0.1:1", bucket
		}, outcome.SourceUnreachable, outcome.Locate},
		{"no such bucket", func(*testing.T) (string, string) {
			return s.Endpoint, "no-such-bucket"
		}, outcome.SourceNotFound, outcome.Locate},
		{"errors of the server", func(t *testing.T) (string, string) {
			return s.Before(t, func(w http.ResponseWriter, _ *http.Request) bool {
				http.Error(w, "", http.StatusServiceUnavailable)
				return true
			}), bucket
		}, outcome.SourceUnreachable, outcome.Locate},
		{"archived", func(t *testing.T) (string, string) {
			return s.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "shop.dump") {
					return false
				}
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprint(w, `<?xml version="1.0"?><Error><Code>InvalidObjectState</Code><Message>The operation is not valid for the object's storage class</Message></Error>`)
				return true
			}), bucket
		}, outcome.BackupArchived, outcome.Fetch},
		{"replaced on the way", func(t *testing.T) (string, string) {
			var once sync.Once
			return s.Before(t, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet && !strings.HasPrefix(r.Header.Get("Range"), "bytes=0-") && strings.HasSuffix(r.URL.Path, "shop.dump") {
					once.Do(func() { s.Put(t, bucket, "prod/shop.dump", append(bytes.Clone(noise), 'x')) })
				}
				return false
			}), bucket
		}, outcome.BackupChanged, outcome.Fetch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.Setenv(t)
			endpoint, from := tt.prepare(t)
			r, exit, stderr := program.Drill(t, "--config", program.S3Config(t, endpoint, from))
			if r.Failure == nil || r.Failure.Code != tt.code || r.Failure.Stage != tt.stage || exit != tt.code.Class().ExitCode() {
				t.Errorf("exit %d, %+v; want %s in stage %s", exit, r.Failure, tt.code, tt.stage)
			}
			if strings.Contains(stderr+fmt.Sprint(r), "canary") {
				t.Errorf("a secret in the output: %s %+v", stderr, r)
			}
		})
	}
}

// TestS3Drill drills a backup from a real S3 server whose connections break
// on the way.
func TestS3Drill(t *testing.T) {
	s := program.NewStore(t)
	s.Put(t, bucket, "prod/shop.dump", program.ShopDump(t))
	var mu sync.Mutex
	cuts := 3
	endpoint := s.Before(t, func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if cuts == 0 || r.Header.Get("Range") == "" || !strings.HasSuffix(r.URL.Path, "shop.dump") {
			return false
		}
		cuts--
		panic(http.ErrAbortHandler)
	})
	r, exit, stderr := program.Drill(t, "--config", program.S3Config(t, endpoint, bucket))
	if r.Verdict != outcome.VerdictPassed || exit != 0 {
		t.Fatalf("%s, exit %d: %+v\n%s", r.Verdict, exit, r.Failure, stderr)
	}
	if cuts != 0 || r.Backup.ETag == "" || r.Backup.SHA256 == "" || !strings.HasPrefix(r.Backup.URI, "s3://"+bucket) {
		t.Errorf("cuts left %d, backup %+v", cuts, r.Backup)
	}
}

func TestChecksumBesideTheBackup(t *testing.T) {
	t.Parallel()
	config := program.ShopConfig(t, "")
	backup := filepath.Join(filepath.Dir(config), "backups", "shop.dump")
	if err := os.WriteFile(backup+".sha256", []byte(strings.Repeat("ab", 32)+"  shop.dump\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, exit, _ := program.Drill(t, "--config", config)
	if r.Failure == nil || r.Failure.Code != outcome.ChecksumMismatch || exit != 3 {
		t.Errorf("exit %d, %+v", exit, r.Failure)
	}
	program.CheckNothingLeft(t, config)
}
