package provision

import (
	"context"
	"slices"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// knowing is a Maker that knows one image and makes none.
type knowing struct{ image equip.Image }

func (k knowing) Known(context.Context, string) (equip.Image, bool) {
	return k.image, k.image.Ref != ""
}

func (k knowing) Make(context.Context, string, int, []string) (equip.Image, error) {
	return equip.Image{}, outcome.Fail(outcome.ImageBuildFailed, "no network")
}

func (k knowing) Forget(context.Context, equip.Image) error { return nil }

func TestTheFirstPlanIsThatOfTheLastDrill(t *testing.T) {
	cron := equip.Image{Ref: "drillgres/postgres:15-1", Extensions: []string{"ip4r", "pg_cron"}, Preload: "auto_explain"}
	tests := []struct {
		name             string
		config           config.Postgres
		known            equip.Image
		last             string
		image, preloaded string
	}{
		{name: "nothing is known"},
		{name: "the image of the last drill", known: cron, image: cron.Ref, preloaded: "auto_explain,pg_cron"},
		{name: "its libraries", last: "timescaledb", preloaded: "timescaledb"},
		{name: "both", known: cron, last: "timescaledb", image: cron.Ref, preloaded: "timescaledb,pg_cron"},
		{
			name: "the user's list comes first", config: config.Postgres{Settings: map[string]string{"Shared_Preload_Libraries": "pg_stat_statements"}},
			known: cron, last: "timescaledb", image: cron.Ref, preloaded: "pg_stat_statements,pg_cron",
		},
		{name: "extensions of the config, beside a list", config: config.Postgres{Extensions: []string{"pgaudit"}}, last: "pg_cron", preloaded: "pg_cron,pgaudit"},
		{name: "an image's own list is not replaced", config: config.Postgres{Extensions: []string{"pgaudit"}}},
		{name: "off", config: config.Postgres{Build: config.Build{Off: true}, Extensions: []string{"pgaudit"}}, known: cron, last: "timescaledb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Provisioner{Config: tt.config, Maker: knowing{tt.known}, Preloaded: func(context.Context) string { return tt.last }}
			if got := p.firstPlan(t.Context()); got.made.Ref != tt.image || got.preload != tt.preloaded {
				t.Errorf("image %q with %q, want %q with %q", got.made.Ref, got.preload, tt.image, tt.preloaded)
			}
		})
	}
}

// TestChangeImage checks that a drill runs on the image that its backup and config call for,
// and not on one that was made for an earlier backup.
func TestChangeImage(t *testing.T) {
	contrib := []string{"hstore", "plpgsql"}
	made := equip.Image{Ref: "drillgres/postgres:15-1", Extensions: []string{"ip4r"}, Provides: []string{"ip4r"}}
	packages := config.Postgres{Build: config.Build{Packages: []string{"postgresql-15-wal2json"}}}
	for _, tt := range []struct {
		name    string
		config  config.Postgres
		made    equip.Image
		needed  []string
		has     []string
		want    imageChange
		lacking []string
	}{
		{name: "the image has all", needed: []string{"hstore"}, has: contrib},
		{name: "it lacks one", needed: []string{"hstore", "ip4r"}, has: contrib, want: toMade, lacking: []string{"ip4r"}},
		{name: "packages of the config", config: packages, has: contrib, want: toMade},
		{name: "the same as in the last drill", made: made, needed: []string{"ip4r"}, has: append(contrib, "ip4r"), lacking: []string{"ip4r"}},
		{name: "one more", made: made, needed: []string{"ip4r", "vector"}, has: append(contrib, "ip4r"), want: toMade, lacking: []string{"ip4r", "vector"}},
		{name: "another one", made: made, needed: []string{"vector"}, has: append(contrib, "ip4r"), want: toMade, lacking: []string{"vector"}},
		{name: "none any more", made: made, needed: []string{"hstore"}, has: append(contrib, "ip4r"), want: toBase},
		{name: "only packages any more", config: packages, made: made, has: append(contrib, "ip4r"), want: toMade},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Provisioner{Config: tt.config, Maker: knowing{}}
			lacking, change := p.changeImage(tt.made, tt.needed, tt.has)
			if change != tt.want || !slices.Equal(lacking, tt.lacking) {
				t.Errorf("%d, lacking %q; want %d, %q", change, lacking, tt.want, tt.lacking)
			}
		})
	}
}

func TestIsUnprepared(t *testing.T) {
	for _, tt := range []struct {
		needed, listed, loaded string
		want                   bool
	}{
		{"pg_trgm", "", "", false},
		{"pg_cron", "", "", true},
		{"pg_cron", "pg_cron", "pg_cron", false},
		{"pg_cron", "", "pg_cron", true}, // the image's own list, without the settings
		{"pgaudit", "", "pgaudit", false},
	} {
		if got := isUnprepared([]string{tt.needed}, tt.listed, tt.loaded); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}

// startsWithout is an opener whose server does not start with a library.
type startsWithout struct {
	library string
	opened  []string
}

func (o *startsWithout) Open(_ context.Context, s sandbox.Spec) (sandbox.Running, error) {
	libraries := s.Settings[preloadSetting]
	o.opened = append(o.opened, libraries)
	if libraries == o.library {
		return sandbox.Running{}, outcome.Fail(outcome.ServerStartFailed, "could not access file %q", o.library)
	}
	return sandbox.Running{}, outcome.Fail(outcome.ImageUnavailable, "enough for this test")
}

func TestAGuessThatDoesNotStartIsReplaced(t *testing.T) {
	o := &startsWithout{library: "gone"}
	p := Provisioner{Opener: o, RunID: "run-guess", Database: "shop", Config: config.Postgres{Version: "15"}, Preloaded: func(context.Context) string { return "gone" }}
	_, err := p.Provision(t.Context(), inspect.Needs{})
	if f := outcome.AsFailure(err); f.Code != outcome.ImageUnavailable || len(o.opened) != 2 || o.opened[1] != "" {
		t.Errorf("opened with %q, %v", o.opened, err)
	}
	p.Abandon(t.Context())
	// What the user has set is not a guess.
	o.opened, p.Config.Settings = nil, map[string]string{preloadSetting: "gone"}
	_, err = p.Provision(t.Context(), inspect.Needs{})
	if f := outcome.AsFailure(err); f.Code != outcome.ServerStartFailed {
		t.Errorf("opened with %q, %v", o.opened, err)
	}
}
