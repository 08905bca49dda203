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

// inside marks the process of its own in which a limit is lowered: the log that
// go test keeps of a package's tests would run into it too.
const inside = "DRILLGRES_TEST_DISK_FULL"

// A file size limit is the one full disk that needs no privileges.
func TestDiskFullOnTheWay(t *testing.T) {
	if os.Getenv(inside) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestDiskFullOnTheWay$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestDiskFullOnTheWay") {
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
