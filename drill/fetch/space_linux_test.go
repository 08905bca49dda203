package fetch_test

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

// inside marks a separate process with a lowered limit. In the test process the
// limit would also apply to the log of go test.
const inside = "DRILLGRES_TEST_DISK_FULL"

// A file size limit simulates a full disk without privileges.
func TestDiskFullDuringTheDownload(t *testing.T) {
	if os.Getenv(inside) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestDiskFullDuringTheDownload$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestDiskFullDuringTheDownload") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = 4 * partSize
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	_, err := fetcher(t, drain).Fetch(t.Context(), backup(t, random(20*partSize)), nil)
	sourcetest.WantCode(t, err, outcome.DiskBudgetExceeded)
}
