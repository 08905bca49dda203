package wiring

import (
	"slices"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
)

func TestImagesToRenew(t *testing.T) {
	db := &config.Database{
		Postgres: config.Postgres{Image: "postgres:16"},
		App: &config.App{
			Image: "shop:1", Candidate: "shop:2",
			Services: map[string]config.Service{"cache": {Image: "redis:7"}, "search": {Image: "redis:7"}},
		},
		Migrate: &config.Migrate{Image: "shop:2"},
	}
	for _, c := range []struct {
		pull string
		gate bool
		want []string
	}{
		{"", false, nil},
		{"", true, []string{"shop:1", "shop:2"}},
		{config.PullMissing, true, nil},
		{config.PullAlways, false, []string{"postgres:16", "shop:1", "shop:2", "redis:7"}},
		{config.PullAlways, true, []string{"postgres:16", "shop:1", "shop:2", "redis:7"}},
	} {
		cfg := &config.Config{Images: config.Images{Pull: c.pull}}
		if got := imagesToRenew(cfg, db, c.gate); !slices.Equal(got, c.want) {
			t.Errorf("pull %q, gate %t: %q, want %q", c.pull, c.gate, got, c.want)
		}
	}
	bare := &config.Database{Postgres: config.Postgres{Image: "postgres:16"}, Migrate: &config.Migrate{SQL: "*.sql"}}
	if got := imagesToRenew(&config.Config{}, bare, true); got != nil {
		t.Errorf("without images of a release: %q", got)
	}
}

func TestShareOf(t *testing.T) {
	services := map[string]config.Service{"cache": {}, "search": {}}
	for _, c := range []struct {
		app  *config.App
		want int64
	}{
		{nil, 4 << 30},
		{&config.App{}, 4 << 30},
		{&config.App{Memory: 1 << 30}, 1 << 30},
		{&config.App{Memory: 3 << 30, Services: services}, 1 << 30},
	} {
		if got := shareOf(c.app, 4<<30); got != c.want {
			t.Errorf("%+v: %d, want %d", c.app, got, c.want)
		}
	}
}
