package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/extension"
)

const extensionsHead = `# Extensions

<!-- Generated from the table in drill/extension by make golden: do not edit. -->

A dump contains ` + "`CREATE EXTENSION`" + `, not the extension. The server that it is restored into must have it, and some extensions must also be loaded at the
server's start. This page lists what drillgres knows of them. Extensions that come with Postgres (contrib, such as pg_trgm and pgcrypto) are in every
image and are not listed.

NN stands for the major. The packages are those of Debian and of the Postgres project's repository (apt.postgresql.org), which the official images use.
Not every release has every package: names were compared with the indexes of Debian bullseye (13), bookworm (15), trixie (17) and forky (18).
` + "`make extensions`" + ` makes images of each with some thirty extensions, starts a server and creates them. How images are made is described in
[the config reference](config.md#extensions).

## With a package

| extension | package | preloaded |
|---|---|---|
`

const extensionsVendored = `
## With an image of the vendor

Neither repository has these. Set ` + "`postgres.image`" + ` to the image, or one of your own.

| extension | image | preloaded |
|---|---|---|
`

const extensionsRemoved = `
## Removed from Postgres

| extension | since |
|---|---|
`

const extensionsSettings = `
## Settings

With their library loaded, these settings are on the server's command line, so that the extension works and its workers do not act on the restored data.
Your own ` + "`postgres.settings`" + ` win.

| extension | setting | value |
|---|---|---|
`

// ExtensionsDoc writes docs/extensions.md.
func ExtensionsDoc(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(extensionsHead)
	for _, e := range extension.All() {
		if len(e.Packages) > 0 {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", e.Name, codes(e.Packages, " or "), codes(e.Libraries, ", "))
		}
	}
	b.WriteString(extensionsVendored)
	for _, e := range extension.All() {
		if e.Image != "" {
			fmt.Fprintf(&b, "| %s | `%s` | %s |\n", e.Name, e.Image, codes(e.Libraries, ", "))
		}
	}
	b.WriteString(extensionsRemoved)
	for _, e := range extension.All() {
		if e.Removed > 0 {
			fmt.Fprintf(&b, "| %s | Postgres %d |\n", e.Name, e.Removed)
		}
	}
	b.WriteString(extensionsSettings)
	for _, e := range extension.All() {
		for _, name := range slices.Sorted(maps.Keys(e.Settings)) {
			fmt.Fprintf(&b, "| %s | `%s` | `%s` |\n", e.Name, name, e.Settings[name])
		}
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write the page of extensions: %w", err)
	}
	return nil
}

func codes(texts []string, separator string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = "`" + text + "`"
	}
	return strings.Join(quoted, separator)
}
