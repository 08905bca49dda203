package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newMan returns the command that writes the man pages of a release. It is
// hidden because only packagers need it.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:               "man DIR",
		Short:             "Write the man pages to a directory",
		Hidden:            true,
		Args:              positional(cobra.ExactArgs(1)),
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		RunE:              func(cmd *cobra.Command, args []string) error { return writeManPages(cmd.Root(), args[0]) },
	}
}

func writeManPages(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usage("man: %v", err)
	}
	header := &doc.GenManHeader{Section: "1", Source: "drillgres " + programVersion(), Manual: "drillgres"}
	if committed, err := time.Parse(time.RFC3339, build().Date); err == nil {
		header.Date = &committed // so that a build can be reproduced
	}
	root.DisableAutoGenTag = true
	forMan(root)
	if err := doc.GenManTree(root, header, dir); err != nil {
		return fmt.Errorf("write the man pages: %w", err)
	}
	return nil
}

// forMan indents the exit codes: the man pages are made from Markdown, which
// would otherwise join their lines.
func forMan(cmd *cobra.Command) {
	block := strings.NewReplacer(":\n  0", ":\n\n    0", "\n  ", "\n    ", "\nTreat", "\n\nTreat").Replace(exitCodesHelp)
	cmd.Long = strings.ReplaceAll(cmd.Long, exitCodesHelp, block)
	for _, c := range cmd.Commands() {
		forMan(c)
	}
}
