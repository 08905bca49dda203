package gate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
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
			if m.Timeout == 0 && tt.db.Migrate == nil || got[0].Backup.MaxAge != config.Duration(DefaultBackupAge) {
				t.Errorf("timeout %v, age %v", m.Timeout, got[0].Backup.MaxAge)
			}
		})
	}
	aged := config.Database{Backup: config.Backup{MaxAge: 5}}
	if got := (Release{}).withBackupAge(&aged).Backup.MaxAge; got != 5 {
		t.Errorf("the config's age became %v", got)
	}
	if got := (Release{MaxBackupAge: 7}).withBackupAge(&aged).Backup.MaxAge; got != 7 || aged.Backup.MaxAge != 5 {
		t.Errorf("the flag's age became %v, the config's %v", got, aged.Backup.MaxAge)
	}
}
