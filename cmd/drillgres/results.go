package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
)

// resultOptions say where the results of a command are written.
type resultOptions struct {
	format string
	output string
	junit  string

	next string // the command that continues after a backup that could be read; empty: none
}

func (o *resultOptions) flags(cmd *cobra.Command) {
	formatFlag(cmd, &o.format)
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "also write the JSON result to `FILE`; -: print it to stdout instead of the text")
	cmd.Flags().StringVar(&o.junit, "junit", "", "also write the result as JUnit XML to `FILE`; -: print it to stdout instead of the text")
	completeFlag(cmd, "output", filesNamed("json"))
	completeFlag(cmd, "junit", filesNamed("xml"))
}

// standardOutput is the name of stdout as a file.
const standardOutput = "-"

// validate also checks that stdout gets one document only.
func (o resultOptions) validate() error {
	documents := 0
	for _, onStdout := range []bool{o.format == "json" || o.output == standardOutput, o.junit == standardOutput} {
		if onStdout {
			documents++
		}
	}
	if documents > 1 {
		return usage("--junit -: stdout is for the JSON result already").WithHint("write one of them to a file")
	}
	return checkFormat(o.format)
}

// conclude reports the results and returns the exit code of all of them. It reports the
// verdicts before any other error.
func (o resultOptions) conclude(e edges, cfg *config.Config, results []outcome.Result, undone error) error {
	codes := make([]int, 0, len(results)+1)
	for _, r := range results {
		codes = append(codes, r.ExitCode)
	}
	reportErr := o.report(e, cfg, results)
	if undone != nil {
		e.step.reportError(outcome.AsFailure(undone))
		codes = append(codes, printError(e.stderr, undone))
	}
	return finish(e, reportErr, codes...)
}

// finish returns the exit code of a command that has reported its results: the worst of
// codes, which includes ExitNotRecorded if reportErr is not nil.
func finish(e edges, reportErr error, codes ...int) error {
	if reportErr != nil {
		printErrors(e.stderr, reportErr)
		codes = append(codes, outcome.ExitNotRecorded)
	}
	if code := outcome.WorstExit(codes); code != outcome.ExitPassed {
		return exited(code)
	}
	return nil
}

// report prints the results to stdout, writes the requested files, and reports to
// GitHub Actions if this is a step of a workflow.
func (o resultOptions) report(e edges, cfg *config.Config, results []outcome.Result) error {
	return errors.Join(
		o.print(e, results),
		writeFile("--output", o.output, func(w io.Writer) error { return report.JSON(w, results) }),
		writeFile("--junit", o.junit, func(w io.Writer) error { return report.JUnit(w, results) }),
		e.step.report(cfg, results, o.resultFile()),
	)
}

// resultFile returns the path of the JSON result, or an empty string if it is in no file.
func (o resultOptions) resultFile() string {
	if o.output == standardOutput {
		return ""
	}
	return o.output
}

// print prints the results to stdout, as one document.
func (o resultOptions) print(e edges, results []outcome.Result) error {
	switch {
	case o.format == "json" || o.output == standardOutput:
		return report.JSON(e.stdout, results)
	case o.junit == standardOutput:
		return report.JUnit(e.stdout, results)
	}
	if err := printText(e, results); err != nil || o.next == "" || !wasRead(results[0]) {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "\nnext: %s\n", report.Clean(o.next))
	return err
}

// wasRead reports whether a drill has read its backup, found a whole dump in it, and said
// something about it.
func wasRead(r outcome.Result) bool {
	return r.Verdict != outcome.VerdictUnproved && slices.ContainsFunc(r.Stages, func(s outcome.StageReport) bool {
		return s.Stage == outcome.Inspect && s.Status == outcome.StagePassed
	})
}

func printText(e edges, results []outcome.Result) error {
	if len(results) > 1 && results[0].Gate != nil {
		if err := report.Answers(e.stdout, results, textOptions(e)); err != nil {
			return err
		}
	}
	for i, r := range results {
		if i > 0 && r.Kind == outcome.KindCheck {
			_, _ = io.WriteString(e.stdout, "\n") // the next write reports a closed stdout
		}
		if err := report.Text(e.stdout, r, textOptions(e)); err != nil {
			return err
		}
	}
	return nil
}

func textOptions(e edges) report.Options {
	width, _ := terminalSize(e.stdout)
	return report.Options{Color: colored(e, e.stdout), Width: width}
}
