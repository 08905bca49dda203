package evidence

import (
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// LinkedStore is a Store in which a link may be in the place of a folder. List does not follow
// it, so what is behind it would be neither named by the next record nor verified.
type LinkedStore interface {
	// IsLinkedFolder reports whether a path of List is a link to a folder, or to nothing.
	IsLinkedFolder(path string) bool
}

// linkedFolders returns the paths that are links in the place of folders.
func linkedFolders(s Store, paths []string) []string {
	store, ok := s.(LinkedStore)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return !store.IsLinkedFolder(p) })
}

// checkLinks returns an error if a link is in the place of the folder of a database, or of one
// of its drills. Without the folder of the database, each record would begin a new chain.
func checkLinks(s Store, database string, paths []string) (unread bool, err error) {
	links := linkedFolders(s, paths)
	if len(links) == 0 {
		return false, nil
	}
	return slices.Contains(links, database), outcome.Fail(outcome.EvidenceUnavailable,
		"%s of evidence.to: links to folders are not followed, so the records behind them are unknown", words.List(links, mostRuns)).
		WithHint("put the folder itself there, or mount its disk there; evidence.to itself may be a link")
}

// linkProblems returns the links in the place of folders as problems.
func linkProblems(s Store, paths []string) (problems []Problem) {
	for _, p := range linkedFolders(s, paths) {
		problems = append(problems, Problem{Kind: Unreadable, File: p, Message: "it is a link in the place of a folder: what is behind it is not verified"})
	}
	return problems
}
