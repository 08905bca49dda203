package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/drillgres/drillgres/fixtures/past"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestReportOfManyDrills checks the time and the memory of a report of 10,000 drills.
func TestReportOfManyDrills(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 10,000 drills")
	}
	binary := program.Binary(t)
	config := pastConfig(t, past.Results(time.Now()))
	if n := multiply(t, filepath.Join(filepath.Dir(config), "history.db"), 13); n < 10_000 {
		t.Fatalf("only %d drills", n)
	}
	page := filepath.Join(t.TempDir(), "report.html")
	cmd := exec.CommandContext(t.Context(), binary, "report", "--config", config, "--html", page, "--format", "text")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	memory := peakOf(cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &output)
	}
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("processor time %s, %d MB", took, memory>>20)
	if took > 3*time.Second || memory == 0 || memory > 200<<20 {
		t.Errorf("it took %s and %d MB", took, memory>>20)
	}
	if info, err := os.Stat(page); err != nil || info.Size() > 300_000 {
		t.Errorf("%v, %v", info, err)
	}
	if !regexp.MustCompile(`(?m)^shop +verified`).Match(output.Bytes()) {
		t.Errorf("%s", &output)
	}
}

// peakOf returns the peak of memory of a process, in bytes, once it has ended. The usage that the kernel reports
// at its end contains the peak of this process too, from which it was forked.
func peakOf(pid int) (peak int64) {
	high := regexp.MustCompile(`VmHWM:\s+(\d+) kB`)
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return peak
		}
		found := high.FindSubmatch(status)
		if found == nil { // it has ended
			return peak
		}
		kilobytes, _ := strconv.ParseInt(string(found[1]), 10, 64) // digits
		peak = max(peak, kilobytes<<10)
		time.Sleep(time.Millisecond)
	}
}

// multiply records every drill of a history n more times, with other run ids.
func multiply(t *testing.T, path string, n int) (drills int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	do := func(statement string, args ...any) {
		if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	do("create temp table original as select * from restore_drill_log")
	for i := range n {
		do("create temp table another as select * from original")
		do("update another set run_id = run_id || ?1, result = json_set(result, '$.run_id', run_id || ?1)", fmt.Sprint("-", i))
		do("insert into restore_drill_log select * from another")
		do("drop table another")
	}
	if err := db.QueryRowContext(t.Context(), "select count(*) from restore_drill_log").Scan(&drills); err != nil {
		t.Fatal(err)
	}
	return drills
}
