package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

const referenceHead = "# Command line\n\n" +
	"<!-- Generated from the commands in cmd/drillgres by make golden: do not edit. -->\n\n" +
	"stdout has the result only, as text or as one JSON document. Progress, logs and errors are on stderr. `drillgres COMMAND --help` prints what\n" +
	"this page has for that command; the release archives contain the same as man pages.\n\n" +
	"## Completion\n\n" +
	"`drillgres completion bash|zsh|fish|powershell` prints a completion script. It completes commands, flags, the databases of the config, codes,\n" +
	"and values such as formats. To load it in every new shell:\n\n" +
	"```console\n" +
	"$ drillgres completion bash > /etc/bash_completion.d/drillgres       # needs the package bash-completion\n" +
	"$ drillgres completion zsh > \"${fpath[1]}/_drillgres\"\n" +
	"$ drillgres completion fish > ~/.config/fish/completions/drillgres.fish\n" +
	"PS> drillgres completion powershell | Out-String | Invoke-Expression   # in the profile\n" +
	"```\n\n" +
	"## Exit codes\n\n```text\n"

// TestCLIReferenceIsCurrent compares docs/cli.md with the commands.
func TestCLIReferenceIsCurrent(t *testing.T) {
	const path = "../../docs/cli.md"
	var page bytes.Buffer
	page.WriteString(referenceHead)
	root := newRoot(edges{getenv: os.LookupEnv, stdin: strings.NewReader(""), stdout: &page, stderr: &page})
	fmt.Fprintf(&page, "%s\n```\n", strings.TrimPrefix(exitCodesHelp, "Exit codes:\n"))
	for _, cmd := range root.Commands() {
		document(&page, cmd)
	}
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page.String()); diff != "" {
		t.Errorf("%s is stale: run make golden:\n%s", path, diff)
	}
}

// document writes the sections of a command and of its own commands.
func document(page *bytes.Buffer, cmd *cobra.Command) {
	if cmd.Hidden {
		return
	}
	if cmd.Runnable() && cmd.Name() != "config" { // which only prints its help
		cmd.InitDefaultHelpFlag()
		fmt.Fprintf(page, "\n## %s\n\n%s.\n", cmd.CommandPath(), cmd.Short)
		if long := strings.TrimSpace(strings.ReplaceAll(cmd.Long, exitCodesHelp, "")); long != "" {
			fmt.Fprintf(page, "\n%s\n", long)
		}
		fmt.Fprintf(page, "\n```text\n%s\n\n%s```\n", cmd.UseLine(), cmd.LocalFlags().FlagUsages())
	}
	for _, c := range cmd.Commands() {
		document(page, c)
	}
}
