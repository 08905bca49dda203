package doctor_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/doctor"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

// dump is the backup of most tests.
const dump = `--
-- PostgreSQL database dump
--

-- Dumped from database version 15.18
-- Dumped by pg_dump version 15.18

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE TABLE public.t (
    id integer NOT NULL
);

COPY public.t (id) FROM stdin;
1
\.

--
-- PostgreSQL database dump complete
--

`

// nowhere is an engine that does not exist, for what needs none.
const nowhere = "tcp://127.0.0.1:1"

// a setup is what a test examines.
type setup struct {
	databases string // of the config, one a line; empty: no config
	more      string // top level of the config
	engine    string // DOCKER_HOST; empty: that of this machine
	ahead     time.Duration
	dir       string // of the config and the backups
}

// prepare writes the backup shop.sql to a directory.
func prepare(t *testing.T, content string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.sql"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// examine returns the answers about the machine, and about all databases.
func (s setup) examine(t *testing.T) (machine, databases answers, exit int) {
	t.Helper()
	o := doctor.Options{Options: wiring.Options{Version: "test", Now: func() time.Time { return time.Now().Add(s.ahead) }, Getenv: s.getenv(t)}}
	if s.databases != "" {
		o.Config = s.config(t)
	}
	var groups []doctor.Group
	for g := range doctor.Examine(t.Context(), o) {
		groups = append(groups, g)
		if g.Database == "" {
			machine = append(machine, g.Answers...)
		} else {
			databases = append(databases, g.Answers...)
		}
	}
	return machine, databases, doctor.FirstExit(groups)
}

func (s setup) getenv(t *testing.T) func(string) (string, bool) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	return func(name string) (string, bool) {
		if name == "DOCKER_HOST" && s.engine != "" {
			return s.engine, true
		}
		return os.LookupEnv(name)
	}
}

