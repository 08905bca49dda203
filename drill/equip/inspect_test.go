package equip_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/fixtures/images"
)

func TestInspect(t *testing.T) {
	m, engine := newMaker(t)
	for _, tt := range []struct {
		image  string
		major  int
		closed string // why no packages can be added
	}{
		{images.Postgres(t, "15"), 15, ""},
		{derived(t, "alpine-inspect", "15", "rm /usr/bin/apt-get"), 15, "has no apt-get"},
		{images.Postgres(t, "15"), 16, "postgresql-16"},
	} {
		bench, err := engine.Bench(t.Context(), m.RunID, tt.image)
		if err != nil {
			t.Fatal(err)
		}
		found, err := equip.Inspect(t.Context(), bench, tt.image, tt.major)
		free, total, spaceErr := docker.Space(t.Context(), bench, "/var/lib/postgresql/data")
		if left := bench.Close(t.Context()); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
		if err != nil || !strings.HasPrefix(found.Version, "15.") {
			t.Errorf("%s: %+v, %v", tt.image, found, err)
		}
		if tt.major == 15 && (!slices.Contains(found.Extensions, "pg_trgm") || slices.Contains(found.Extensions, "ip4r")) {
			t.Errorf("%s has %q", tt.image, found.Extensions)
		}
		if f := outcome.AsFailure(found.Closed); (f == nil) != (tt.closed == "") || f != nil && (f.Code != outcome.ExtensionUnavailable || !strings.Contains(f.Error(), tt.closed)) {
			t.Errorf("%s for %d is closed: %v, want %q", tt.image, tt.major, f, tt.closed)
		}
		if spaceErr != nil || free <= 0 || total < free {
			t.Errorf("%d of %d bytes free, %v", free, total, spaceErr)
		}
	}
}
