package watch

import (
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/provision"
)

// BenchmarkCost measures the ratio of the duration of a migration with a watch to
// that without.
func BenchmarkCost(b *testing.B) {
	s := servers[major].Get(b)
	s.Database = "shop"
	migration := `
drop table if exists t; checkpoint; create table t (id int primary key, a int, b text);
insert into t select g, g, repeat('x', 100) from generate_series(1, 60000) g;
create index on t (a); alter table t add c bigint default 7; update t set a = a + 1 where id % 2 = 0;
alter table t alter a type bigint;
` + strings.Repeat("insert into t (id) select max(id) + 1 from t;\n", 2000)
	psql(b, s, "alter system set max_wal_size = '64MB'; alter system set min_wal_size = '32MB'; select pg_reload_conf()") // everything is in memory
	var with, without time.Duration
	for b.Loop() {
		without += migrationTime(b, s, migration)
		w, err := Begin(b.Context(), s)
		if err != nil {
			b.Fatal(err)
		}
		with += migrationTime(b, s, migration)
		if _, err := w.End(b.Context()); err != nil {
			b.Fatal(err)
		}
		samples, mean, longest, took := w.Sampling()
		b.Logf("%s without, %s with; %d samples, one each %s, %s at most, each took %s", without, with, samples, mean, longest, took)
	}
	b.ReportMetric(with.Seconds()/without.Seconds(), "with/without")
}

func migrationTime(b *testing.B, s provision.Server, script string) time.Duration {
	b.Helper()
	begun := time.Now()
	if code := psql(b, s, script); code != 0 {
		b.Fatalf("psql ended with %d", code)
	}
	return time.Since(begun)
}
