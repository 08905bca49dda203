package work

import "testing"

// TestIdentityDependsOnTheMachine copies a root with the image of a machine: the copy
// must not take the runs of the original for its own.
func TestIdentityDependsOnTheMachine(t *testing.T) {
	one, copied, other := identityOn("a/runner-1", "WORD"), identityOn("a/runner-2", "WORD"), identityOn("a/runner-1", "OTHER")
	if one == copied || one == other || one != identityOn("a/runner-1", "WORD") || one == "" {
		t.Errorf("%q, copied %q, another root %q", one, copied, other)
	}
	if m := machineOf(t.TempDir()); m == "/" {
		t.Skip("this machine has neither an id nor a name")
	}
}
