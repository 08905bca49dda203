package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/drill/words"
)

func newNotify(e edges) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Try out the receivers of the config",
		Args:  positional(noArguments),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNotifyTest(e))
	return cmd
}

func newNotifyTest(e edges) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "test [NAME…]",
		Short: "Send a test message to each receiver",
		Long: "Sends a test message to the named receivers of the config, or to all of them, and prints for\n" +
			"each one whether it took the message. Healthchecks gets a line in its log, GitHub an issue that\n" +
			"is closed at once, Alertmanager an alert that ends within a minute, and PagerDuty an incident. A\n" +
			"monitor of Uptime Kuma or Sentry has nothing for tests: it is set to up.\n\n" +
			"Exit codes: 0 if all took it, 7 if one did not, 2 for invalid flags or config.",
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return runNotifyTest(cmd.Context(), e, path, args) },
	}
	configFlag(cmd, &path)
	return cmd
}

func runNotifyTest(ctx context.Context, e edges, path string, names []string) error {
	cfg, err := loadConfig(e, path)
	if err != nil {
		return err
	}
	if len(cfg.Notify) == 0 {
		return outcome.Fail(outcome.ConfigInvalid, "%s has no receivers", path).WithHint("add notify to the config, see docs/alerts.md")
	}
	n, err := wiring.NewNotifier(cfg, nil, wiring.Options{Getenv: e.getenv, Now: e.now, Version: programVersion()})
	if err != nil {
		return err
	}
	chosen, err := chooseReceivers(n.Targets, names)
	if err != nil {
		return err
	}
	errs := make([]error, len(chosen))
	var telling sync.WaitGroup
	for i, t := range chosen {
		if t.To != nil {
			telling.Go(func() { errs[i] = n.Test(ctx, t) })
		}
	}
	telling.Wait()
	return printTested(e, chosen, errs)
}

// chooseReceivers returns the receivers of these names, or all of them.
func chooseReceivers(all []notify.Target, names []string) ([]notify.Target, error) {
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, t := range all {
		known = append(known, t.Name)
	}
	var chosen []notify.Target
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, usage("no receiver %q in notify", name).WithHint("choose from: %s", words.List(known, len(known)))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// printTested prints how the test of each receiver ended.
func printTested(e edges, tested []notify.Target, errs []error) error {
	tw := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	exit := outcome.ExitPassed
	for i, t := range tested {
		switch {
		case t.To == nil:
			_, _ = fmt.Fprintf(tw, "off\t%s\tits address is empty\n", t.Name)
		case errs[i] != nil:
			exit = outcome.ExitNotRecorded
			_, _ = fmt.Fprintf(tw, "WRONG\t%s\t%s\n", t.Name, report.Clean(errs[i].Error()))
		default:
			_, _ = fmt.Fprintf(tw, "ok\t%s\t%s took the message\n", t.Name, t.Kind())
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if exit != outcome.ExitPassed {
		return exited(exit)
	}
	return nil
}
