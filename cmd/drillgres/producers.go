package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/producer"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/words"
)

func newProducers(e edges) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "producers [NAME]",
		Short: "Describe a backup tool whose layout is known; without NAME, list all of them",
		Long:  "Prints what the tool writes, the config that drills it, and what to know before a restore.\ndocs/producers.md contains the same for all tools.",
		Args:  positional(cobra.MaximumNArgs(1)),

		ValidArgsFunction: firstOnly(producerNames),
		RunE:              func(_ *cobra.Command, args []string) error { return runProducers(e, format, args) },
	}
	formatFlag(cmd, &format)
	return cmd
}

func runProducers(e edges, format string, args []string) error {
	if err := checkFormat(format); err != nil {
		return err
	}
	x := report.Producers(producer.All())
	if len(args) == 1 {
		p, ok := producer.Find(args[0])
		if !ok {
			return unknownProducer(args[0])
		}
		x = report.Producers([]producer.Producer{p})
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

func unknownProducer(name string) error {
	f := outcome.Fail(outcome.ConfigInvalid, "no backup tool %q", name)
	if near := nearProducers(name); len(near) > 0 {
		return f.WithHint("try %s, or run drillgres producers for the list", strings.Join(near, ", "))
	}
	return f.WithHint("run drillgres producers for the list; a tool that is not on it is drilled by its files")
}

// nearProducers returns the tools that may have been intended: first those whose title
// contains the name, then those whose name is similar.
func nearProducers(name string) []string {
	const most = 3
	var near []string
	for _, p := range producer.All() {
		if strings.Contains(strings.ToLower(p.Title+" "+p.Name), strings.ToLower(name)) {
			near = append(near, p.Name)
		}
	}
	for _, candidate := range words.Near(name, producer.Names()) {
		if !slices.Contains(near, candidate) {
			near = append(near, candidate)
		}
	}
	return near[:min(most, len(near))]
}

// producerNames suggests the names of backup tools.
func producerNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return producer.Names(), cobra.ShellCompDirectiveNoFileComp
}
