package outcome

import "testing"

func TestWorst(t *testing.T) {
	tests := []struct {
		codes []int
		want  int
	}{
		{nil, 0},
		{[]int{0, 0}, 0},
		{[]int{0, 7}, 7},
		{[]int{7, 5}, 5},
		{[]int{5, 6, 4, 3}, 3},
		{[]int{3, 2}, 2},
		{[]int{3, 130, 2}, 130},
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
			t.Errorf("Worst(%v) = %d", tt.codes, Worst(results))
		}
	}
}
