package chaos

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/s3server"
	"github.com/drillgres/drillgres/fixtures/shop/production"
)

// scene is a drill that stays in one stage until something happens to it.
type scene struct {
	stage  outcome.Stage
	config string
	env    []string       // that the drill needs besides the test's own
	full   string         // a small disk on which it depends
	source *s3server.Wire // to the source of the backup

	// there waits until the drill is in the stage, and gives the Postgres
	// container if there is one. nil: what happens is in the drill itself.
	there func(t *testing.T, l *program.Process) (pod string)
}

// plainDump is a whole plain dump that runs this SQL at its end.
func plainDump(sql string) []byte {
	return []byte("--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.1\n-- Dumped by pg_dump version 15.1\n\n" +
		"CREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n\n" + sql + "\n" +
		"\n--\n-- PostgreSQL database dump complete\n--\n")
}

func sleeps(t *testing.T, l *program.Process) string { return l.WaitForSleep(t) }

// listing waits for the answer of an object store that gives none.
func listing(t *testing.T) scene {
	s := s3server.Start(t)
	s.CreateBucket(t, program.Bucket)
	asked, once := make(chan struct{}), sync.Once{}
	endpoint := s.Before(t, func(_ http.ResponseWriter, r *http.Request) bool {
		once.Do(func() { close(asked) })
		<-r.Context().Done()
		return true
	})
	return scene{
		stage: outcome.Locate, config: program.S3Config(t, endpoint, program.Bucket), env: s.Environment(),
		there: func(t *testing.T, l *program.Process) string {
			select {
			case <-asked:
			case <-l.Ended:
				t.Fatalf("the drill ended before; stderr:\n%s", l.Stderr.String())
			}
			return ""
		},
	}
}

// bigDump takes a minute over the slow wire.
var bigDump = sync.OnceValue(func() []byte {
	return plainDump("COPY public.t (id) FROM stdin;\n" + strings.Repeat("1234567\n", 4<<20) + "\\.\n")
})

// fetching brings a backup over a slow wire, and the sandbox opens meanwhile.
func fetching(t *testing.T) scene {
	s := s3server.Start(t)
	s.CreateBucket(t, program.Bucket)
	s.Put(t, program.Bucket, "prod/shop.dump", bigDump())
	w := s.Wire(t)
	w.Spoil(t, "bandwidth", map[string]int64{"rate": 256})
	return scene{
		stage: outcome.Fetch, config: program.S3Config(t, w.Endpoint, program.Bucket), env: s.Environment(), source: w,
		there: func(t *testing.T, l *program.Process) string {
			return l.Eventually(t, func() string {
				files, _ := filepath.Glob(filepath.Join(l.WorkRoot, "*", "shared", "*"))
				for _, f := range files {
					if info, err := os.Stat(f); err == nil && info.Size() > 0 {
						return strings.Join(l.Containers(t, ""), "")
					}
				}
				return ""
			})
		},
	}
}

// inspecting is past its fetch; what follows is over in a moment.
func inspecting(t *testing.T) scene {
	return scene{stage: outcome.Inspect, config: program.DumpConfig(t, "", "", program.ShopDump(t)), there: func(t *testing.T, l *program.Process) string {
		l.WaitForStderr(t, "stage=fetch")
		return ""
	}}
}

// provisioning has a container and no server yet.
func provisioning(t *testing.T) scene {
	return scene{stage: outcome.Provision, config: program.DumpConfig(t, "", "", program.ShopDump(t)), there: func(t *testing.T, l *program.Process) string {
		return l.Eventually(t, func() string {
			return strings.Join(l.Containers(t, "postgres"), "")
		})
	}}
}

// restoring runs psql, in the middle of its dump.
func restoring(t *testing.T) scene {
	return scene{stage: outcome.Restore, config: program.DumpConfig(t, "", "", plainDump("SELECT pg_sleep(600);")), there: sleeps}
}

