package chaos

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
)

var chaos = flag.String("chaos", "some", "which faults TestChaos provokes: some, or all")

// fault is one thing that goes wrong in the middle of a drill.
type fault struct {
	what string
	at   string                        // the scene
	do   func(t *testing.T, v *victim) // nil: the scene itself is enough

	code   outcome.Code  // that the drill must end in; empty: it is killed, or passes
	says   string        // in the failure's message
	exit   int           // where there is no code
	within time.Duration // from the fault to the drill's end; 0: a minute
	doored bool          // the drill reaches its engine through a door, which may be shut when it cleans up
}

// victim is the drill that it happens to.
type victim struct {
	*program.Process
	scene scene
	pod   string // its Postgres container, if there is one
	door  *door
}

// representative are the faults that are provoked without -chaos=all, too.
var representative = []string{
	"kill -9 of drillgres in fetch", "kill -9 of drillgres in restore", "SIGTERM in restore", "SIGHUP in app (smoke)",
	"docker kill of Postgres in restore", "docker pause of Postgres in restore", "docker kill of the app in app (smoke)",
	"disk of the work directory full in fetch (small disk)",
}

// TestChaos provokes faults in real drills, each in a process of its own. Each
// ends in its code, or is swept by the next start, and leaves nothing.
func TestChaos(t *testing.T) {
	images.NeedEngine(t)
	faults := slices.Concat(ofTheProcess(), ofTheServer(), ofTheEngine(), ofTheSource(), ofTheApp(), ofResources())
	if *chaos != "all" {
		faults = slices.DeleteFunc(faults, func(f fault) bool { return !slices.Contains(representative, f.String()) })
		if len(faults) != len(representative) {
			t.Fatalf("of %q only %v are there", representative, faults)
		}
	}
	table := make(chaosTable, len(faults))
	t.Run("faults", func(t *testing.T) {
		for i, f := range faults {
			t.Run(f.String(), func(t *testing.T) {
				t.Parallel()
				f.provoke(t, &table[i])
			})
		}
	})
	t.Log("\n" + table.String())
}

func (f fault) String() string { return f.what + " in " + f.at }

// kills tells a fault that leaves the drill no time for anything.
func (f fault) kills() bool { return f.code == "" && f.exit == 0 }

// provoke begins a drill, waits until it is in the scene, lets the fault happen,
// and looks at how the drill ended and at what is left of it.
func (f fault) provoke(t *testing.T, row *chaosRow) {
	*row = chaosRow{fault: f, ends: "not provoked", left: "-"}
	v := &victim{scene: scenes()[f.at](t)}
	env := v.scene.env
	if f.doored {
		v.door = newDoor(t)
		env = append(env, "DOCKER_HOST="+v.door.host())
	}
	v.Process = program.Start(t, v.scene.config, env...)
	if v.scene.there != nil {
		v.pod = v.scene.there(t, v.Process)
	}
	began := time.Now()
	if f.do != nil {
		f.do(t, v)
	}
	v.Wait(t, max(f.within, 3*time.Minute))
	row.took, row.exit, row.left = time.Since(began), v.Cmd.ProcessState.ExitCode(), "nothing"
	v.freeUp(t)
	if f.kills() {
		row.ends, row.left = "killed", v.swept(t, "")
		return
	}
	r, exit := v.Result(t, 3*time.Minute)
	row.ends = f.judge(t, r, exit)
	if f.doored && len(r.Leftovers) > 0 {
		row.left = "reported, " + v.swept(t, r.RunID)
		return
	}
	if l, files := program.Leftovers(t, v.scene.config), program.WorkFiles(t, v.WorkRoot); len(r.Leftovers)+len(l)+len(files) > 0 {
		row.left = "something"
		t.Errorf("left: %q on the engine, %q in the work directory; reported %q", l, files, r.Leftovers)
	}
	if exit != outcome.ExitNotRecorded {
		v.remembered(t, r.RunID)
	}
}

