package provision_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/work"
	"github.com/drillgres/drillgres/fixtures/images"
)

// lab is an Opener that returns the same pod each time, with the requested superuser.
type lab struct {
	image    string
	engine   *docker.Engine
	work     *work.Dir // its lock protects the pod from sweeps
	running  sandbox.Running
	user     string // the first superuser
	password string
	run      string
	dialed   int // connections into the pod since it was opened
}

// dialed counts the connections into a pod.
type dialed struct {
	sandbox.Pod
	times *int
}

func (d *dialed) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	*d.times++
	return d.Pod.Dial(ctx, network, address)
}

func newLab(t *testing.T, major string) *lab {
	t.Helper()
	l := &lab{image: images.Postgres(t, major), run: "provision-" + strings.ToLower(rand.Text())}
	root := t.TempDir()
	var err error
	if l.work, err = work.New(root, l.run); err != nil {
		t.Fatal(err)
	}
	if l.engine, err = docker.Connect(t.Context(), docker.Options{Root: root}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if l.running.Pod != nil {
			if left := l.running.Close(context.WithoutCancel(t.Context())); len(left) > 0 {
				t.Errorf("left behind: %s", left)
			}
		}
		if err := errors.Join(l.engine.Close(), l.work.Close()); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *lab) Open(ctx context.Context, s sandbox.Spec) (sandbox.Running, error) {
	if l.running.Pod == nil {
		var err error
		if l.running, err = l.engine.Open(ctx, s); err == nil {
			l.running.Pod = &dialed{Pod: l.running.Pod, times: &l.dialed}
		}
		l.user, l.password = s.User, s.Password
		return l.running, err
	}
	conn, err := provision.Connect(ctx, l.running, "template1", l.user, redact.Secret(l.password))
	if err != nil {
		return sandbox.Running{}, err
	}
	defer provision.Close(ctx, conn)
	_, err = conn.Exec(ctx, fmt.Sprintf("create role %s superuser login password '%s'", s.User, s.Password))
	return l.running, err
}

func (l *lab) provisioner(major string) *provision.Provisioner {
	return &provision.Provisioner{
		Opener: l, Restore: config.Restore{Profile: provision.Fast}, RunID: l.run, WorkDir: l.work.Shared,
		Database: "shop", Config: config.Postgres{Version: major, Image: config.Text(l.image), Build: config.Build{Off: true}},
	}
}

// ask returns the result of a query in a database of the server.
func ask(t *testing.T, s provision.Server, database, sql string) string {
	t.Helper()
	conn, err := provision.Connect(t.Context(), s, database, s.User, s.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(t.Context(), conn)
	var answer string
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	return answer
}

func codes(findings []outcome.Finding) []string {
	var codes []string
	for _, f := range findings {
		codes = append(codes, f.Code)
	}
	return codes
}

func TestProvision(t *testing.T) {
	for _, major := range images.Majors("13", "15", "17") {
		t.Run(major, func(t *testing.T) {
			l := newLab(t, major)
			t.Run("a server as the dump needs it", func(t *testing.T) { l.asNeeded(t, major) })
			t.Run("databases of other names and locales", func(t *testing.T) { l.databases(t, major) })
			t.Run("a dump that arrives", func(t *testing.T) { l.completes(t, major) })
			t.Run("what the image lacks", func(t *testing.T) { l.refusals(t, major) })
		})
	}
}

func (l *lab) asNeeded(t *testing.T, major string) {
	p := l.provisioner(major)
	p.AppRole = "nobody_knows"
	s, err := p.Provision(t.Context(), inspect.Needs{
		ProductionVersion: major + ".99",
		Roles:             []string{"app", `o"dd`, "postgres", "pg_monitor"},
		ObjectsByOwner:    map[string]int{`o"dd`: 2, "app": 1},
		Extensions:        []inspect.Extension{{Name: "pg_trgm"}, {Name: "plpgsql"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.dialed != 1 {
		t.Errorf("%d connections besides the first, want one to the new database", l.dialed)
	}
	if s.Database != "shop" || s.ConnectTo != "shop" || s.Owner != `o"dd` || fmt.Sprint(s.Major) != major || !strings.HasPrefix(s.Version, major+".") || s.CPUs < 1 {
		t.Errorf("server %+v", s)
	}
	if want := []string{"app", `o"dd`, "postgres"}; !slices.Equal(s.MadeRoles, want) {
		t.Errorf("made roles %q, want %q", s.MadeRoles, want)
	}
	if got, want := codes(s.Findings), []string{"minor_unpatched", "database_owner", "role_created", "app_role_unknown"}; !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
	for sql, want := range map[string]string{
		"select datdba::regrole::text from pg_database where datname = 'shop'": `"o""dd"`,
		"select count(*)::text from pg_roles where rolcanlogin":                "1",
		"select setting from pg_settings where name = 'autovacuum'":            "off",
		"select setting from pg_settings where name = 'wal_level'":             "minimal",
		"select setting from pg_settings where name = 'log_destination'":       s.Log.Format,
		"select (pg_stat_file('" + s.Log.Path + "')).isdir::text":              "false",
	} {
		if got := ask(t, s, "shop", sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
	account, err := s.Login(t.Context(), "made_by_login")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := provision.Connect(t.Context(), s, "shop", "made_by_login", account.Password)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
}

func (l *lab) databases(t *testing.T, major string) {
	const locale = "select pg_encoding_to_char(encoding) || ' ' || datcollate from pg_database where datname = current_database()"
	tests := []struct {
		dumped inspect.Database
		want   string
		find   []string
	}{
		{inspect.Database{Name: "postgres"}, "UTF8 en_US.utf8", nil},
		{inspect.Database{Name: `odd "name' = x`, Encoding: "LATIN1"}, "LATIN1 C", []string{"locale_assumed"}},
		{inspect.Database{Name: "again", Encoding: "UTF8", Collate: "C", CType: "en_US.utf8"}, "UTF8 C", nil},
		{inspect.Database{Name: "again", Encoding: "SQL_ASCII", Collate: "C", CType: "C"}, "SQL_ASCII C", nil},
	}
	for _, tt := range tests {
		s, err := l.provisioner(major).Provision(t.Context(), inspect.Needs{Database: tt.dumped})
		if err != nil {
			t.Errorf("%+v: %v", tt.dumped, err)
			continue
		}
		if got := ask(t, s, tt.dumped.Name, locale); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.dumped, got, tt.want)
		}
		if got := codes(s.Findings); !slices.Equal(got, tt.find) {
			t.Errorf("%+v: findings %q, want %q", tt.dumped, got, tt.find)
		}
	}
}

// completes provisions for the beginning of a dump and then for the rest, and compares with all at once.
func (l *lab) completes(t *testing.T, major string) {
	all := inspect.Needs{
		Database: inspect.Database{Name: "completed"}, Roles: []string{"early_owner", "late_reader", "shop_app"},
		ObjectsByOwner: map[string]int{"early_owner": 2, "": 1}, Extensions: []inspect.Extension{{Name: "plpgsql"}},
	}
	begun := all
	begun.Unfinished, begun.Roles, begun.ObjectsByOwner = true, []string{"early_owner"}, map[string]int{"early_owner": 1}
	p := l.provisioner(major)
	p.AppRole = "shop_app"
	s, err := p.Provision(t.Context(), begun)
	if err != nil {
		t.Fatal(err)
	}
	if s.Owner != "" || !slices.Equal(s.MadeRoles, begun.Roles) {
		t.Errorf("begun with owner %q and roles %q", s.Owner, s.MadeRoles)
	}
	s, fits, err := p.Complete(t.Context(), s, begun, all)
	if err != nil || !fits {
		t.Fatalf("fits %t: %v", fits, err)
	}
	if s.Owner != "early_owner" || !slices.Equal(s.MadeRoles, all.Roles) {
		t.Errorf("completed with owner %q and roles %q", s.Owner, s.MadeRoles)
	}
	const owner = "select pg_get_userbyid(datdba) from pg_database where datname = 'completed'"
	if got := ask(t, s, "postgres", owner); got != "early_owner" {
		t.Errorf("the database belongs to %s", got)
	}
	if err := s.Recreate(t.Context()); err != nil || ask(t, s, "postgres", owner) != "early_owner" {
		t.Errorf("created again, the database belongs to %s: %v", ask(t, s, "postgres", owner), err)
	}

	ask(t, s, "postgres", "drop database completed")
	for _, role := range all.Roles {
		ask(t, s, "postgres", "drop role "+role)
	}
	whole, err := p.Provision(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := codes(s.Findings), codes(whole.Findings); !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}

	more := all
	more.Extensions = append(slices.Clone(all.Extensions), inspect.Extension{Name: "pg_trgm"})
	if _, fits, err = p.Complete(t.Context(), s, begun, more); fits || err != nil {
		t.Errorf("a server without an extension fits %t: %v", fits, err)
	}
	p.Restore.Roles, more = "strict", all
	more.Roles = append(slices.Clone(all.Roles), "unknown")
	if _, _, err = p.Complete(t.Context(), s, begun, more); outcome.AsFailure(err).Code != outcome.RoleMissing {
		t.Errorf("an unknown role: %v", err)
	}
}

func (l *lab) refusals(t *testing.T, major string) {
	tests := []struct {
		name   string
		change func(*provision.Provisioner)
		needs  inspect.Needs
		want   outcome.Code
		says   []string
	}{
		{
			"another major", func(p *provision.Provisioner) { p.Config.Version = "16" },
			inspect.Needs{},
			outcome.ImageWrongMajor,
			[]string{l.image, "Postgres " + major + ".", "pins 16"},
		},
		{
			"extensions", func(p *provision.Provisioner) { p.Config.Extensions = []string{"warp"} },
			inspect.Needs{Extensions: []inspect.Extension{{Name: "postgis"}, {Name: "pg_trgm"}}},
			outcome.ExtensionUnavailable,
			[]string{l.image, "postgis, warp", "postgresql-" + major + "-postgis-3"},
		},
		{
			"a preloaded library", nil,
			inspect.Needs{Extensions: []inspect.Extension{{Name: "pg_cron"}}},
			outcome.PreloadMissing,
			[]string{`shared_preload_libraries: "pg_cron"`},
		},
		{
			"roles, if they must not be created", func(p *provision.Provisioner) { p.Restore.Roles = "strict" },
			inspect.Needs{Roles: []string{"strictly"}},
			outcome.RoleMissing,
			[]string{`role "strictly"`},
		},
		{
			"a locale", nil,
			inspect.Needs{Database: inspect.Database{Encoding: "UTF8", Collate: "tlh_KX.UTF-8", CType: "tlh_KX.UTF-8"}},
			outcome.CollationMissing,
			[]string{"tlh_KX.UTF-8", l.image},
		},
		{
			"an encoding beside its locale", nil,
			inspect.Needs{Database: inspect.Database{Encoding: "LATIN1", Collate: "en_US.utf8", CType: "en_US.utf8"}},
			outcome.CollationMissing,
			[]string{"LATIN1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := l.provisioner(major)
			if tt.change != nil {
				tt.change(p)
			}
			s, err := p.Provision(t.Context(), tt.needs)
			f := outcome.AsFailure(err)
			if f == nil || f.Code != tt.want {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			for _, want := range tt.says {
				if shown := f.Error() + "\n" + f.Remedy(); !strings.Contains(shown, want) {
					t.Errorf("%q is not in %q", want, shown)
				}
			}
			if s.Pod == nil {
				t.Error("the pod is not returned, so the caller cannot close it")
			}
		})
	}
}

// TestMemoryForIndexBuilds checks maintenance_work_mem in a session that loads a dump.
func TestMemoryForIndexBuilds(t *testing.T) {
	major := images.Majors("15")[0]
	for name, settings := range map[string]map[string]string{"by drillgres": nil, "by the config": {"Maintenance_Work_Mem": "33MB"}} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, major)
			for _, tt := range []struct {
				memory config.Size
				jobs   int // restore.jobs
				want   string
			}{{1 << 30, 0, "256MB"}, {1 << 30, 4, "64MB"}, {512 << 20, 4, "32MB"}} {
				p := l.provisioner(major)
				p.Config.Memory, p.Config.CPUs, p.Config.Settings, p.Restore.Jobs = tt.memory, 1, settings, tt.jobs
				s, err := p.Provision(t.Context(), inspect.Needs{Database: inspect.Database{Name: fmt.Sprintf("of_%d_and_%d", tt.memory, tt.jobs)}})
				if err != nil {
					t.Fatal(err)
				}
				conn, err := s.ClientSession(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer provision.Close(t.Context(), conn)
				if settings != nil {
					tt.want = "33MB"
				}
				var got string
				if err := conn.QueryRow(t.Context(), "show maintenance_work_mem").Scan(&got); err != nil || got != tt.want {
					t.Errorf("memory %d, jobs %d: %s, %v, want %s", tt.memory, tt.jobs, got, err, tt.want)
				}
				if s.DefaultJobs != 1 {
					t.Errorf("%d jobs by default on one CPU", s.DefaultJobs)
				}
			}
		})
	}
}

// opener fails and records the requested sandbox.
type opener struct{ asked sandbox.Spec }

func (o *opener) Open(_ context.Context, s sandbox.Spec) (sandbox.Running, error) {
	o.asked = s
	return sandbox.Running{}, outcome.Fail(outcome.ImageUnavailable, "no such image")
}

func TestTheRequestedSandbox(t *testing.T) {
	o := &opener{}
	p := provision.Provisioner{Opener: o, Database: "shop", RunID: "run", Hosts: []string{"cache"}, Config: config.Postgres{Version: "16", CPUs: 2}}
	_, err := p.Provision(t.Context(), inspect.Needs{})
	if f := outcome.AsFailure(err); f == nil || f.Code != outcome.ImageUnavailable {
		t.Errorf("got %v, want the opener's failure", err)
	}
	s := o.asked
	if s.Image != "postgres:16" || s.Memory != 4<<30 || s.ShmSize != 1<<30 || s.CPUs != 2 || s.InMemory || !slices.Equal(s.Hosts, []string{"cache"}) || s.Ready == nil {
		t.Errorf("requested %+v", s)
	}
	if !strings.HasPrefix(s.User, provision.SuperuserPrefix) || s.User == provision.SuperuserPrefix {
		t.Errorf("the superuser is called %s", s.User)
	}
	p.Abandon(t.Context())
	p.Restore.Profile, p.Config.Image = provision.Fast, "example.com/pg:16"
	if _, err := p.Provision(t.Context(), inspect.Needs{}); err == nil || !o.asked.InMemory || o.asked.Image != "example.com/pg:16" {
		t.Errorf("requested %+v", o.asked)
	}
	if o.asked.Password == s.Password || o.asked.User == s.User {
		t.Error("two runs share a password or the name of a superuser")
	}
}
