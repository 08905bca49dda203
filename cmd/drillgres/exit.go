package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/progress"
	"github.com/drillgres/drillgres/drill/report"
)

const exitCodesHelp = `Exit codes:
  0    passed
  1    unproved: a bug in drillgres
  2    unproved: invalid flags or config
  3    failed: the backup, or the schema in it, does not restore
  4    failed: restored, but the application or the release does not run on it
  5    unproved: this machine could not carry out the drill
  6    failed: over a budget, or the restore did not end in time
  7    passed, but the result could not be recorded or sent
  130  unproved: interrupted
Treat any other code as a failure. With several databases, the codes of what is known to be
broken (3, 4, 6) take precedence over those of what is unknown (2, 1, 5, 130), then 7.`

// exited is the exit code of a command that has already printed everything.
type exited int

func (e exited) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// exitCode returns the exit code for the error of a command, and prints the error unless
// the command has already done so.
func exitCode(e edges, err error) int {
	var done exited
	switch {
	case err == nil:
		return outcome.ExitPassed
	case errors.As(err, &done):
		return int(done)
	case nobodyReads(err):
		return exitPipe
	}
	f := outcome.AsFailure(err)
	e.step.reportError(f)
	return printError(e.stderr, f)
}

// exitPipe is the exit code of a program that SIGPIPE has ended, as a shell shows it.
const exitPipe = 128 + int(syscall.SIGPIPE)

// nobodyReads reports whether the program that reads stdout has ended, such as head. That is
// not worth a message.
func nobodyReads(err error) bool {
	var write *fs.PathError
	return errors.As(err, &write) && write.Path == os.Stdout.Name() && errors.Is(write.Err, syscall.EPIPE)
}

// printError prints an error as error: and hint: lines, or as an event, and returns its exit
// code.
func printError(stderr io.Writer, err error) int {
	f := outcome.AsFailure(err)
	if events, ok := stderr.(*progress.Events); ok {
		events.Error(f)
		return f.Class().ExitCode()
	}
	_, _ = fmt.Fprintf(stderr, "error: %s\n", report.Clean(f.Error()))
	if hint := f.Remedy(); hint != "" {
		_, _ = fmt.Fprintf(stderr, "hint: %s\n", report.Clean(hint))
	}
	return f.Class().ExitCode()
}

// printErrors prints each of the errors that were joined.
func printErrors(stderr io.Writer, err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		printError(stderr, err)
		return
	}
	for _, err := range joined.Unwrap() {
		printErrors(stderr, err)
	}
}
