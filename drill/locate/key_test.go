package locate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/locate"
)

func TestShowAndEscape(t *testing.T) {
	got := []string{
		locate.Show("a/b.dump"), locate.Show("a b"), locate.Show("a\nb"), locate.Show(""), locate.Show("größe"), locate.Show("\xff"),
		locate.Escape("a b/größe"), locate.Escape("a\nb"), locate.Escape("\xff\uFFFD"), locate.Escape("a\u202eb"),
	}
	want := []string{
		"a/b.dump", `"a b"`, `"a\nb"`, `""`, "größe", `"\xff"`,
		"a b/größe", "a%0Ab", "%FF\uFFFD", "a%E2%80%AEb",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
