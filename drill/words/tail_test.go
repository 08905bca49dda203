package words_test

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/words"
)

func TestTail(t *testing.T) {
	for _, size := range []int{1, 3, 10, 1000} {
		tail, all := words.Tail{Size: size}, ""
		for _, part := range []string{"", "a", "bc", strings.Repeat("d", 50), "e", "fgh", "\n"} {
			if n, err := tail.Write([]byte(part)); n != len(part) || err != nil {
				t.Errorf("wrote %d, %v", n, err)
			}
			all += part
			if want := all[max(0, len(all)-size):]; tail.String() != want {
				t.Errorf("%d: %q, want %q", size, tail.String(), want)
			}
		}
	}
}