func (s setup) config(t *testing.T) *config.Config {
	t.Helper()
	if s.dir == "" {
		s.dir = prepare(t, dump)
	}
	text := "version: 1\n" + s.more + "\ndatabases:\n" + s.databases
	if !strings.Contains(s.more, "work:") {
		text = "work: {dir: work}\n" + text
	}
	cfg, err := wiring.ConfigReader(os.LookupEnv).Parse(filepath.Join(s.dir, "drillgres.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

type answers []doctor.Answer

// want checks that one answer to the question has this status and says this.
func (a answers) want(t *testing.T, status doctor.Status, what, says string, code outcome.Code) {
	t.Helper()
	if !slices.ContainsFunc(a, func(a doctor.Answer) bool {
		return a.Status == status && a.What == what && strings.Contains(a.Saw+" "+a.Hint, says) && a.Code == code && (status != doctor.Wrong || a.Hint != "" && a.Exit != 0)
	}) {
		t.Errorf("no answer %s about %s says %q (%s) in\n%s", status, what, says, code, a)
	}
}

func (a answers) String() string {
	var b strings.Builder
	for _, one := range a {
		_, _ = fmt.Fprintf(&b, "%s  %s  %s %s (%s)\n", one.Status, one.What, one.Code, one.Saw, one.Hint)
	}
	return b.String()
}

// has reports whether there is an answer to the question.
func (a answers) has(what string) bool {
	return slices.ContainsFunc(a, func(a doctor.Answer) bool { return a.What == what })
}

func TestWithoutAConfig(t *testing.T) {
	images.NeedEngine(t)
	machine, _, exit := setup{}.examine(t)
	if exit != 0 {
		t.Errorf("exit %d", exit)
	}
	machine.want(t, doctor.Note, "config", "drillgres init", "")
	machine.want(t, doctor.OK, "work directory", "free", "")
	machine.want(t, doctor.OK, "engine", "CPU", "")
	machine.want(t, doctor.OK, "engine's clock", "agrees", "")
	machine.want(t, doctor.OK, "memory", "a sandbox gets", "")
	machine.want(t, doctor.OK, "credentials", "", "")
}

func TestWithoutAnEngine(t *testing.T) {
	machine, databases, exit := setup{engine: nowhere, databases: "  shop: {backup: {from: shop.sql}, postgres: {version: \"15\"}}\n"}.examine(t)
	machine.want(t, doctor.Wrong, "engine", nowhere, outcome.EngineUnreachable)
	databases.want(t, doctor.OK, "source", "newest of 1, ", "")
	databases.want(t, doctor.OK, "dump", "plain, by pg_dump 15.18 from Postgres 15.18", "")
	databases.want(t, doctor.Note, "images", "the engine does not answer", "")
	databases.want(t, doctor.OK, "disk for the backup", "read in place", "")
	if exit != 5 {
		t.Errorf("exit %d", exit)
	}
}

// TestAHangingEngine checks that the rest is answered if an engine accepts connections and is
// silent.
func TestAHangingEngine(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() //nolint:errcheck // a listener
	machine, databases, _ := setup{engine: "tcp://" + silent.Addr().String(), databases: "  shop: {backup: {from: shop.sql}, postgres: {version: \"15\"}}\n"}.examine(t)
	machine.want(t, doctor.Wrong, "engine", silent.Addr().String(), outcome.EngineUnreachable)
	databases.want(t, doctor.OK, "source", "newest of 1", "")
}

// TestDatabases examines databases on the real engine.
func TestDatabases(t *testing.T) {
	image := images.Postgres(t, "15")
	dir := prepare(t, dump)
	for name, tt := range map[string]struct {
		database string
		status   doctor.Status
		what     string
		says     string
		code     outcome.Code
	}{
		"an image of another major": {"postgres: {version: \"16\", image: IMAGE}", doctor.Wrong, "image", "runs Postgres 15.", outcome.ImageWrongMajor},
		"an image that fits":        {"postgres: {version: \"15\", image: IMAGE}", doctor.OK, "image", "Postgres 15.", ""},
		"no image":                  {"postgres: {version: \"15\", image: \"drillgres-none:15\"}", doctor.Note, "image", "the first drill pulls it", ""},
		"no image of the app":       {"postgres: {version: \"15\", image: IMAGE}, app: {image: \"drillgres-none:1\", port: 80, ready: {http: /}}", doctor.Note, "image", "drillgres-none:1 is not on", ""},
		"another major dumped":      {"postgres: {version: \"17\", image: \"drillgres-none:17\"}", doctor.Note, "dump", "taken from Postgres 15.18", ""},
		"an extension of the dump":  {"postgres: {version: \"15\", image: IMAGE}", doctor.OK, "extensions", "pg_trgm: the image has it", ""},
		"an extension to install":   {"postgres: {version: \"15\", image: IMAGE, extensions: [set_user]}", doctor.Note, "extensions", "drillgres image shop", ""},
		"an extension, no build":    {"postgres: {version: \"15\", image: IMAGE, extensions: [ip4r], build: \"off\"}", doctor.Wrong, "extensions", "lacks extension ip4r", outcome.ExtensionUnavailable},
		"an extension of a vendor":  {"postgres: {version: \"15\", image: IMAGE, extensions: [pg_graphql]}", doctor.Note, "extensions", "supabase/postgres has pg_graphql", ""},
		"too much memory":           {"postgres: {version: \"15\", image: IMAGE, memory: 10TiB}", doctor.Wrong, "memory", "postgres.memory is 10.0 TiB", outcome.SandboxOutOfMemory},
		"too much with the app":     {"postgres: {version: \"15\", image: IMAGE}, app: {image: IMAGE, port: 80, memory: 10TiB, ready: {http: /}}", doctor.Note, "memory", "together more than it has", ""},
		"memory":                    {"postgres: {version: \"15\", image: IMAGE}", doctor.OK, "memory", "Postgres may use", ""},
		"the engine's disk":         {"postgres: {version: \"15\", image: IMAGE}", doctor.OK, "engine's disk", "an estimate", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, found, exit := setup{dir: dir, databases: "  shop: {backup: {from: shop.sql}, " + strings.ReplaceAll(tt.database, "IMAGE", image) + "}\n"}.examine(t)
			found.want(t, tt.status, tt.what, tt.says, tt.code)
			if (exit == 0) != (tt.status != doctor.Wrong) {
				t.Errorf("exit %d", exit)
			}
		})
	}
	if out, err := exec.CommandContext(t.Context(), "docker", "ps", "--all", "--quiet", "--filter", "name=drillgres-doctor").Output(); err != nil || len(out) > 0 {
		t.Errorf("left on the engine: %s, %v", out, err)
	}
}

// TestARemoteEngine reaches the engine of this machine through TCP.
func TestARemoteEngine(t *testing.T) {
	images.NeedEngine(t)
	machine, _, exit := setup{engine: proxy(t, "/var/run/docker.sock")}.examine(t)
	machine.want(t, doctor.Note, "engine", "does not share this machine's files", "")
	if exit != 0 || machine.has("engine's disk") {
		t.Errorf("exit %d\n%s", exit, machine)
	}
}

// proxy returns the address of a TCP port that leads to a socket.
func proxy(t *testing.T, socket string) string {
	t.Helper()
	if _, err := os.Stat(socket); err != nil {
		t.Skip("the engine is elsewhere")
	}
	front, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = front.Close() })
	go func() {
		for {
			here, err := front.Accept()
			if err != nil {
				return
			}
			there, err := (&net.Dialer{}).DialContext(t.Context(), "unix", socket)
			if err != nil {
				_ = here.Close()
				continue
			}
			go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
			go func() { _, _ = io.Copy(here, there); _ = here.Close() }()
		}
	}()
	return "tcp://" + front.Addr().String()
}

