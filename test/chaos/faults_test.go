package chaos

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/program"
)

// stages are the scenes of a drill that goes well so far, in their order.
var stages = []string{
	"locate", "fetch", "inspect", "provision", "restore", "restore (archive)", "verify", "app (ready)", "app (smoke)", "migrate", "telling",
}

func scenes() map[string]func(*testing.T) scene {
	return map[string]func(*testing.T) scene{
		"locate": listing, "fetch": fetching, "inspect": inspecting, "provision": provisioning,
		"restore": restoring, "restore (archive)": restoringArchive, "verify": verifying,
		"app (ready)": readying, "app (smoke)": smoking, "migrate": migrating, "telling": telling,
		"restore (starved)": starving, "verify (starved)": starvingLater, "app (starved)": starvingLast, "restore (small disk)": filling,
		"fetch (small disk)": fetchingToASmallDisk, "restore (unpacking to a small disk)": unpackingToASmallDisk,
		"restore (much input)": restoringMuch, "migrate (much input)": migratingMuch,
		"recording (small disk)": recordingToASmallDisk, "app (brief smoke)": smokingBriefly,
	}
}

// ofTheProcess are what happens to drillgres itself.
func ofTheProcess() (all []fault) {
	for _, stage := range stages {
		all = append(all, fault{what: "kill -9 of drillgres", at: stage, do: signalled(syscall.SIGKILL)})
	}
	for _, stage := range []string{"locate", "fetch", "provision", "restore", "restore (archive)", "verify", "app (ready)", "app (smoke)", "migrate"} {
		all = append(all,
			fault{what: "SIGTERM", at: stage, do: signalled(syscall.SIGTERM), code: outcome.Interrupted},
			fault{what: "SIGHUP", at: stage, do: signalled(syscall.SIGHUP), code: outcome.Interrupted})
	}
	return append(all, fault{what: "SIGINT", at: "restore", do: signalled(syscall.SIGINT), code: outcome.Interrupted})
}

// ofTheServer are what happens to Postgres or its container.
func ofTheServer() (all []fault) {
	for _, stage := range []string{"restore", "restore (archive)", "verify", "app (smoke)", "migrate"} {
		all = append(all,
			fault{what: "docker kill of Postgres", at: stage, do: onPod("kill"), code: outcome.SandboxLost},
			fault{what: "docker pause of Postgres", at: stage, do: pausePod, code: outcome.SandboxLost, says: "paused"},
			fault{what: "kill -9 of the postmaster", at: stage, do: inPod(killPostmaster), code: outcome.SandboxLost})
	}
	return append(all,
		fault{what: "kill -9 of a backend", at: "restore", do: inPod(killBackend), code: outcome.SandboxLost, says: "signal 9"},
		fault{what: "kill -9 of a backend", at: "restore (archive)", do: inPod(killBackend), code: outcome.SandboxLost, says: "signal 9"},
		fault{what: "kill -9 of a backend", at: "verify", do: inPod(killBackend), code: outcome.SandboxLost},
		fault{what: "docker kill of Postgres", at: "provision", do: onPod("kill"), code: outcome.ServerStartFailed},
		fault{what: "docker rm -f of Postgres", at: "restore", do: onPod("rm", "-f"), code: outcome.SandboxLost},
		fault{what: "kill -STOP of the postmaster", at: "restore", do: inPod(stopPostmaster), code: outcome.SandboxLost, says: "has not answered", within: 3 * time.Minute})
}

const (
	killPostmaster = `kill -9 "$(head -1 "$PGDATA/postmaster.pid")"`
	stopPostmaster = `kill -STOP "$(head -1 "$PGDATA/postmaster.pid")"`
	killBackend    = `kill -9 "$(psql -U "$POSTGRES_USER" -d postgres -Atc "select pid from pg_stat_activity where wait_event = 'PgSleep' limit 1")"`
)

