package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// pod is a sandbox whose psql is a function of the test. No server listens in it.
type pod struct {
	sandbox.Pod
	client func(ctx context.Context, c sandbox.Command) (int, error)
	log    string
	health error
}

func (p *pod) Exec(ctx context.Context, c sandbox.Command) (int, error) {
	if c.Args[0] != "sh" {
		return p.client(ctx, c)
	}
	if strings.HasPrefix(c.Args[2], "wc") {
		fmt.Fprintln(c.Stdout, 0)
		return 0, nil
	}
	_, err := io.WriteString(c.Stdout, p.log)
	return 0, err
}

func (p *pod) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("nothing listens")
}
func (p *pod) Place(_ context.Context, path string) (string, error) { return path, nil }
func (p *pod) Lost() <-chan struct{}                                { return nil }
func (p *pod) Cause() error                                         { return nil }
func (p *pod) Health(context.Context) error                         { return p.health }

// try restores a dump in a pod and returns the failure.
func try(t *testing.T, p *pod, c config.Restore, f Dump, report outcome.Progress) *outcome.Failure {
	t.Helper()
	s := server()
	s.Pod = p
	s.Log.Format = "jsonlog"
	_, err := Restorer{Config: c, WorkDir: t.TempDir()}.Restore(t.Context(), s, f, report)
	return outcome.AsFailure(err)
}

func plainFile(t *testing.T, content string) Dump {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dump.sql")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	f := Dump{Path: path, Source: dumped(inspect.Plain, "")}
	f.DecodedBytes = int64(len(content))
	return f
}

