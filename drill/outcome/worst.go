package outcome

import "slices"

// worst orders the exit codes of several databases by what the operator must
// know first. What is known to be broken comes before everything that is not
// known: the backup or its schema (3), the application or the release (4), a
// budget (6). Of what is not known, first what only a person can put right: a
// wrong config (2), a bug of ours (1). A machine that could not carry out the
// drill (5) may work at the next try. An interruption (130) comes after them:
// whoever interrupted knows of it. What passed and was only not recorded or
// sent (7) comes last.
var worst = []int{3, 4, 6, 2, 1, 5, 130, ExitNotTold}

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