func TestKeys(t *testing.T) {
	right, wrong := newKey(t), newKey(t)
	dir := t.TempDir()
	write(t, dir, "shop.sql.age", encrypted(t, right))
	write(t, dir, "right.key", right.String())
	write(t, dir, "wrong.key", wrong.String())
	write(t, dir, "plain/shop.sql", dump)
	for name, tt := range map[string]struct {
		backup string
		status doctor.Status
		says   string
		code   outcome.Code
	}{
		"the right one":             {"{from: shop.sql.age, keys: [{age: {file: wrong.key}}, {age: {file: right.key}}]}", doctor.OK, right.Recipient().String(), ""},
		"the wrong one":             {"{from: shop.sql.age, keys: [{age: {file: wrong.key}}]}", doctor.Wrong, "", outcome.KeyWrong},
		"none":                      {"{from: shop.sql.age}", doctor.Wrong, "", outcome.KeyMissing},
		"one that does not exist":   {"{from: shop.sql.age, keys: [{age: {file: right.key}}, {openpgp: {file: gone.asc}}]}", doctor.Note, "gone.asc", ""},
		"one for nothing encrypted": {"{from: plain/shop.sql, keys: [{age: {file: right.key}}]}", doctor.Note, "not encrypted", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, found, _ := setup{engine: nowhere, dir: dir, databases: "  shop: {backup: " + tt.backup + ", postgres: {version: \"15\"}}\n"}.examine(t)
			found.want(t, tt.status, "key", tt.says, tt.code)
			if tt.status == doctor.Wrong && found.has("dump") {
				t.Errorf("the same failure twice:\n%s", found)
			}
			if strings.Contains(found.String(), "AGE-SECRET-KEY") {
				t.Error("a key is shown")
			}
		})
	}
}

