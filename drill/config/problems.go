package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one problem in a config file. It never contains a secret.
type Problem struct {
	File    string
	Line    int // from 1; 0: the problem concerns the whole file
	Column  int
	Path    string // databases.shop.backup.max_age; empty: the problem concerns the whole file
	Message string
}

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Path != "" {
		b.WriteString(": " + p.Path)
	}
	return b.String() + ": " + p.Message
}

// Errors holds all problems of a config file, in the order of the file.
type Errors []Problem

// Error returns one line per problem.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Path, b.Path))
	})
	return e
}
