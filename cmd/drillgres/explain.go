package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/words"
)

func newExplain(e edges) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Explain a failure code or a finding; without CODE, list all of them",
		Long:  "Prints the cause, the remedy, an example, and how to distinguish the code from similar ones.\ndocs/failures.md contains the same for all codes.",
		Args:  positional(cobra.MaximumNArgs(1)),

		ValidArgsFunction: firstOnly(codeNames),
		RunE:              func(_ *cobra.Command, args []string) error { return runExplain(e, format, args) },
	}
	formatFlag(cmd, &format)
	return cmd
}

func runExplain(e edges, format string, args []string) error {
	if err := checkFormat(format); err != nil {
		return err
	}
	x := report.Explain(outcome.Catalogue, outcome.Findings)
	if len(args) == 1 {
		x = report.Explain(lookUp(args[0]))
		if len(x.Codes)+len(x.Findings) == 0 {
			return unknownCode(args[0])
		}
	}
	switch {
	case format == "json":
		return report.Document(e.stdout, x)
	case len(args) == 0:
		return x.List(e.stdout, textOptions(e))
	default:
		return x.Text(e.stdout, textOptions(e))
	}
}

// lookUp returns the code and the finding of a name. Some names are both.
func lookUp(name string) (codes []outcome.Entry, findings []outcome.FindingEntry) {
	for _, c := range outcome.Catalogue {
		if string(c.Code) == name {
			codes = append(codes, c)
		}
	}
	for _, f := range outcome.Findings {
		if f.Code == name {
			findings = append(findings, f)
		}
	}
	return codes, findings
}

func unknownCode(name string) error {
	f := outcome.Fail(outcome.ConfigInvalid, "no failure code or finding %q", name)
	if near := nearCodes(name); len(near) > 0 {
		return f.WithHint("try %s, or run drillgres explain for the list", strings.Join(near, ", "))
	}
	return f.WithHint("run drillgres explain for the list")
}

// nearCodes returns the codes that may have been intended: first failure codes whose
// messages contain the name, then codes that contain it or are similar to it.
func nearCodes(name string) []string {
	const most = 3
	name = strings.ToLower(name)
	var near, all []string
	for _, c := range outcome.Catalogue {
		if strings.Contains(strings.ToLower(strings.Join(c.Messages, "\n")), name) {
			near = append(near, string(c.Code))
		}
		all = append(all, string(c.Code))
	}
	for _, f := range outcome.Findings {
		all = append(all, f.Code)
	}
	containing := slices.DeleteFunc(slices.Clone(all), func(code string) bool { return !strings.Contains(code, name) })
	for _, code := range append(containing, words.Near(name, all)...) {
		if !slices.Contains(near, code) {
			near = append(near, code)
		}
	}
	return near[:min(most, len(near))]
}
