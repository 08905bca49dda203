package words

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// longestName bounds the work: a longer text is not a misspelt name.
const longestName = 64

// Nearest returns the candidate that a misspelt name most likely stands for; empty
// if none is similar.
func Nearest(name string, candidates []string) string {
	if near := Near(name, candidates); len(near) > 0 {
		return near[0]
	}
	return ""
}

// Near returns the candidates that a misspelt name may stand for, the likeliest
// first. At most a third of the name differs.
func Near(name string, candidates []string) []string {
	if len(name) > longestName {
		return nil
	}
	most := max(1, len(name)/3)
	itself := func(candidate string) string { return candidate }
	return Alike(name, slices.DeleteFunc(slices.Clone(candidates), func(candidate string) bool {
		return distance(name, candidate) > most
	}), itself)
}

// Alike returns things sorted by the similarity of their name to the given one.
// Equally similar things keep their order.
func Alike[T any](name string, things []T, nameOf func(T) string) []T {
	type candidate struct {
		thing    T
		distance int
	}
	candidates := make([]candidate, len(things))
	for i, thing := range things {
		candidates[i] = candidate{thing, distance(name, nameOf(thing))}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	sorted := make([]T, len(things))
	for i, c := range candidates {
		sorted[i] = c.thing
	}
	return sorted
}

// distance returns the Levenshtein distance of two names, ignoring case.
func distance(a, b string) int {
	return levenshtein.Distance(strings.ToLower(a), strings.ToLower(b), nil)
}