// judge holds a result against what the fault must end in.
func (f fault) judge(t *testing.T, r outcome.Result, exit int) (ends string) {
	t.Helper()
	if f.code == "" {
		if exit != f.exit || r.Failure != nil || len(r.TellErrors) == 0 {
			t.Errorf("exit %d, want %d: %+v, not told: %q", exit, f.exit, r.Failure, r.TellErrors)
		}
		return string(r.Verdict) + ", not recorded"
	}
	if r.Failure == nil {
		t.Fatalf("%s, exit %d, and no failure", r.Verdict, exit)
	}
	class := f.code.Class()
	if r.Failure.Code != f.code || exit != class.ExitCode() || r.Verdict != class.Verdict() || !strings.Contains(r.Failure.Message, f.says) {
		t.Errorf("%s, exit %d, %s in %s: %s\nwant %s, exit %d, which says %q",
			r.Verdict, exit, r.Failure.Code, r.Failure.Stage, r.Failure.Message, f.code, class.ExitCode(), f.says)
	}
	return string(r.Failure.Code)
}

// swept starts the next drill, which must remove whatever the last one left,
// and whose history must be sound: it holds the run that told, if one did.
func (v *victim) swept(t *testing.T, told string) string {
	t.Helper()
	containers, all, files := v.Containers(t, ""), program.Leftovers(t, v.scene.config), program.WorkFiles(t, v.WorkRoot)
	empty := filepath.Join(t.TempDir(), "empty.dump")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	next, _, stderr := program.Drill(t, "--config", v.scene.config, "--backup", empty)
	if next.Failure == nil || next.Failure.Stage != outcome.Locate {
		t.Errorf("the next drill: %+v\n%s", next.Failure, stderr)
	}
	if l, files := program.Leftovers(t, v.scene.config), program.WorkFiles(t, v.WorkRoot); len(l)+len(files) > 0 {
		t.Errorf("not swept: %q on the engine, %q in the work directory; the next drill said:\n%s", l, files, stderr)
	}
	v.remembered(t, told, next.RunID)
	return fmt.Sprintf("containers: %d, volumes: %d, files: %d; swept by the next start", len(containers), len(all)-len(containers), len(files))
}

// remembered holds the history to be sound and to have these runs, and no other.
func (v *victim) remembered(t *testing.T, runs ...string) {
	t.Helper()
	text, exit, stderr := program.Run(t.Context(), t, "history", "--config", v.scene.config, "--format", "json")
	var past struct{ Drills []outcome.Result }
	if err := json.Unmarshal([]byte(text), &past); err != nil || exit != 0 {
		t.Fatalf("the history does not read, exit %d: %v\n%s", exit, err, stderr)
	}
	var have []string
	for _, r := range past.Drills {
		have = append(have, r.RunID)
	}
	runs = slices.DeleteFunc(runs, func(id string) bool { return id == "" })
	slices.Sort(runs)
	slices.Sort(have)
	if !slices.Equal(have, runs) {
		t.Errorf("the history holds the runs %q, want %q", have, runs)
	}
}

// chaosTable is what came of the faults.
type chaosTable []chaosRow

type chaosRow struct {
	fault
	ends, left string
	exit       int
	took       time.Duration
}

func (c chaosTable) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', tabwriter.Debug)
	line := func(cells ...any) { _, _ = fmt.Fprintf(w, " %s\t %s\t %s\t %v\t %s\t %v\n", cells...) }
	line("fault", "stage", "ends in", "exit", "left behind", "seconds")
	for _, r := range c {
		var exit any = r.exit
		if r.exit < 0 {
			exit = "-"
		}
		if r.what != "" {
			line(r.what, r.at, r.ends, exit, r.left, fmt.Sprintf("%.1f", r.took.Seconds()))
		}
	}
	_ = w.Flush() // a builder does not fail
	return b.String()
}
