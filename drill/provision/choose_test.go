package provision

import (
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
)

func TestTargetName(t *testing.T) {
	tests := []struct{ dumped, key, want, maintenance string }{
		{"shop_production", "shop", "shop_production", "postgres"},
		{"", "shop", "shop", "postgres"},
		{"postgres", "shop", "postgres", "template1"},
		{"template1", "shop", "shop", "postgres"},
		{"template1", "template0", "restored", "postgres"},
	}
	for _, tt := range tests {
		got := targetName(inspect.Needs{Database: inspect.Database{Name: tt.dumped}}, tt.key)
		if got != tt.want || maintenanceFor(got) != tt.maintenance {
			t.Errorf("%q, %q: %q by way of %q, want %q by way of %q", tt.dumped, tt.key, got, maintenanceFor(got), tt.want, tt.maintenance)
		}
	}
}

func TestOwner(t *testing.T) {
	objects := map[string]int{"zoe": 3, "app": 2, "": 4}
	known := inspect.Needs{ObjectsByOwner: objects, Database: inspect.Database{Owner: "dumped"}}
	tests := []struct {
		name    string
		config  string
		needs   inspect.Needs
		want    string
		finding string
	}{
		{"the config's", "configured", known, "configured", ""},
		{"the archive's", "", known, "dumped", ""},
		{"the role that owns most", "", inspect.Needs{ObjectsByOwner: objects}, "zoe", `assumed "zoe", which owns 3 of its 9 objects`},
		{"the first of several", "", inspect.Needs{ObjectsByOwner: map[string]int{"zoe": 2, "app": 2}}, "app", `"app"`},
		{"no known owner", "", inspect.Needs{ObjectsByOwner: map[string]int{"": 2}}, "", ""},
		{"no objects", "", inspect.Needs{}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s Server
			if got := (&Provisioner{Config: config.Postgres{Owner: tt.config}}).chooseOwner(&s, tt.needs); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.finding == "" && len(s.Findings) > 0 || tt.finding != "" && (len(s.Findings) != 1 || !strings.Contains(s.Findings[0].Message, tt.finding)) {
				t.Errorf("findings %+v, want one with %q", s.Findings, tt.finding)
			}
		})
	}
}

