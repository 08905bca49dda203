package equip

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/words"
)

// apt installs packages into a container. No text of a dump is ever part of a command.
type apt struct {
	bench  Bench
	base   string // for messages
	major  int
	broken string // output of the update if an index could not be downloaded
	more   bool   // the repository of the config was added
}

const (
	aptConfig = "/tmp/drillgres-apt.conf"
	aptSource = "/etc/apt/sources.list.d/drillgres.sources"
	aptKey    = "/etc/apt/drillgres-key"
)

// settings configures apt. Contents lists which package contains which file; apt downloads
// it only with an option (apt-file's own configuration has these values).
const settings = `
APT::Install-Recommends "false";
APT::Install-Suggests "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Dpkg::Use-Pty "false";
DPkg::Options { "--force-confold"; "--force-unsafe-io"; };
Acquire::IndexTargets {
  deb::Drillgres-Contents {
    MetaKey "$(COMPONENT)/Contents-$(ARCHITECTURE)";
    ShortDescription "Contents-$(ARCHITECTURE)";
    Description "$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Contents";
    flatMetaKey "Contents-$(ARCHITECTURE)";
    flatDescription "$(RELEASE) Contents";
    PDiffs "false"; KeepCompressed "true"; DefaultEnabled "false"; Optional "true"; Identifier "Drillgres-Contents";
  };
  deb::Drillgres-Contents-Legacy {
    MetaKey "Contents-$(ARCHITECTURE)";
    ShortDescription "Contents-$(ARCHITECTURE)";
    Description "$(RELEASE) $(ARCHITECTURE) Contents";
    PDiffs "false"; KeepCompressed "true"; DefaultEnabled "false"; Optional "true"; Identifier "Drillgres-Contents";
    Fallback-Of "Drillgres-Contents";
  };
};
`

// findings is what look found in a container.
type findings struct {
	extensions []string
	preload    string
}

// look finds the extensions that the server of the container has. It refuses an image
// whose server is not a Debian package: packages would install a second server.
func (a *apt) look(ctx context.Context) (f findings, err error) {
	const script = `
command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || exit 90
dpkg-query -W -f '${db:Status-Status}' "postgresql-$1" 2>/dev/null | grep -qx installed || exit 91
cd "/usr/share/postgresql/$1" || exit 91
sed -n "s/^shared_preload_libraries *= *'\([^']*\)'.*/\1/p" postgresql.conf.sample | tail -n 1 | sed 's/^/preload /'
for f in extension/*.control; do n=${f#extension/}; echo "extension ${n%.control}"; done`
	out, code, err := a.shell(ctx, script, nil, strconv.Itoa(a.major))
	switch {
	case err != nil:
		return f, err
	case code == 90 || code == 126 || code == 127:
		return f, a.refuse("has no apt-get, so no packages can be added to it")
	case code == 91:
		return f, a.refuse(fmt.Sprintf("does not have its server from the Debian package postgresql-%d, so no packages fit it", a.major))
	case code != 0:
		return f, failed("look for extensions in image "+a.base, out)
	}
	for line := range strings.Lines(out) {
		switch kind, value, _ := strings.Cut(strings.TrimSpace(line), " "); kind {
		case "extension":
			f.extensions = append(f.extensions, value)
		case "preload":
			f.preload = value
		}
	}
	slices.Sort(f.extensions)
	return f, nil
}

func (a *apt) refuse(why string) error {
	return outcome.Fail(outcome.ExtensionUnavailable, "image %s %s (Alpine images have none)", a.base, why).
		WithHint("set postgres.image to postgres:%d, which is made of Debian packages, or to an image that has the extensions", a.major)
}

// prepare downloads the indexes of the packages. It returns no error for an index that
// does not answer: the others may have all packages.
func (a *apt) prepare(ctx context.Context, r *config.Repository) error {
	if err := a.write(ctx, aptConfig, []byte(settings)); err != nil {
		return err
	}
	if r != nil {
		if err := a.add(ctx, r); err != nil {
			return err
		}
	}
	return a.update(ctx)
}

