package equip

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/extension"
	"github.com/drillgres/drillgres/drill/outcome"
)

// choose returns the packages that contain extensions: those of the table if the index
// has them, and otherwise what the index says.
func (a *apt) choose(ctx context.Context, extensions []string) ([]string, error) {
	if len(extensions) == 0 {
		return nil, nil
	}
	known, err := a.index(ctx)
	if err != nil {
		return nil, err
	}
	var packages, silent []string
	for _, name := range extensions {
		e, _ := extension.Find(name)
		i := slices.IndexFunc(e.PackagesFor(a.major), func(p string) bool { return known[p] })
		if i < 0 {
			silent = append(silent, name)
			continue
		}
		packages = append(packages, e.PackagesFor(a.major)[i])
	}
	if len(silent) == 0 {
		return packages, nil
	}
	if a.broken != "" {
		return nil, a.noIndex(silent)
	}
	found, err := a.ask(ctx, known)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, name := range silent {
		if p := found[name]; p != "" {
			packages = append(packages, p)
		} else {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) > 0 && a.broken != "":
		return nil, a.noIndex(missing)
	case len(missing) > 0:
		return nil, a.nobodyHas(ctx, missing)
	}
	return packages, nil
}

// noIndex returns the failure if an index that might have had the packages could not be
// downloaded.
func (a *apt) noIndex(extensions []string) error {
	return outcome.Fail(outcome.ImageBuildFailed, "look for the packages of %s: not all indexes of packages could be downloaded%s", extension.Names(extensions), lastWords(a.broken)).
		WithHint("check that containers on this engine reach the repositories of image %s, or set postgres.image to an image that has the extensions", a.base)
}

func (a *apt) nobodyHas(ctx context.Context, extensions []string) error {
	return outcome.Fail(outcome.ExtensionUnavailable, "no package of %s contains extension %s for Postgres %d", a.where(ctx), extension.Names(extensions), a.major).
		WithHint("%s", extension.WhereToGet(extensions, a.major))
}

// where describes the repositories of the image.
func (a *apt) where(ctx context.Context) string {
	const unknown = "the image's repositories"
	out, code, err := a.run(ctx, "apt-get", "indextargets", "--format", "$(SITE) ($(RELEASE))", "Created-By: Packages")
	if err != nil || code != 0 {
		return unknown
	}
	lines := slices.Compact(slices.Sorted(strings.Lines(out)))
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return cmp.Or(strings.Join(lines, ", "), unknown)
}

// index returns the names of all packages for the major.
func (a *apt) index(ctx context.Context) (map[string]bool, error) {
	out, code, err := a.run(ctx, "apt-cache", "pkgnames", "postgresql-")
	if err != nil || code != 0 {
		return nil, firstError(err, failed("list the packages", out))
	}
	known := map[string]bool{}
	for name := range strings.FieldsSeq(out) {
		known[name] = true
	}
	return known, nil
}

// controlFile matches a line of Contents about an extension. Several packages may
// contain the same file.
var controlFile = regexp.MustCompile(`^usr/share/postgresql/\d+/extension/([^/\s]+)\.control\s+(\S+)$`)

// ask returns the packages that contain each extension, according to the index of files.
func (a *apt) ask(ctx context.Context, known map[string]bool) (map[string]string, error) {
	if err := a.update(ctx, "-o", "Acquire::IndexTargets::deb::Drillgres-Contents::DefaultEnabled=true",
		"-o", "Acquire::IndexTargets::deb::Drillgres-Contents-Legacy::DefaultEnabled=true"); err != nil {
		return nil, err
	}
	const script = `
apt-get indextargets --format '$(FILENAME)' 'Identifier: Drillgres-Contents' \
	-o Acquire::IndexTargets::deb::Drillgres-Contents::DefaultEnabled=true \
	-o Acquire::IndexTargets::deb::Drillgres-Contents-Legacy::DefaultEnabled=true |
while read -r file; do
	if [ -e "$file" ]; then /usr/lib/apt/apt-helper cat-file "$file"; fi
done | grep "^usr/share/postgresql/$1/extension/[^/]*\.control[[:space:]]" || true`
	out, code, err := a.shell(ctx, script, nil, fmt.Sprint(a.major))
	if err != nil || code != 0 {
		return nil, firstError(err, failed("search the index of files", out))
	}
	return packagesIn(out, known), nil
}

// packagesIn returns the package of each extension in lines of Contents.
func packagesIn(contents string, known map[string]bool) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(contents) {
		m := controlFile.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		for place := range strings.SplitSeq(m[2], ",") {
			name := place[strings.LastIndexByte(place, '/')+1:] // database/postgresql-15-cron
			if known[name] && (found[m[1]] == "" || name < found[m[1]]) {
				found[m[1]] = name
			}
		}
	}
	return found
}