// ofTheEngine are what happens to the container engine, as the drill sees it.
func ofTheEngine() (all []fault) {
	for _, stage := range []string{"fetch", "provision", "restore", "verify", "app (ready)", "app (smoke)", "migrate"} {
		code := outcome.SandboxLost
		if stage == "fetch" || stage == "provision" { // the sandbox is on its way
			code = outcome.EngineUnreachable
		}
		all = append(all,
			fault{what: "engine silent", at: stage, do: func(_ *testing.T, v *victim) { v.door.block() }, code: code, doored: true, within: 5 * time.Minute},
			fault{what: "engine gone", at: stage, do: func(_ *testing.T, v *victim) { v.door.takeAway() }, code: code, doored: true, within: 5 * time.Minute})
	}
	for _, stage := range []string{"restore (much input)", "migrate (much input)"} {
		all = append(all, fault{
			what: "one connection cut", at: stage, do: func(t *testing.T, v *victim) { v.door.cutBusiest(t) },
			code: outcome.SandboxLost, says: "was closed before psql had ended", doored: true,
		})
	}
	return all
}

// ofTheSource are what happens to the source of the backup.
func ofTheSource() []fault {
	silent := func(t *testing.T, v *victim) { v.scene.source.Spoil(t, "timeout", map[string]int64{"timeout": 0}) }
	gone := func(_ *testing.T, v *victim) { v.scene.source.Tear() }
	return []fault{
		{what: "source silent", at: "fetch", do: silent, code: outcome.SourceUnreachable, within: 10 * time.Minute},
		{what: "source gone", at: "fetch", do: gone, code: outcome.SourceUnreachable, within: 5 * time.Minute},
	}
}

// ofTheApp are what happens to the application's container.
func ofTheApp() []fault {
	return []fault{
		{what: "docker kill of the app", at: "app (ready)", do: onApp("kill"), code: outcome.AppStartFailed, says: "exit code 137 before it was ready"},
		{what: "docker kill of the app", at: "app (smoke)", do: onApp("kill"), code: outcome.AppStartFailed, says: `exit code 137 during smoke test "a slow page"`},
		{what: "docker stop of the app", at: "app (smoke)", do: onApp("stop", "-t", "1"), code: outcome.AppStartFailed, says: `during smoke test "a slow page"`},
		{what: "docker pause of the app", at: "app (brief smoke)", do: onApp("pause"), code: outcome.SmokeFailed, says: "no answer within 20s"},
	}
}

// ofResources are what runs out.
func ofResources() []fault {
	return []fault{
		{what: "out of memory", at: "restore (starved)", code: outcome.SandboxOutOfMemory, says: "300 MiB", within: 3 * time.Minute},
		{what: "out of memory", at: "verify (starved)", code: outcome.SandboxOutOfMemory, says: "300 MiB", within: 3 * time.Minute},
		{what: "out of memory", at: "app (starved)", code: outcome.SandboxOutOfMemory, says: "300 MiB", within: 3 * time.Minute},
		{what: "disk of the server full", at: "restore (small disk)", code: outcome.SandboxDiskFull, within: 3 * time.Minute},
		{what: "disk of the work directory full", at: "fetch (small disk)", do: fillUp, code: outcome.DiskBudgetExceeded, says: "full"},
		{what: "disk of the work directory full", at: "restore (unpacking to a small disk)", code: outcome.DiskBudgetExceeded},
		{what: "disk of the history full", at: "recording (small disk)", do: fillUp, exit: outcome.ExitNotRecorded},
	}
}

func signalled(s syscall.Signal) func(*testing.T, *victim) {
	return func(t *testing.T, v *victim) {
		if err := v.Cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
}

func onPod(verb ...string) func(*testing.T, *victim) {
	return func(t *testing.T, v *victim) { program.Engine(t, append(verb, v.pod)...) }
}

func onApp(verb ...string) func(*testing.T, *victim) {
	return func(t *testing.T, v *victim) { program.Engine(t, append(verb, v.Containers(t, "app")...)...) }
}

// inPod runs a script in the Postgres container, as the user of its server. The
// script may end its own container.
func inPod(script string) func(*testing.T, *victim) {
	return func(t *testing.T, v *victim) {
		_ = exec.CommandContext(t.Context(), "docker", "exec", "--user", "postgres", v.pod, "sh", "-c", script).Run()
	}
}

// fillUp leaves nothing of a small disk, until freeUp.
func fillUp(t *testing.T, v *victim) {
	f, err := os.Create(v.filler())
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4<<10)
	for err == nil {
		_, err = f.Write(block)
	}
	_ = f.Close() // of a full disk
}

func (v *victim) freeUp(t *testing.T) {
	if err := os.Remove(v.filler()); v.scene.full != "" && err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
}

func (v *victim) filler() string { return filepath.Join(v.scene.full, "filler") }