func TestNeededRoles(t *testing.T) {
	c := inspect.Needs{Roles: []string{"app", "pg_monitor", "public", "made", "app"}, CreatedRoles: []string{"made"}}
	if got, want := neededRoles(c, "owner", ""), []string{"app", "owner"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLocaleOptions(t *testing.T) {
	image := locale{encoding: "UTF8", collate: "en_US.utf8", ctype: "en_US.utf8"}
	tests := []struct {
		name   string
		config config.Postgres
		dumped inspect.Database
		major  int
		want   string
	}{
		{"nothing is known", config.Postgres{}, inspect.Database{}, 15, ""},
		{"the image's encoding", config.Postgres{}, inspect.Database{Encoding: "UTF8"}, 15, " encoding 'UTF8'"},
		{"another encoding", config.Postgres{}, inspect.Database{Encoding: "LATIN1"}, 15, " encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'"},
		{"an encoding of clients", config.Postgres{}, inspect.Database{Encoding: "SJIS"}, 15, ""},
		{
			"an archive before 15",
			config.Postgres{},
			inspect.Database{Encoding: "UTF8", Collate: "de_DE.UTF-8", CType: "C"},
			13,
			" encoding 'UTF8' lc_collate 'de_DE.UTF-8' lc_ctype 'C'",
		},
		{
			"libc from 15 on",
			config.Postgres{},
			inspect.Database{LocaleProvider: "libc", Collate: "C", CType: "C"},
			15,
			" lc_collate 'C' lc_ctype 'C' locale_provider libc",
		},
		{
			"ICU",
			config.Postgres{},
			inspect.Database{LocaleProvider: "icu", Collate: "C", CType: "C", Locale: "de-DE", ICURules: "&a < b"},
			15,
			" lc_collate 'C' lc_ctype 'C' locale_provider icu icu_locale 'de-DE'",
		},
		{
			"ICU with rules",
			config.Postgres{},
			inspect.Database{LocaleProvider: "icu", Locale: "und", ICURules: "&a < 'b'"},
			16,
			" locale_provider icu icu_locale 'und' icu_rules '&a < ''b'''",
		},
		{
			"builtin",
			config.Postgres{},
			inspect.Database{LocaleProvider: "builtin", Locale: "C.UTF-8"},
			17,
			" locale_provider builtin builtin_locale 'C.UTF-8'",
		},
		{
			"the config wins",
			config.Postgres{Encoding: "UTF8", Locale: "C"},
			inspect.Database{Encoding: "LATIN1", LocaleProvider: "icu", Locale: "de"},
			15,
			" encoding 'UTF8' lc_collate 'C' lc_ctype 'C' locale_provider libc",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := chooseLocale(tt.config, tt.dumped, image)
			if got := l.options(tt.major); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if err := l.supported(tt.major); err != nil {
				t.Errorf("not supported: %v", err)
			}
		})
	}
	if err := (locale{provider: "builtin", name: "C.UTF-8"}).supported(16); err == nil {
		t.Error("Postgres 16 has no provider builtin")
	}
}

func TestAnUnknownLocaleIsAssumed(t *testing.T) {
	image := locale{encoding: "UTF8", collate: "en_US.utf8", ctype: "en_US.utf8"}
	for _, tt := range []struct {
		config config.Postgres
		dumped inspect.Database
		want   string
	}{
		{config.Postgres{}, inspect.Database{Encoding: "UTF8"}, "en_US.utf8"},
		{config.Postgres{}, inspect.Database{Encoding: "LATIN1"}, "C"},
		{config.Postgres{Locale: "C"}, inspect.Database{Encoding: "UTF8"}, ""},
		{config.Postgres{}, inspect.Database{Collate: "C", CType: "C"}, ""},
		{config.Postgres{}, inspect.Database{LocaleProvider: "icu", Locale: "de"}, ""},
	} {
		if got := chooseLocale(tt.config, tt.dumped, image).assumedLocale(image); got != tt.want {
			t.Errorf("%+v, %+v: %q, want %q", tt.config, tt.dumped, got, tt.want)
		}
	}
}

func TestSameEncoding(t *testing.T) {
	for _, pair := range [][2]string{{"UTF8", "utf-8"}, {"LATIN1", "latin1"}, {"UNICODE", "UTF8"}, {"EUC_JP", "eucjp"}} {
		if !sameEncoding(pair[0], pair[1]) {
			t.Errorf("%q and %q differ", pair[0], pair[1])
		}
	}
	if sameEncoding("LATIN1", "LATIN2") {
		t.Error("LATIN1 is LATIN2")
	}
}

func TestVersions(t *testing.T) {
	for text, want := range map[string]version{
		"15.18": {15, 18}, "15.18 (Debian 15.18-0+deb12u1)": {15, 18}, "18beta2": {18, 0}, "17": {17, 0}, "9.6.24": {9, 6},
	} {
		if got, ok := parseVersion(text); !ok || got != want {
			t.Errorf("%q: %v, %t, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "devel", ".1"} {
		if got, ok := parseVersion(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestDifferentVersionsAreReported(t *testing.T) {
	tests := []struct{ dumped, here, want string }{
		{"15.18", "15.18", ""},
		{"15.17", "15.18", ""},
		{"", "15.18", ""},
		{"15.19", "15.18", "minor_unpatched"},
		{"13.23", "15.18", "major_differs"},
		{"17.2", "15.18", "major_differs"},
	}
	for _, tt := range tests {
		s := Server{Version: tt.here, Image: "postgres:15"}
		s.compareVersions(inspect.Needs{ProductionVersion: tt.dumped})
		got := ""
		for _, f := range s.Findings {
			got += f.Code
		}
		if got != tt.want {
			t.Errorf("a dump of %q in %q: finding %q, want %q", tt.dumped, tt.here, got, tt.want)
		}
	}
}

func TestThePreloadHintNamesAllLibraries(t *testing.T) {
	f := PreloadMissing([]string{"pg_cron"}, "timescaledb")
	if want := `set postgres.settings to {shared_preload_libraries: "timescaledb,pg_cron"}`; f.Remedy() != want {
		t.Errorf("remedy %q, want %q", f.Remedy(), want)
	}
}

func TestPasswordsAreLettersAndDigits(t *testing.T) {
	a, b := newPassword().Reveal(), newPassword().Reveal()
	if a == b || len(a) < 24 {
		t.Errorf("%d characters, twice the same: %t", len(a), a == b)
	}
	if rest := strings.Trim(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"); rest != "" {
		t.Errorf("a password with %q", rest)
	}
}