func newKey(t *testing.T) *age.X25519Identity {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func encrypted(t *testing.T, key *age.X25519Identity) string {
	t.Helper()
	var b strings.Builder
	w, err := age.Encrypt(&b, key.Recipient())
	if err == nil {
		_, err = io.WriteString(w, dump)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBuckets examines a bucket with a backup, an empty one, a denied one and one that does
// not exist, on a real server.
func TestBuckets(t *testing.T) {
	server := s3server.Start(t)
	server.Setenv(t)
	for _, bucket := range []string{"backups", "empty"} {
		server.CreateBucket(t, bucket)
	}
	server.Put(t, "backups", "prod/shop.sql", []byte(dump))
	look := func(bucket string) answers {
		_, found, _ := setup{engine: nowhere, databases: fmt.Sprintf("  shop: {backup: {from: \"s3://%s/prod\", s3: {endpoint: %q}}, postgres: {version: \"15\"}}\n", bucket, server.Endpoint)}.examine(t)
		return found
	}
	found := look("backups")
	found.want(t, doctor.OK, "source", "s3://backups/prod/shop.sql", "")
	found.want(t, doctor.OK, "source's clock", "agrees", "")
	found.want(t, doctor.OK, "disk for the backup", "needed", "")
	look("empty").want(t, doctor.Wrong, "source", "", outcome.BackupMissing)
	look("nowhere").want(t, doctor.Wrong, "source", "nowhere", outcome.SourceNotFound)
	accessKey, secretKey := server.AddUser(t)
	s3server.Setenv(t, accessKey, secretKey)
	look("backups").want(t, doctor.Wrong, "source", "s3:ListBucket", outcome.SourceDenied)
}

// TestSkewedClocks compares a wrong clock of this machine with those of a real engine and a
// real object store, and the right one with a wrong clock of a web server. They are
// clock_wrong (outcome.ClockWrong).
func TestSkewedClocks(t *testing.T) {
	images.NeedEngine(t)
	server := s3server.Start(t)
	server.Setenv(t)
	server.CreateBucket(t, "backups")
	server.Put(t, "backups", "shop.sql", []byte(dump))
	s := setup{databases: fmt.Sprintf("  shop: {backup: {from: \"s3://backups\", s3: {endpoint: %q}}, postgres: {version: \"15\", image: \"drillgres-none:15\"}}\n", server.Endpoint)}
	for ahead, says := range map[time.Duration]string{2 * time.Hour: "behind this machine's", -20 * time.Minute: "ahead of this machine's"} {
		s.ahead = ahead
		machine, found, exit := s.examine(t)
		machine.want(t, doctor.Wrong, "engine's clock", says, outcome.ClockWrong)
		found.want(t, doctor.Wrong, "source's clock", says, outcome.ClockWrong)
		if exit != 5 {
			t.Errorf("exit %d", exit)
		}
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-3*time.Hour).UTC().Format(http.TimeFormat))
		http.ServeContent(w, r, "shop.sql", time.Now().Add(-4*time.Hour), strings.NewReader(dump))
	}))
	defer web.Close()
	_, found, _ := setup{engine: nowhere, databases: fmt.Sprintf("  shop: {backup: {from: %q}, postgres: {version: \"15\"}}\n", web.URL+"/shop.sql")}.examine(t)
	found.want(t, doctor.Wrong, "source's clock", "behind this machine's", outcome.ClockWrong)
}

// TestASmallDisk has a work directory on a disk that is smaller than the backup.
func TestASmallDisk(t *testing.T) {
	server := s3server.Start(t)
	server.Setenv(t)
	server.CreateBucket(t, "backups")
	server.Put(t, "backups", "shop.sql", []byte(dump+"-- "+strings.Repeat("x", 2<<20)+"\n"))
	small := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "mode=700,size=1m", "tmpfs", small).CombinedOutput(); err != nil {
		t.Skipf("this user cannot mount a small disk: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", small).Run() }) //nolint:noctx // a clean-up
	_, found, _ := setup{
		engine: nowhere, more: fmt.Sprintf("work: {dir: %q}", small),
		databases: fmt.Sprintf("  shop: {backup: {from: \"s3://backups\", s3: {endpoint: %q}}, postgres: {version: \"15\"}}\n", server.Endpoint),
	}.examine(t)
	found.want(t, doctor.Wrong, "disk for the backup", "free", outcome.DiskBudgetExceeded)
}

// TestTheLastDrillSaysHowLarge checks that the database of the last verified drill counts,
// and not a guess.
func TestTheLastDrillSaysHowLarge(t *testing.T) {
	s := setup{dir: prepare(t, dump), more: "record: {history: history.db}", databases: fmt.Sprintf("  shop: {backup: {from: shop.sql}, postgres: {version: \"15\", image: %q}}\n", images.Postgres(t, "15"))}
	h, err := wiring.OpenHistory(t.Context(), s.config(t))
	if err != nil {
		t.Fatal(err)
	}
	tell(t, h, int64(len(dump)), 1<<50)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	machine, found, exit := s.examine(t)
	machine.want(t, doctor.OK, "history", "can be written", "")
	found.want(t, doctor.Wrong, "engine's disk", "about 1.0 PiB restored (by the last verified drill)", outcome.SandboxDiskFull)
	if exit != 5 {
		t.Errorf("exit %d", exit)
	}
}

func tell(t *testing.T, h *record.History, stored, restored int64) {
	t.Helper()
	at := time.Now().Add(-24 * time.Hour)
	r := outcome.Result{
		SchemaVersion: outcome.SchemaVersion, Kind: outcome.KindDrill, RunID: "20261127-020000-00c0ffee", Database: "shop", StartedAt: at, FinishedAt: at,
		Verdict: outcome.VerdictPassed, Backup: outcome.Backup{SizeBytes: stored}, Tables: []outcome.Table{{Name: "public.t", Bytes: restored}},
	}
	if err := h.Tell(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}
