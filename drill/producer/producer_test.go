package producer

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func TestTable(t *testing.T) { //nolint:gocyclo // a list of rules
	names := Names()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("names are not sorted, or not unique: %v", names)
	}
	for _, p := range All() {
		if p.Title == "" || p.Writes == "" || p.Evidence == "" || len(p.Layers) == 0 {
			t.Errorf("%s: title, writes, layers or evidence is missing", p.Name)
		}
		if (p.Unusable == "") == (p.Config == "") {
			t.Errorf("%s: either it can be drilled, by a config, or it says what to do instead", p.Name)
		}
		if strings.Contains(p.Writes, "\n") || strings.Count(p.Config, "\n") > 1 {
			t.Errorf("%s: writes is one line, and config is two at most", p.Name)
		}
		for _, glob := range slices.Concat([]string{p.Match, p.Folder, p.Globals, p.Member}, p.Parts) {
			if _, err := path.Match(Expand(glob, "shop"), ""); err != nil {
				t.Errorf("%s: %s: %v", p.Name, glob, err)
			}
		}
		for _, glob := range append(p.Parts, p.Match, p.Globals) {
			if strings.Contains(glob, "/") {
				t.Errorf("%s: %s is for base names, but has a slash", p.Name, glob)
			}
		}
		if (p.Match != "" || len(p.Parts) > 0 || p.Member != "") && len(p.Command) == 0 && !strings.Contains(p.Config, "producer: "+p.Name) {
			t.Errorf("%s: its config does not name it", p.Name)
		}
		if len(p.Command) > 0 && !strings.HasPrefix(p.Config, "command: ") && !strings.HasPrefix(p.Config, "from: ") {
			t.Errorf("%s: its config has no command", p.Name)
		}
		for _, text := range append(p.Notes, p.Unusable) {
			if text != "" && !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q is not a sentence", p.Name, text)
			}
		}
	}
}

func TestFind(t *testing.T) {
	taken := map[string]string{}
	for _, p := range All() {
		for _, name := range append([]string{p.Name}, p.Aliases...) {
			if other, ok := taken[name]; ok {
				t.Errorf("%s is a name of %s and of %s", name, other, p.Name)
			}
			taken[name] = p.Name
			if found, ok := Find(name); !ok || found.Name != p.Name {
				t.Errorf("%s: found %q", name, found.Name)
			}
		}
	}
	if p, ok := Find("auto"); ok {
		t.Errorf("auto is %s: the config means recognition by it", p.Name)
	}
	for _, name := range strings.Fields("pg_dumpall pg_back autopostgresqlbackup tiredofit supabase gitlab discourse odoo laravel pgbackweb dokploy coolify " +
		"immich django-dbbackup backup-gem postgres-backup-s3 schickling zulip offen databasus prodrigestivill zalando gitea heroku cloudsql neon " +
		"borgmatic k8up restic nextcloud") {
		if _, ok := Find(name); !ok {
			t.Errorf("no producer %s", name)
		}
	}
}

func TestAllIsACopy(t *testing.T) {
	All()[0].Name = "changed"
	if All()[0].Name == "changed" {
		t.Error("a caller can change the table")
	}
}

// TestMatchFor: a database whose name begins like another's is not matched, and its
// name is not a pattern.
func TestMatchFor(t *testing.T) {
	for _, c := range []struct {
		producer, database, key string
		want                    bool
	}{
		{"pg_back", "a", "a_2026-11-27T03:00:00Z.dump", true},
		{"pg_back", "a", "a_b_2026-11-27T03:00:00Z.dump", false},
		{"pg_back", "", "a_b_2026-11-27T03:00:00Z.dump", true},
		{"pg_back", "a*", "ab_2026-11-27T03:00:00Z.dump", false},
		{"pg_back", "a[1]", "a[1]_2026-11-27T03:00:00Z.dump", true},
		{"pg_back", `a\b`, `a\b_2026-11-27T03:00:00Z.dump`, true},
		{"postgres-backup-s3", "a", "p/a_b_2026-11-27T03:00:00.dump", false},
		{"prodrigestivill", "shop", "last/shop-test-20261127-030000.sql.gz", false},
		{"coolify", "shop", "pg-dump-shop-test-1795748400.dmp", false},
		{"zalando", "shop", "spilo/acid-shop/logical_backups/1795748400.sql.gz", true},
		{"zalando", "shop", "spilo/acid-shop/other/1795748400.sql.gz", false},
		{"zalando", "shop", "1795748400.sql.gz", false},
		{"borgmatic", "shop", "borgmatic/postgresql_databases/db1:5433/shop", true},
		{"borgmatic", "shop", "borgmatic/mysql_databases/db1/shop", false},
		{"pg_dumpall", "shop", "anything", true},
	} {
		p, _ := Find(c.producer)
		if got := p.Matches(c.key, c.database); got != c.want {
			t.Errorf("%s: %q of database %q: %t", c.producer, c.key, c.database, got)
		}
	}
}

// TestConfigs: each config is valid YAML, and its command is that of the entry.
func TestConfigs(t *testing.T) {
	for _, p := range All() {
		var config struct {
			Producer string
			Command  struct{ Run []string }
			Rest     map[string]any `yaml:",inline"`
		}
		if err := yaml.Unmarshal([]byte(p.Config), &config); err != nil {
			t.Errorf("%s: %v:\n%s", p.Name, err, p.Config)
		}
		if config.Producer != "" && config.Producer != p.Name {
			t.Errorf("%s: its config names %s", p.Name, config.Producer)
		}
		if diff := cmp.Diff(p.Command, config.Command.Run); diff != "" && !strings.HasPrefix(p.Config, "from: ") {
			t.Errorf("%s: the command of its config differs:\n%s", p.Name, diff)
		}
		for key := range config.Rest {
			if !slices.Contains([]string{"from", "keys", "member", "database", "postgres", "restore"}, key) {
				t.Errorf("%s: its config has the key %s", p.Name, key)
			}
		}
	}
}
