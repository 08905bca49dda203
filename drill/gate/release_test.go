package gate

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fleet"
)

// TestApply: the flags override the config and do not change it.
func TestApply(t *testing.T) {
	app := &config.App{Image: "shop:1", Candidate: "shop:2"}
	command := &config.Migrate{Image: "shop:2", Command: []string{"migrate"}, Current: "required"}
	flyway := &config.Migrate{Image: "flyway:10", Current: "warn"}
	files := "*_test.go"
	type release struct{ Candidate, Image, SQL, Current string }
	for _, tt := range []struct {
		name string
		r    Release
		db   config.Database
		want release
	}{
		{"the config's", Release{}, config.Database{App: app, Migrate: command}, release{"shop:2", "shop:2", "", "required"}},
		{"another candidate migrates too", Release{Candidate: "shop:3"}, config.Database{App: app, Migrate: command}, release{"shop:3", "shop:3", "", "required"}},
		{"a separate migration image stays", Release{Candidate: "shop:3"}, config.Database{App: app, Migrate: flyway}, release{"shop:3", "flyway:10", "", "warn"}},
		{"files make a section", Release{Migrations: files}, config.Database{App: app}, release{"shop:2", "", files, "required"}},
		{"files instead of others", Release{Migrations: files}, config.Database{App: app, Migrate: &config.Migrate{SQL: "old/*.sql", Current: "off"}}, release{"shop:2", "", files, "off"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.r.Apply([]*config.Database{&tt.db})
			if err != nil {
				t.Fatal(err)
			}
			m := got[0].Migrate
			if diff := cmp.Diff(tt.want, release{candidateOf(got[0]), string(m.Image), m.SQL, m.Current}); diff != "" {
				t.Error(diff)
			}
			if app.Candidate != "shop:2" || command.Image != "shop:2" || flyway.Image != "flyway:10" || tt.db.Backup.MaxAge != 0 {
				t.Errorf("the config has changed: %v, %v, %v, %v", app.Candidate, command.Image, flyway.Image, tt.db.Backup.MaxAge)
			}
			if m.Timeout == 0 && tt.db.Migrate == nil || got[0].Backup.MaxAge != 0 {
				t.Errorf("timeout %v, age %v", m.Timeout, got[0].Backup.MaxAge)
			}
		})
	}
}

// TestBackupAge checks that the limit of a release is not that of the database, whose targets
// stay those of the config.
func TestBackupAge(t *testing.T) {
	app := &config.App{Image: "shop:1", Candidate: "shop:2"}
	for name, c := range map[string]struct {
		r        Release
		promised time.Duration
		want     time.Duration
	}{
		"neither":                           {Release{}, 0, DefaultBackupAge},
		"the config's":                      {Release{}, 50 * hour, 50 * hour},
		"the flag's":                        {Release{MaxBackupAge: hour}, 0, hour},
		"a younger one":                     {Release{MaxBackupAge: hour}, 26 * hour, hour},
		"an older one":                      {Release{MaxBackupAge: 30 * day}, 26 * hour, 30 * day},
		"an older one of a drill on record": {Release{MaxBackupAge: 30 * day, RequireDrill: day}, 26 * hour, 30 * day},
	} {
		db := config.Database{App: app, Migrate: &config.Migrate{Image: "shop:2", Command: []string{"migrate"}}, Backup: config.Backup{MaxAge: config.Duration(c.promised)}}
		released, err := c.r.Apply([]*config.Database{&db})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.r.Question(released[0]).MaxBackupAge; got != c.want || fleet.TargetsOf(released[0]).Age != c.promised {
			t.Errorf("%s: %s, want %s; the target of the database is %s", name, got, c.want, fleet.TargetsOf(released[0]).Age)
		}
	}
}