func gzipped(t *testing.T, content string) []byte {
	t.Helper()
	var b strings.Builder
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func TestADecoderErrorReachesThePod(t *testing.T) {
	f := plainFile(t, "")
	whole := gzipped(t, strings.Repeat("select 1;\n", 1000))
	if err := os.WriteFile(f.Path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	p := &pod{client: func(_ context.Context, c sandbox.Command) (int, error) {
		_, err := io.Copy(io.Discard, c.Stdin) // psql would see no end of its input
		return 137, err
	}}
	if got := try(t, p, config.Restore{}, f, nil); got == nil || got.Code != outcome.StreamTruncated {
		t.Errorf("got %v, want stream_truncated", got)
	}
}

func TestTheWholeDecodedDumpIsFed(t *testing.T) {
	const dump = "select 1;\nselect 2;\n"
	f := plainFile(t, "")
	if err := os.WriteFile(f.Path, gzipped(t, dump), 0o600); err != nil {
		t.Fatal(err)
	}
	f.DecodedBytes = int64(len(dump))
	var fed []byte
	p := &pod{client: func(_ context.Context, c sandbox.Command) (int, error) {
		fed, _ = io.ReadAll(c.Stdin)
		return 3, nil
	}}
	var done, total int64
	try(t, p, config.Restore{}, f, func(d, t int64) { done, total = d, t })
	if string(fed) != dump {
		t.Errorf("psql was fed %q, want %q", fed, dump)
	}
	if done != int64(len(dump)) || total != done {
		t.Errorf("progress ended at %d of %d, want %d", done, total, len(dump))
	}
}

// jsonRecord is a record as Postgres 15.20 writes it.
const jsonRecord = `{"timestamp":"2026-11-23 14:00:00.000 UTC","user":"drillgres","dbname":"shop","pid":71,"error_severity":"ERROR","state_code":"42704","message":"role \"o\" does not exist","statement":"ALTER TABLE public.t OWNER TO o;","application_name":"pg_restore","backend_type":"client backend","query_id":0}`

func TestTheServersLogExplainsAnExitCode(t *testing.T) {
	p := &pod{log: jsonRecord + "\n", client: func(_ context.Context, c sandbox.Command) (int, error) {
		_, err := io.WriteString(c.Stderr, "psql:<stdin>:3: ERROR:  42704\n")
		return 3, err
	}}
	got := try(t, p, config.Restore{}, plainFile(t, "select 1;"), nil)
	if got == nil || got.Code != outcome.RoleMissing || got.Statement != "ALTER TABLE public.t OWNER TO o;" {
		t.Errorf("got %+v, want role_missing with its statement", got)
	}
}

func TestAnEndedSandboxExplainsAnything(t *testing.T) {
	lost := outcome.Fail(outcome.SandboxLost, "the container ended")
	client := func(_ context.Context, c sandbox.Command) (int, error) {
		_, err := io.WriteString(c.Stderr, "psql:<stdin>:3: server closed the connection unexpectedly\n")
		return 2, err
	}
	if got := try(t, &pod{log: jsonRecord + "\n", client: client, health: lost}, config.Restore{}, plainFile(t, "select 1;"), nil); !errors.Is(got, lost) {
		t.Errorf("got %v, want the pod's own failure", got)
	}
}

func TestASuccessIsNotTrustedAfterAKillForMemory(t *testing.T) {
	p := &pod{health: outcome.Fail(outcome.SandboxOutOfMemory, "killed"), client: func(context.Context, sandbox.Command) (int, error) { return 0, nil }}
	if got := try(t, p, config.Restore{}, plainFile(t, "select 1;"), nil); got == nil || got.Code != outcome.SandboxOutOfMemory {
		t.Errorf("got %v, want sandbox_out_of_memory", got)
	}
}

func TestTimeoutIsOurs(t *testing.T) {
	p := &pod{client: func(ctx context.Context, _ sandbox.Command) (int, error) {
		<-ctx.Done()
		return 0, context.Cause(ctx)
	}}
	got := try(t, p, config.Restore{Timeout: config.Duration(10 * time.Millisecond)}, plainFile(t, "select 1;"), nil)
	if got == nil || got.Code != outcome.RestoreTimeout {
		t.Errorf("got %v, want restore_timeout", got)
	}
}

func TestAWrappedArchiveIsUnpackedFirst(t *testing.T) {
	const archive = "PGDMP and so on"
	f := plainFile(t, "")
	f.Format, f.Layers = inspect.Custom, []string{"gzip"}
	if err := os.WriteFile(f.Path, gzipped(t, archive), 0o600); err != nil {
		t.Fatal(err)
	}
	var restored string
	p := &pod{client: func(_ context.Context, c sandbox.Command) (int, error) {
		data, err := os.ReadFile(c.Args[len(c.Args)-1])
		restored = string(data)
		return 1, err
	}}
	try(t, p, config.Restore{}, f, nil)
	if restored != archive {
		t.Errorf("pg_restore read %q, want %q", restored, archive)
	}

	p.client = func(context.Context, sandbox.Command) (int, error) { return 0, errors.New("must not be reached") }
	s := server()
	s.Pod = p
	_, err := Restorer{WorkDir: t.TempDir(), Opener: &layers.Opener{MaxDecoded: 4}}.Restore(t.Context(), s, f, nil)
	if got := outcome.AsFailure(err); got == nil || got.Code != outcome.DiskBudgetExceeded {
		t.Errorf("beyond the limit: %v, want disk_budget_exceeded", got)
	}
}

func TestRowsAreNotAnAttack(t *testing.T) {
	restricted := func(line int) *pod {
		return &pod{client: func(_ context.Context, c sandbox.Command) (int, error) {
			_, err := fmt.Fprintf(c.Stderr, "psql:<stdin>:%d: error: backslash commands are restricted; only \\unrestrict is allowed\n", line)
			return 3, err
		}}
	}
	const dump = "\\restrict x\nselect 1;\n1\tbob\t\\N\n\\! curl example.com\n1\tbob\\nson\n"
	for line, want := range map[int]outcome.Code{3: outcome.CopyFailed, 4: outcome.DumpHostile, 5: outcome.CopyFailed, 99: outcome.DumpHostile} {
		got := try(t, restricted(line), config.Restore{}, plainFile(t, dump), nil)
		if got == nil || got.Code != want {
			t.Errorf("line %d: %v, want %s", line, got, want)
		}
		if got != nil && got.Line != int64(line) {
			t.Errorf("line %d is reported as %d", line, got.Line)
		}
		if strings.Contains(fmt.Sprint(got), "bob") {
			t.Errorf("line %d: a row value shows in %v", line, got)
		}
	}
}

func TestLineAt(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	text := "one\n" + long + "\nthree"
	for number, want := range map[int64]string{1: "one", 3: "three"} {
		if got, err := lineAt(strings.NewReader(text), number); err != nil || got != want {
			t.Errorf("line %d: %q, %v", number, got, err)
		}
	}
	if got, err := lineAt(strings.NewReader(text), 2); err != nil || !strings.HasPrefix(long, got) || got == "" {
		t.Errorf("line 2: %d bytes, %v", len(got), err)
	}
	for _, number := range []int64{0, 4} {
		if _, err := lineAt(strings.NewReader(text), number); err == nil {
			t.Errorf("line %d exists", number)
		}
	}
}

func TestPhasesAreTimed(t *testing.T) {
	p := &pod{client: func(context.Context, sandbox.Command) (int, error) { return 0, nil }}
	s := server()
	s.Pod = p
	f := plainFile(t, "select 1;")
	f.Format, f.Layers = inspect.Custom, nil
	restored, _ := Restorer{WorkDir: t.TempDir()}.Restore(t.Context(), s, f, nil) // ends at finish: nothing listens
	var names []string
	for _, phase := range restored.Phases {
		names = append(names, phase.Name)
	}
	if want := []string{"place", "load", "finish"}; !slices.Equal(names, want) {
		t.Errorf("phases %q, want %q", names, want)
	}
}
