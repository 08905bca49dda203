package s3

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/drillgres/drillgres/drill/bucket"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/recordtest"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

const name = "acme-drills"

func start(t *testing.T) *s3server.Server {
	t.Helper()
	server := s3server.Start(t)
	server.Setenv(t)
	server.CreateBucket(t, name)
	return server
}

func open(t testing.TB, endpoint, url string) (*record.History, *Store) {
	t.Helper()
	s, err := New(t.Context(), bucket.Options{URL: url, Endpoint: endpoint, Attempts: 2, MaxBackoff: time.Millisecond, HeaderTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return record.New(s, url), s
}

// keys returns the keys of all objects in the bucket, space-separated.
func keys(t *testing.T, server *s3server.Server) string {
	t.Helper()
	out, err := server.Client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, o := range out.Contents {
		list = append(list, aws.ToString(o.Key))
	}
	return strings.Join(list, " ")
}

func TestConformance(t *testing.T) {
	server := start(t)
	n := 0
	recordtest.Run(t, func(t *testing.T) recordtest.Opener {
		n++
		// Each name begins with those of the histories before it.
		url := fmt.Sprintf("s3://%s/history%s", name, strings.Repeat("y", n))
		return func(t testing.TB) *record.History {
			h, _ := open(t, server.Endpoint, url)
			return h
		}
	})
}

func TestPrefixes(t *testing.T) {
	server := start(t)
	for _, url := range []string{"s3://" + name, "s3://" + name + "/", "s3://" + name + "/a/b", "s3://" + name + "/a/b/"} {
		h, _ := open(t, server.Endpoint, url)
		recordtest.Tell(t, h, recordtest.Drill("run", "shop", outcome.VerdictPassed, 0)) // the same with or without a slash
		if got := recordtest.Listed(t, h, record.Filter{}); got != "run" {
			t.Errorf("%s lists %q", url, got)
		}
	}
	if got, want := keys(t, server), "a/b/drills/shop/run.json a/b/index/shop.json drills/shop/run.json index/shop.json"; got != want {
		t.Errorf("the bucket contains %s, want %s", got, want)
	}
}

// TestManyProcesses checks that the listing has the drills of all processes.
func TestManyProcesses(t *testing.T) {
	const children, perChild = 3, 5
	if endpoint := os.Getenv("DRILLGRES_TEST_HISTORY"); endpoint != "" {
		h, _ := open(t, endpoint, "s3://"+name)
		for i := range perChild {
			recordtest.Tell(t, h, recordtest.Drill(fmt.Sprintf("%s-%d", os.Getenv("DRILLGRES_TEST_CHILD"), i), "shop", outcome.VerdictPassed, float64(i)))
		}
		return
	}
	server := start(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range children {
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestManyProcesses$")
			cmd.Env = append(os.Environ(), "DRILLGRES_TEST_HISTORY="+server.Endpoint, fmt.Sprintf("DRILLGRES_TEST_CHILD=%d", i))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v\n%s", i, err, out)
			}
		})
	}
	wg.Wait()
	h, _ := open(t, server.Endpoint, "s3://"+name)
	if got := len(strings.Fields(recordtest.Listed(t, h, record.Filter{}))); got != children*perChild {
		t.Errorf("%d drills are listed, want %d", got, children*perChild)
	}
}

func TestForeignAndDamagedObjects(t *testing.T) {
	server := start(t)
	foreign := []string{"README.md", "drills/notes.txt", "drills/shop/old/a.json", "drills/shop/%2e.json", "drills/shop/.json", "drills/shop/a.json.bak", "index/notes.txt", "accepted/shop/readme.txt"}
	for _, key := range foreign {
		server.Put(t, name, key, []byte("of another program"))
	}
	h, _ := open(t, server.Endpoint, "s3://"+name)
	recordtest.Tell(t, h, recordtest.Drifted("a", "shop", 0))
	recordtest.Accept(t, h, "a", "shop", "meant", recordtest.Noon)
	if _, err := h.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := recordtest.Listed(t, h, record.Filter{}); got != "a" {
		t.Errorf("lists %q", got)
	}
	if list, err := h.Acceptances(t.Context(), ""); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	for _, key := range foreign {
		if !strings.Contains(keys(t, server), key) {
			t.Errorf("%s was removed", key)
		}
	}
	for what, content := range map[string]string{"cut": `{"run_id": "x"`, "another's": `{"run_id": "y", "database": "shop"}`} {
		server.Put(t, name, "drills/shop/x.json", []byte(content))
		_, err := h.List(t.Context(), record.Filter{})
		want(t, what, err, "s3://"+name+"/drills/shop/x.json is not as drillgres wrote it", "move that object away")
	}
	if got := recordtest.Listed(t, h, record.Filter{Database: "crm"}); got != "" { // other databases are unaffected
		t.Errorf("lists %q", got)
	}
}

