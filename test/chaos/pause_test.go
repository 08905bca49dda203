package chaos

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/fixtures/program"
)

// pausePod pauses the Postgres container. An engine that freezes a process while it
// starts in the container (the drill pings its server that way) neither thaws nor
// removes that container, and answers no question about it. So a drill that has not
// ended soon gets its container thawed behind the engine's back.
func pausePod(t *testing.T, v *victim) {
	id := strings.Join(program.EngineList(t, "inspect", "--format", "{{.Id}}", v.pod), "")
	program.Engine(t, "pause", v.pod)
	select {
	case <-v.Ended:
	case <-time.After(20 * time.Second):
		thaw(id)
	}
}

// thaw thaws a container, by control groups of version 1 or 2. It is not an error that
// they are out of reach: the scene tells by its limit that the drill did not end.
func thaw(id string) {
	for path, thawed := range map[string]string{
		"/sys/fs/cgroup/freezer/docker/" + id + "/freezer.state":                 "THAWED",
		"/sys/fs/cgroup/docker/" + id + "/cgroup.freeze":                         "0",
		"/sys/fs/cgroup/system.slice/docker-" + id + ".scope" + "/cgroup.freeze": "0",
	} {
		if f, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			_, _ = f.WriteString(thawed)
			_ = f.Close()
		}
	}
}
