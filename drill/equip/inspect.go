package equip

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Found is what an image has, as its files show without starting its server.
type Found struct {
	Version    string   // of Postgres; empty: unknown
	Extensions []string // sorted; nil: the image has them in an unknown place

	// Closed is why no packages can be added to the image. nil: they can.
	Closed error
}

// Inspect looks at an image in a container of it.
func Inspect(ctx context.Context, bench Bench, base string, major int) (Found, error) {
	const script = `
version=$(postgres --version 2>/dev/null || "/usr/lib/postgresql/$1/bin/postgres" --version 2>/dev/null) && echo "version $version"
for folder in "$(pg_config --sharedir 2>/dev/null)" "/usr/share/postgresql/$1" /usr/local/share/postgresql "/usr/pgsql-$1/share"; do
	if [ -d "$folder/extension" ]; then
		cd "$folder/extension" && for f in *.control; do echo "extension ${f%.control}"; done
		break
	fi
done`
	a := apt{bench: bench, base: base, major: major}
	out, code, err := a.shell(ctx, script, nil, strconv.Itoa(major))
	if err != nil {
		return Found{}, err
	}
	if code == 126 || code == 127 {
		return Found{}, fmt.Errorf("image %s has no shell", base)
	}
	var f Found
	for line := range strings.Lines(out) {
		switch kind, value, _ := strings.Cut(strings.TrimSpace(line), " "); kind {
		case "version": // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
			_, value, _ = strings.Cut(value, ") ")
			f.Version, _, _ = strings.Cut(value, " ")
		case "extension":
			f.Extensions = append(f.Extensions, value)
		}
	}
	slices.Sort(f.Extensions)
	_, err = a.look(ctx)
	if refused := outcome.AsFailure(err); refused != nil && refused.Code == outcome.ExtensionUnavailable {
		f.Closed, err = err, nil
	}
	return f, err
}
