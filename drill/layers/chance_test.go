package layers_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/drillgres/drillgres/drill/layers"
)

// plausibleOf returns how many of n random heads of a size are plausible that begin with
// magic.
func plausibleOf(n, size int, magic string) (count int) {
	random := rand.NewChaCha8([32]byte{byte(size), byte(len(magic))})
	head := make([]byte, size)
	for range n {
		random.Read(head)
		if copy(head, magic); layers.IsPlausible(head) {
			count++
		}
	}
	return count
}

// TestRandomHeads checks that what a wrong key makes is not plausible. A head of less than
// 4096 bytes is a whole file.
func TestRandomHeads(t *testing.T) {
	const most = 1e-5
	for size, n := range map[int]int{16: 100_000, 32: 100_000, 128: 100_000, 4096: 20_000} {
		if count := plausibleOf(n, size, ""); float64(count) > most*float64(n) {
			t.Errorf("%d of %d random heads of %d bytes are plausible", count, n, size)
		}
	}
}

// TestRandomHeadsWithShortMagic checks the formats with a magic of one or two bytes, which a
// random head has now and then: what follows it must be rare.
func TestRandomHeadsWithShortMagic(t *testing.T) {
	const most = 1e-6
	openPGP := []string{"\x84", "\x85", "\x8c", "\x8d", "\xc1", "\xc3"}
	short := []string{"\x1f\x8b", "\x1f\x9d", "\x1f\xa0", "\x78\x01", "\x78\x9c", "\x78\xda", "\xc7\x71", "\xff\xfe", "\xfe\xff", "PK", "BZ", "0"}
	for _, magic := range append(openPGP, short...) {
		for size, n := range map[int]int{16: 20_000, 128: 20_000, 4096: 2000} {
			chance := math.Pow(256, -float64(len(magic)))
			if count := plausibleOf(n, size, magic); float64(count)/float64(n)*chance > most {
				t.Errorf("%d of %d heads of %d bytes that begin with %q are plausible", count, n, size, magic)
			}
		}
	}
}