// add adds the repository of the config to those of the image.
func (a *apt) add(ctx context.Context, r *config.Repository) error {
	key, err := readKey(r)
	if err != nil {
		return err
	}
	name := aptKey + ".gpg"
	if bytes.HasPrefix(bytes.TrimSpace(key), []byte("-----BEGIN PGP")) {
		name = aptKey + ".asc"
	}
	suite, components := r.Suite, r.Components
	if suite == "" {
		out, code, err := a.shell(ctx, `. /etc/os-release && echo "$VERSION_CODENAME"`, nil)
		if suite = strings.TrimSpace(out); err != nil || code != 0 || suite == "" {
			return firstError(err, failed("find the release of image "+a.base+" (set postgres.build.repository.suite)", out))
		}
	}
	if len(components) == 0 {
		components = []string{"main"}
	}
	source := fmt.Sprintf("Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nSigned-By: %s\n", r.URL, suite, strings.Join(components, " "), name)
	if strings.HasSuffix(suite, "/") { // a flat repository has no components
		source = fmt.Sprintf("Types: deb\nURIs: %s\nSuites: %s\nSigned-By: %s\n", r.URL, suite, name)
	}
	a.more = true
	return firstError(a.write(ctx, name, key), a.write(ctx, aptSource, []byte(source)))
}

// notDownloaded is what apt says, with exit code 0, if it could not download an index.
const notDownloaded = "Some index files failed to download"

func (a *apt) update(ctx context.Context, options ...string) error {
	out, code, err := a.run(ctx, append([]string{"apt-get", "update"}, options...)...)
	if err != nil {
		return err
	}
	if code != 0 || strings.Contains(out, notDownloaded) {
		a.broken = out
	}
	return nil
}

// versions returns the versions of packages that were installed, and of the server.
func (a *apt) versions(ctx context.Context, packages []string) ([]string, error) {
	args := []string{"dpkg-query", "-W", "-f", "${Package} ${Version}\n", fmt.Sprintf("postgresql-%d", a.major)}
	for _, p := range packages {
		name, _, _ := strings.Cut(p, "=")
		args = append(args, name)
	}
	out, code, err := a.run(ctx, args...)
	if err != nil || code != 0 {
		return nil, firstError(err, failed("ask for the versions of the packages", out))
	}
	return strings.Split(strings.TrimSpace(out), "\n"), nil
}

// install installs packages. Their names come from the table, the index or the config.
func (a *apt) install(ctx context.Context, packages []string) error {
	if len(packages) == 0 {
		return nil
	}
	// Nothing may be removed: the server could be.
	out, code, err := a.run(ctx, append([]string{"apt-get", "install", "--yes", "--no-remove", "--"}, packages...)...)
	if err != nil || code == 0 {
		return err
	}
	return failed("install "+strings.Join(packages, ", "), a.broken+out)
}

// clean removes what the image does not need, and the repository, whose address may
// contain a password.
func (a *apt) clean(ctx context.Context) error {
	out, code, err := a.shell(ctx, `apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt/* "$@"`, nil,
		aptConfig, aptSource, aptKey+".asc", aptKey+".gpg")
	if err != nil || code != 0 {
		return firstError(err, failed("remove the package lists", out))
	}
	return nil
}

func (a *apt) write(ctx context.Context, path string, content []byte) error {
	out, code, err := a.shell(ctx, `cat >"$1" && chmod 0644 "$1"`, bytes.NewReader(content), path)
	if err != nil || code != 0 {
		return firstError(err, failed("write "+path, out))
	}
	return nil
}

// shell runs a script, whose text is fixed, with arguments.
func (a *apt) shell(ctx context.Context, script string, stdin io.Reader, args ...string) (string, int, error) {
	return a.exec(ctx, stdin, append([]string{"sh", "-c", script, "sh"}, args...)...)
}

func (a *apt) run(ctx context.Context, args ...string) (string, int, error) {
	return a.exec(ctx, nil, args...)
}

func (a *apt) exec(ctx context.Context, stdin io.Reader, args ...string) (string, int, error) {
	out := &words.Tail{Size: 4 << 20}
	code, err := a.bench.Exec(ctx, sandbox.Command{
		Args: args, Stdin: stdin, Stdout: out, Stderr: out, WholeInput: stdin != nil,
		Env: []string{"DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "APT_CONFIG=" + aptConfig},
	})
	return out.String(), code, err
}

// lastLines is how many lines of a program's output are in a message.
const lastLines = 8

// failed returns the failure of a step, with the end of its output.
func failed(doing, output string) *outcome.Failure {
	f := outcome.Fail(outcome.ImageBuildFailed, "%s%s", doing, lastWords(output))
	for _, full := range []string{"no space left on device", "enough free space"} {
		if strings.Contains(strings.ToLower(doing+output), full) {
			return f.WithHint("free disk space on the machine of the container engine (docker system df shows what uses it)")
		}
	}
	return f
}

// lastWords returns the last lines of a program's output, to be appended to a message.
func lastWords(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, strings.ToValidUTF8(line[:min(len(line), 300)], ""))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	var r redact.Redactor
	return "; the last lines of its output:\n" + r.Text(strings.Join(lines[max(0, len(lines)-lastLines):], "\n"))
}

// firstError returns err or, without one, other.
func firstError(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
