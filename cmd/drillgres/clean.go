package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/wiring"
)

func newClean(e edges) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Remove leftovers of dead runs and sandboxes kept by --keep",
		Long:  "Removes the containers, volumes and files with drillgres's label that belong to no live\nrun. Those of a drill that is running are kept and listed. Images that drillgres made and has\nnot used for 30 days are removed too.",
		Args:  positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := optionalConfig(e, path)
			if err != nil {
				return err
			}
			return runClean(cmd.Context(), e, cfg)
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func runClean(ctx context.Context, e edges, cfg *config.Config) error {
	engine, root, err := connectEngine(ctx, e, cfg)
	if err != nil {
		return err
	}
	defer engine.Close()
	removed, kept, err := wiring.Sweep(ctx, engine, root, docker.SweepOptions{Kept: true})
	for _, r := range removed {
		_, _ = fmt.Fprintf(e.stdout, "removed %s\n", r)
	}
	for _, k := range kept {
		_, _ = fmt.Fprintf(e.stdout, "kept %s\n", k)
	}
	if err != nil {
		return outcome.Fail(outcome.SandboxLost, "clean: %w", err).WithHint("remove the containers that docker ps -a --filter label=io.drillgres.run lists")
	}
	if len(removed)+len(kept) == 0 {
		_, _ = fmt.Fprintln(e.stdout, "nothing to remove")
	}
	return nil
}
