package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
)

const exitCodesHelp = `Exit codes:
  0    passed
  1    unproved: a bug in drillgres
  2    unproved: wrong flags or config
  3    failed: the backup, or the schema in it, does not restore
  4    failed: restored, but the application or the release does not run on it
  5    unproved: this machine could not carry out the drill
  6    failed: all held, but over a budget
  7    passed, but recording or notifying did not work
  130  unproved: interrupted
Treat any other code as a failure. Of several databases, what is known to be broken comes
first (3, 4, 6), then what is not known (2, 1, 5, 130), then 7.`

// exited is the exit code of a command that has already printed everything.
type exited int

func (e exited) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// exitCode turns a command's error into the process's exit code, and prints
// it unless the command has.
func exitCode(e edges, err error) int {
	var done exited
	switch {
	case err == nil:
		return outcome.ExitPassed
	case errors.As(err, &done):
		return int(done)
	}
	f := outcome.AsFailure(err)
	if f.Code == outcome.Internal && isUnknownCommand(err) {
		f = outcome.AsFailure(usage("%v", err))
	}
	e.step.reportError(f)
	return complain(e.stderr, f)
}

// complain prints an error as error: and hint:, and returns its exit code.
func complain(stderr io.Writer, err error) int {
	f := outcome.AsFailure(err)
	_, _ = fmt.Fprintf(stderr, "error: %s\n", report.Clean(f.Error()))
	if hint := f.Remedy(); hint != "" {
		_, _ = fmt.Fprintf(stderr, "hint: %s\n", report.Clean(hint))
	}
	return f.Class().ExitCode()
}

// complainOfAll prints each of the errors that were joined.
func complainOfAll(stderr io.Writer, err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		complain(stderr, err)
		return
	}
	for _, err := range joined.Unwrap() {
		complainOfAll(stderr, err)
	}
}
