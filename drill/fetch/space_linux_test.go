package fetch_test

import (
	"os/signal"
	"syscall"
	"testing"

	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

// A file size limit is the one full disk that needs no privileges.
func TestDiskFullOnTheWay(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	lower := limit
	lower.Cur = 4 * partSize
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &lower); err != nil {
		t.Fatal(err)
	}
	_, err := fetcher(t, drain).Fetch(t.Context(), backup(t, random(20*partSize)), nil)
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); e != nil {
		t.Fatal(e)
	}
	sourcetest.WantCode(t, err, outcome.DiskBudgetExceeded)
}
