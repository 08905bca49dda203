package outcome

import (
	"slices"
	"testing"
)

func TestWorst(t *testing.T) {
	tests := []struct {
		codes []int
		want  int
	}{
		{nil, 0},
		{[]int{0, 0}, 0},
		{[]int{0, 7}, 7},
		{[]int{7, 130}, 130}, // a passed database does not hide one that was not drilled
		{[]int{7, 5}, 5},
		{[]int{130, 5}, 5},
		{[]int{5, 1, 2}, 2},
		{[]int{5, 6, 4, 3}, 3},
		{[]int{2, 4}, 4},
		{[]int{3, 130, 2}, 3},   // Ctrl-C does not hide a failed backup
		{[]int{130, 130, 4}, 4}, // Ctrl-C does not hide a failed application
		{[]int{6, 130}, 6},      // Ctrl-C does not hide a drill over budget
		{[]int{0, 99}, 99},
	}
	for _, tt := range tests {
		if got := WorstExit(tt.codes); got != tt.want {
			t.Errorf("WorstExit(%v) = %d, want %d", tt.codes, got, tt.want)
		}
		results := make([]Result, len(tt.codes))
		for i, code := range tt.codes {
			results[i].ExitCode = code
		}
		if len(results) > 0 && results[Worst(results)].ExitCode != tt.want {
			t.Errorf("Worst(%v) = %d, want a result with exit code %d", tt.codes, Worst(results), tt.want)
		}
	}
}

// TestWorstOrdersEveryExitCode checks that every class has a place, and that
// failed drills come before unproved ones.
func TestWorstOrdersEveryExitCode(t *testing.T) {
	var failed, unproved []int
	for _, e := range Catalogue {
		place := slices.Index(worst, e.Class.ExitCode())
		if place < 0 {
			t.Errorf("%s: exit code %d is not ordered", e.Code, e.Class.ExitCode())
		}
		if e.Class.Verdict() == VerdictFailed {
			failed = append(failed, place)
		} else {
			unproved = append(unproved, place)
		}
	}
	if slices.Max(failed) > slices.Min(unproved) {
		t.Errorf("%v: an exit code of an unproved drill comes before one of a failed drill", worst)
	}
}
