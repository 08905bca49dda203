package drill

import "testing"

// TestSandboxDelay checks that only the sandbox of a backup that may arrive at once waits.
func TestSandboxDelay(t *testing.T) {
	const unknown = -1
	for _, size := range []int64{unknown, 0, 1 << 20} {
		if got := sandboxDelay(size); got != shortFetch {
			t.Errorf("%d bytes: %s, want %s", size, got, shortFetch)
		}
	}
	if got := sandboxDelay(1 << 30); got != 0 {
		t.Errorf("1 GiB: %s, want none", got)
	}
}