// restoringMuch runs psql, which has not read most of its dump.
func restoringMuch(t *testing.T) scene {
	const rows = "COPY public.t (id) FROM stdin;\n"
	much := "SELECT pg_sleep(600);\n" + rows + strings.Repeat("1234567\n", 2<<20) + "\\.\n"
	return scene{stage: outcome.Restore, config: program.DumpConfig(t, "", "", plainDump(much)), there: sleeps}
}

// restoringArchive runs pg_restore, in the middle of a table's rows.
func restoringArchive(t *testing.T) scene {
	return scene{stage: outcome.Restore, config: program.DumpConfig(t, "", "    restore: {jobs: 2}\n", slowArchive(t)), there: sleeps}
}

var (
	archiveOnce sync.Once
	archiveSlow []byte
)

// slowArchive is a custom archive whose rows take pg_restore very long.
func slowArchive(t *testing.T) []byte {
	t.Helper()
	image := images.Postgres(t, "15")
	archiveOnce.Do(func() {
		s, err := production.Start(t.Context(), image)
		if err != nil {
			t.Error(err)
			return
		}
		defer s.Close()
		var out strings.Builder
		err = s.SQL(t.Context(), "postgres", `
			create function slow(integer) returns boolean language plpgsql as $$
			begin
				if current_setting('application_name') = 'pg_restore' then perform pg_sleep(600); end if;
				return true;
			end $$;
			create table t (id integer check (public.slow(id)));
			insert into t values (1);`)
		if err == nil {
			err = s.Dump(t.Context(), &out, "-Fc", "postgres")
		}
		if err != nil {
			t.Error(err)
		}
		archiveSlow = []byte(out.String())
	})
	if len(archiveSlow) == 0 {
		t.Fatal("no slow archive")
	}
	return archiveSlow
}

const slowQuery = "    verify: {queries: [{name: slow, sql: \"select 1 from pg_sleep(%d)\", expect: value == 1}]}\n"

// verifying waits for a query of the config.
func verifying(t *testing.T) scene {
	return scene{stage: outcome.Verify, config: program.DumpConfig(t, "", fmt.Sprintf(slowQuery, 600), program.ShopDump(t)), there: sleeps}
}

// readying waits for an application that never becomes ready.
func readying(t *testing.T) scene {
	program.BuildShop(t)
	config := program.DumpConfig(t, "", program.ShopApp+"      ready: {http: /nowhere, within: 20m}\n", program.ShopDump(t))
	return scene{stage: outcome.App, config: config, there: func(t *testing.T, l *program.Process) string {
		l.WaitForStderr(t, "stage=verify")
		return l.Eventually(t, func() string {
			if len(l.Containers(t, "app", "--filter", "status=running")) == 0 {
				return ""
			}
			return strings.Join(l.Containers(t, "postgres"), "")
		})
	}}
}

// smoking waits for the application's answer to a smoke test.
func smoking(t *testing.T) scene { return smokingFor(t, "10m") }

// smokingBriefly does not wait long for it.
func smokingBriefly(t *testing.T) scene { return smokingFor(t, "20s") }

func smokingFor(t *testing.T, within string) scene {
	program.BuildShop(t)
	config := program.DumpConfig(t, "", program.ShopApp+"      ready: {http: /healthz}\n"+
		"      smoke: [{name: a slow page, http: {get: \"/slow?seconds=600\"}, within: "+within+"}]\n", program.ShopDump(t))
	return scene{stage: outcome.App, config: config, there: sleeps}
}

// migrating waits for a migration of the next release.
func migrating(t *testing.T) scene { return migratingBy(t, "select pg_sleep(600);\n") }

// migratingMuch is migrating, and psql has not read most of the migration.
func migratingMuch(t *testing.T) scene {
	return migratingBy(t, "select pg_sleep(600);\n"+strings.Repeat("-- a line that only takes up room, as rows would\n", 300_000)+"create table half_of_it ();\n")
}

