package restore

import (
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// TestCrash checks that signal 9 means the kernel's memory limit, unless the kernel
// has counted no such kill.
func TestCrash(t *testing.T) {
	for _, tt := range []struct {
		signal string
		spared bool
		want   outcome.Code
	}{
		{"9: Killed", false, outcome.SandboxOutOfMemory},
		{"9: Killed", true, outcome.SandboxLost},
		{"11: Segmentation fault", false, outcome.SandboxLost},
	} {
		log := []serverlog.Entry{
			{Severity: "LOG", SQLState: "00000", Message: "server process (PID 71) was terminated by signal " + tt.signal},
			{Severity: "FATAL", SQLState: "57P02", User: superuser, Message: "terminating connection because of crash of another server process"},
		}
		f := classify(evidence{Log: log, User: superuser, NoneKilledForMemory: tt.spared})
		if f.Code != tt.want {
			t.Errorf("signal %s, spared %t: %s, want %s", tt.signal, tt.spared, f.Code, tt.want)
		}
	}
}