func want(t *testing.T, what string, err error, text, hint string) {
	t.Helper()
	f := outcome.AsFailure(err)
	if f == nil {
		t.Fatalf("%s: no error", what)
	}
	if f.Code != outcome.HistoryUnavailable || !strings.Contains(f.Error(), text) || !strings.Contains(f.Remedy(), hint) {
		t.Errorf("%s: %v, hint %s\nwant %q, hint %q", what, err, f.Remedy(), text, hint)
	}
}

func TestPermissions(t *testing.T) {
	server := start(t)
	owner, _ := open(t, server.Endpoint, "s3://"+name)
	recordtest.Tell(t, owner, recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
	accessKey, secretKey := server.AddUser(t)
	s3server.Setenv(t, accessKey, secretKey)
	h, _ := open(t, server.Endpoint, "s3://"+name)
	_, err := h.List(t.Context(), record.Filter{})
	want(t, "nothing is allowed", err, "list s3://"+name, "s3:ListBucket")

	_, err = server.Client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(name), Policy: aws.String(fmt.Sprintf(
		`{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"AWS": [%[1]q]}, "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::%[2]s"]},
			{"Effect": "Allow", "Principal": {"AWS": [%[1]q]}, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::%[2]s/*"]}]}`, accessKey, name))})
	if err != nil {
		t.Fatal(err)
	}
	if got := recordtest.Listed(t, h, record.Filter{}); got != "a" {
		t.Errorf("a user who may only read lists %q", got)
	}
	want(t, "may not write", h.Tell(t.Context(), recordtest.Drill("b", "shop", outcome.VerdictPassed, 0)), "record drill b in s3://"+name, "s3:PutObject on bucket "+name)
	want(t, "may not write", h.Check(t.Context()), "s3://"+name+"/check.json", "s3:PutObject")
}

func TestStoresThatCannotWriteConditionally(t *testing.T) {
	server := start(t)
	refusing := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || r.Header.Get("If-None-Match") == "" {
			return false
		}
		w.WriteHeader(http.StatusNotImplemented)
		fmt.Fprint(w, `<Error><Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented.</Message></Error>`)
		return true
	})
	h, _ := open(t, refusing, "s3://"+name)
	err := h.Tell(t.Context(), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
	want(t, "refuses", err, "the store does not support conditional writes (NotImplemented", "If-None-Match")

	ignoring := server.Before(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || r.Header.Get("If-None-Match") == "" {
			return false
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		server.Put(t, name, strings.TrimPrefix(r.URL.Path, "/"+name+"/"), body)
		return true // 200: it was written unconditionally
	})
	h, _ = open(t, ignoring, "s3://"+name)
	recordtest.Tell(t, h, recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
	other := recordtest.Drill("a", "shop", outcome.VerdictFailed, 0)
	if err := h.Tell(t.Context(), other); err == nil || !strings.Contains(err.Error(), "another result") {
		t.Errorf("ignored condition: %v", err)
	}
	want(t, "ignores", h.Check(t.Context()), "ignores If-None-Match", "conditional writes")
}

func TestUnreachableStore(t *testing.T) {
	s3server.Setenv(t, "key", "canary-90817263")
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	for endpoint, text := range map[string]string{"http://127.0.0.1:1": "connection refused", silent.URL: "timeout"} {
		s, err := New(t.Context(), bucket.Options{URL: "s3://" + name, Endpoint: endpoint, Attempts: 2, MaxBackoff: time.Millisecond, HeaderTimeout: 200 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		h := record.New(s, "s3://"+name)
		_, err = h.List(t.Context(), record.Filter{})
		want(t, endpoint, err, text, "record.s3")
		want(t, endpoint, h.Tell(t.Context(), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0)), text, "record.s3")
	}
	s3server.Setenv(t, "", "")
	h, _ := open(t, "http://127.0.0.1:1", "s3://"+name)
	want(t, "no credentials", h.Tell(t.Context(), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0)), "no credentials", "record.s3.profile")
	_, err := New(t.Context(), bucket.Options{URL: "s3://key:canary-90817263@b/x"})
	if f := outcome.AsFailure(err); f == nil || f.Code != outcome.ConfigInvalid || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "record.history") {
		t.Errorf("%v", err)
	}
}