func migratingBy(t *testing.T, sql string) scene {
	config := program.DumpConfig(t, "", "    migrate: {sql: migrations/*.sql}\n", program.ShopDump(t))
	folder := filepath.Join(filepath.Dir(config), "migrations")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "1_slow.sql"), []byte(sql), 0o600); err != nil {
		t.Fatal(err)
	}
	return scene{stage: outcome.Migrate, config: config, there: sleeps}
}

// telling is past its last stage: it cleans up and records.
func telling(t *testing.T) scene {
	return scene{stage: outcome.Verify, config: program.DumpConfig(t, "", "", program.ShopDump(t)), there: func(t *testing.T, l *program.Process) string {
		l.WaitForStderr(t, "stage=verify")
		return ""
	}}
}

// starving needs more memory than it gets.
func starving(t *testing.T) scene {
	return scene{stage: outcome.Restore, config: program.DumpConfig(t, "memory: 300MiB", "", plainDump(gluttony+";"))}
}

// starvingLater needs it in a query of the config.
func starvingLater(t *testing.T) scene {
	more := "    verify: {queries: [{name: glutton, sql: \"" + gluttony + "\", expect: value > 0}]}\n"
	return scene{stage: outcome.Verify, config: program.DumpConfig(t, "memory: 300MiB, settings: {work_mem: 8GB}", more, program.ShopDump(t))}
}

// starvingLast needs it for a smoke test.
func starvingLast(t *testing.T) scene {
	program.BuildShop(t)
	more := program.ShopApp + "      ready: {http: /healthz}\n      smoke: [{name: glutton, sql: \"" + gluttony + "\", expect: value > 0}]\n"
	return scene{stage: outcome.App, config: program.DumpConfig(t, "memory: 300MiB, settings: {work_mem: 8GB}", more, program.ShopDump(t))}
}

const gluttony = "SELECT count(x) FROM (SELECT array_agg(repeat(md5(g::text), 50)) AS x FROM generate_series(1, 2000000) g) s"

// filling has a small disk for the server's data.
func filling(t *testing.T) scene {
	const big = "CREATE TABLE public.big AS SELECT md5(g::text) AS a, md5((-g)::text) AS b FROM generate_series(1, 10000000) g;"
	return scene{stage: outcome.Restore, config: program.DumpConfig(t, "memory: 512MiB", "    restore: {profile: fast}\n", plainDump(big))}
}

// fetchingToASmallDisk is fetching, and its work directory is on a disk that has
// room for the backup as long as nobody else wants some.
func fetchingToASmallDisk(t *testing.T) scene {
	s := fetching(t)
	s.full = program.WorkRoot(s.config)
	smallDisk(t, s.full, "48m")
	return s
}

// unpackingToASmallDisk has an archive in a wrapping, which pg_restore does not read.
func unpackingToASmallDisk(t *testing.T) scene {
	config := program.DumpConfig(t, "", "", gzipped(t, program.ShopDump(t)))
	smallDisk(t, program.WorkRoot(config), "64k")
	return scene{stage: outcome.Restore, config: config}
}

// recordingToASmallDisk passes, and its history lies on a disk that is full by then.
func recordingToASmallDisk(t *testing.T) scene {
	config := program.DumpConfig(t, "", fmt.Sprintf(slowQuery, 4)+"record: {history: ./history/history.db}\n", program.ShopDump(t))
	s := scene{stage: outcome.Verify, config: config, full: filepath.Join(filepath.Dir(config), "history"), there: sleeps}
	smallDisk(t, s.full, "256k")
	return s
}

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(content)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// smallDisk mounts a disk of that size. Only root can.
func smallDisk(t *testing.T, dir, size string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "mode=700,size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("this user cannot mount a small disk: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil { //nolint:noctx // a clean-up
			t.Errorf("umount: %v\n%s", err, out)
		}
	})
}
