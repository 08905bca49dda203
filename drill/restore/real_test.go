package restore

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// TestAdviceForARealServer checks that no remedy is that of a sandbox.
func TestAdviceForARealServer(t *testing.T) {
	lost := outcome.Fail(outcome.SandboxLost, "terminating connection due to administrator command")
	advised := outcome.AsFailure(advise(provision.Server{Address: &provision.Address{}}, lost))
	if hint := advised.Remedy(); strings.Contains(hint, "container") || !strings.Contains(hint, "log of the server") {
		t.Errorf("the advice is %q", hint)
	}
	if same := outcome.AsFailure(advise(provision.Server{}, lost)); same.Remedy() != lost.Remedy() {
		t.Errorf("the advice of a sandbox has changed: %q", same.Remedy())
	}
}
