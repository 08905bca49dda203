package outcome

import "slices"

// worst orders the exit codes of several databases by what the operator must
// know first. What is known to be broken comes before what is unknown: the
// backup or its schema (3), the application or the release (4), a budget (6).
// Of what is unknown, what only a person can correct comes first: an invalid
// config (2), a bug in drillgres (1). A machine that could not run the drill (5)
// may succeed at the next attempt. An interruption (130) follows, because the
// person who interrupted the drill knows about it. A passed drill that could
// not be recorded or sent (7) comes last.
var worst = []int{3, 4, 6, 2, 1, 5, 130, ExitNotRecorded}

// WorstExit returns the worst of several exit codes. It returns ExitPassed for
// an empty list.
func WorstExit(codes []int) int {
	for _, code := range worst {
		if slices.Contains(codes, code) {
			return code
		}
	}
	return slices.Max(append(codes, ExitPassed)) // an unknown exit code counts as a failure
}

// Worst returns the index of the first result that has the worst exit code.
// results must not be empty.
func Worst(results []Result) int {
	codes := make([]int, len(results))
	for i, r := range results {
		codes[i] = r.ExitCode
	}
	return slices.Index(codes, WorstExit(codes))
}
