package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// mostQuestions is how many questions a command asks.
const mostQuestions = 5

// asker asks the person at a terminal. Without a terminal, or after as many questions as a
// person answers, every answer is the default.
type asker struct {
	in    *bufio.Reader // nil: nobody is there
	out   io.Writer
	asked int
}

func newAsker(e edges) *asker {
	a := &asker{out: e.stderr}
	if f, ok := e.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		a.in = bufio.NewReader(f)
	}
	return a
}

// text returns the answer to a question. Enter is the default.
func (a *asker) text(question, def string) string {
	if a.in == nil || a.asked == mostQuestions {
		return def
	}
	a.asked++
	if def != "" {
		question += " [" + def + "]"
	}
	_, _ = fmt.Fprint(a.out, question+" ")
	line, err := a.in.ReadString('\n')
	if err != nil {
		a.in = nil
	}
	return cmp.Or(strings.TrimSpace(line), def)
}

// list returns the answer as a list of one element, or of none.
func (a *asker) list(question string) []string {
	if answer := a.text(question, ""); answer != "" {
		return []string{answer}
	}
	return nil
}
