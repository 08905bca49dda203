package drills

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/progress"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
)

// parallelConfig writes a config of databases that may each use a percentage of the engine's
// memory. The backup of broken is cut.
func parallelConfig(t *testing.T, percent map[string]int64) (path string, total int64) {
	t.Helper()
	image, dump := images.Postgres(t, "15"), program.ShopDump(t)
	total, err := strconv.ParseInt(program.EngineList(t, "info", "--format", "{{.MemTotal}}")[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	text := "version: 1\nrecord: {history: history.db}\ndatabases:\n"
	for name, p := range percent {
		text += fmt.Sprintf("  %s: {backup: {from: ./%s}, postgres: {version: \"15\", image: %q, memory: %dMiB}}\n", name, name, image, total*p/100>>20)
	}
	path = program.WriteConfig(t, text)
	for name := range percent {
		folder, backup := filepath.Join(filepath.Dir(path), name), dump
		if name == "broken" {
			backup = dump[:len(dump)/2]
		}
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "shop.dump"), backup, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path, total
}

// memoryLimits returns the memory limits of the containers that a process has now.
func memoryLimits(t *testing.T, p *program.Process) (limits []int64) {
	t.Helper()
	for _, id := range p.Containers(t, "") {
		out, err := exec.CommandContext(t.Context(), "docker", "inspect", "--format", "{{.HostConfig.Memory}}", id).Output()
		if err != nil {
			continue // removed meanwhile
		}
		limit, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
		if err != nil || limit == 0 {
			t.Fatalf("container %s has no memory limit: %s", id, out)
		}
		limits = append(limits, limit)
	}
	return limits
}

// TestParallelDrillsFitTheMemory drills four databases, of which large does not fit beside first
// and second. It looks at the containers of the engine all the time.
func TestParallelDrillsFitTheMemory(t *testing.T) {
	t.Parallel()
	images.NeedEngine(t)
	config, total := parallelConfig(t, map[string]int64{"broken": 30, "first": 30, "large": 55, "second": 30})
	p := program.StartArguments(t, config, []string{"run", "--parallel", "4", "--progress", "json"})
	most, used := 0, int64(0)
	for tick, running := time.NewTicker(50*time.Millisecond), true; running; {
		limits, sum := memoryLimits(t, p), int64(0)
		for _, l := range limits {
			sum += l
		}
		most, used = max(most, len(limits)), max(used, sum)
		select {
		case <-tick.C:
		case <-p.Ended:
			running = false
		}
	}
	var all struct{ Results []outcome.Result }
	exit := p.Decode(t, time.Minute, &all)
	if want := total - min(1<<30, total/8); used > want || most < 2 {
		t.Errorf("%d containers at the same time, and limits of %d MiB of %d MiB: want at least two, and at most %d MiB", most, used>>20, total>>20, want>>20)
	}
	var got []string
	for _, r := range all.Results {
		got = append(got, r.Database+" "+string(r.Verdict))
	}
	if want := []string{"broken failed", "first passed", "large passed", "second passed"}; exit != 3 || !slices.Equal(got, want) {
		t.Errorf("exit %d, %q, want %q", exit, got, want)
	}
	checkOrderOfEvents(t, p.Stderr.String())
	program.CheckNothingLeft(t, config)
	if history, _, _ := program.Run(t.Context(), t, "history", "--config", config, "--format", "json"); strings.Count(history, `"run_id"`) < 4 {
		t.Errorf("not all drills are on record:\n%s", history)
	}
}

// checkOrderOfEvents checks that each line is an event, that drills ran at the same time, and
// that the large one, which was the third, waited for another.
func checkOrderOfEvents(t *testing.T, stderr string) {
	t.Helper()
	running, most, ended := map[string]bool{}, 0, 0
	for line := range strings.Lines(stderr) {
		var ev progress.Event
		if err := json.Unmarshal([]byte(line), &ev); err != nil || ev.Event == "" || ev.Time.IsZero() {
			t.Errorf("not an event: %v: %s", err, line)
		}
		switch {
		case ev.Event == progress.EventStarted && ev.Stage == "":
			if running[ev.Database] = true; ev.Database == "large" && running["first"] && running["broken"] {
				t.Error("large started beside broken and first")
			}
			most = max(most, len(running))
		case ev.Event == progress.EventFinished:
			delete(running, ev.Database)
			ended++
		}
	}
	if most < 2 || ended != 4 {
		t.Errorf("at most %d drills ran at the same time, and %d finished:\n%s", most, ended, stderr)
	}
}

// TestSignalEndsAllDrills interrupts two drills while a third one waits.
func TestSignalEndsAllDrills(t *testing.T) {
	t.Parallel()
	images.NeedEngine(t)
	config, _ := parallelConfig(t, map[string]int64{"a": 20, "b": 20, "c": 20})
	p := program.StartArguments(t, config, []string{"run", "--parallel", "2", "--progress", "plain"})
	p.Eventually(t, func() string {
		if ids := p.Containers(t, "postgres"); len(ids) == 2 {
			return ids[0]
		}
		return ""
	})
	if err := p.Cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var all struct{ Results []outcome.Result }
	exit := p.Decode(t, 2*time.Minute, &all)
	if exit != outcome.ClassSignal.ExitCode() || len(all.Results) != 3 {
		t.Errorf("exit %d, %d results\n%s", exit, len(all.Results), p.Stderr.String())
	}
	for _, r := range all.Results {
		if r.Failure == nil || r.Failure.Code != outcome.Interrupted || len(r.Leftovers)+len(r.TellErrors) > 0 {
			t.Errorf("%s: %+v, left %q, %q", r.Database, r.Failure, r.Leftovers, r.TellErrors)
		}
	}
	program.CheckNothingLeft(t, config)
	if files := program.WorkFiles(t, p.WorkRoot); len(files) > 0 {
		t.Errorf("left in the work directory: %q", files)
	}
}
