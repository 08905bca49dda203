package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drillgres/drillgres/fixtures/program"
)

func TestServeRefuses(t *testing.T) {
	config := pastConfig(t, nil)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--listen", ":8080"}, "everybody could read it"},
		{[]string{"--listen", "0.0.0.0:0"}, "add --user and set DRILLGRES_SERVE_PASSWORD"},
		{[]string{"--listen", "[::]:0"}, "other machines would reach it"},
		{[]string{"--listen", "8080"}, `"8080" is not an address`},
		{[]string{"--listen", "0.0.0.0:0", "--user", "audit"}, "DRILLGRES_SERVE_PASSWORD is not set"},
		{[]string{"--listen", "127.0.0.1:0", "--user", "audit"}, "DRILLGRES_SERVE_PASSWORD is not set"},
		{[]string{"--user", "a:b"}, "--user: the name contains"},
		{[]string{"--behind-proxy", "X Y"}, "is not the name of a header"},
		{[]string{"--days", "-1"}, "--days: -1 is not between"},
		{[]string{"--listen", taken.Addr().String()}, "--listen: listen tcp 127.0.0.1:"},
		{[]string{"shop"}, `unexpected argument "shop"`},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		stdout, exit, stderr := runProgram(ctx, append([]string{"serve", "--config", config}, c.args...)...)
		cancel()
		if exit != 2 || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "hint: ") || stdout != "" {
			t.Errorf("%q: exit %d\n%s%s", c.args, exit, stdout, stderr)
		}
	}
}

// TestServe reads a page of the program, and ends it as a service manager does.
func TestServe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SIGTERM does not exist")
	}
	const password = "s3cret-4711"
	cmd := exec.CommandContext(t.Context(), program.Binary(t), "serve", "--config", pastConfig(t, fortnight()), "--listen", "127.0.0.1:0", "--user", "audit")
	cmd.Env = append(os.Environ(), servePassword+"="+password)
	output, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewReader(output)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address, found := strings.CutPrefix(strings.TrimSpace(first), "listening on ")
	if !found {
		t.Fatalf("the first line is %q", first)
	}
	for user, want := range map[string]int{"audit": 200, "nobody": 401} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/databases/billing", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(user, password)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != want || want == 200 && !strings.Contains(string(body), "dump_truncated") {
			t.Errorf("%s: %s, %v\n%s", user, response.Status, err, body)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil || strings.Contains(first+string(rest), password) {
		t.Errorf("%v\n%s", err, rest)
	}
}
