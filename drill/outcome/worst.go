package outcome

import "slices"

// worst orders exit codes of several drills: what is known to be broken comes
// before what could not be tested, which comes before what was only not told.
var worst = []int{130, 2, 3, 4, 6, 1, 5, ExitNotTold}

// WorstExit is the one exit code of several; of none, that of a pass.
func WorstExit(codes []int) int {
	for _, code := range worst {
		if slices.Contains(codes, code) {
			return code
		}
	}
	return slices.Max(append(codes, ExitPassed)) // one that nobody knows is a failure
}

// Worst is the index of the result that several stand or fall with: the first
// with their exit code. There must be one at least.
func Worst(results []Result) int {
	codes := make([]int, len(results))
	for i, r := range results {
		codes[i] = r.ExitCode
	}
	return slices.Index(codes, WorstExit(codes))
}
