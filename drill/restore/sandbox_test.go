package restore_test

import (
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestALostSandboxIsNamed(t *testing.T) {
	t.Parallel()
	l := ownLab(t, "15")
	var kill sync.Once
	_, _, f := l.drill(t, job{
		dump: []byte("select 1;\nselect pg_sleep(60);\n"), change: plain,
		watch: func(int64, int64) { kill.Do(func() { l.kill(t) }) },
	})
	if f == nil || f.Code != outcome.SandboxLost {
		t.Errorf("got %v, want sandbox_lost", f)
	}
}

// kill ends the pod's containers from outside.
func (l *lab) kill(t *testing.T) {
	ids, err := exec.Command("docker", "ps", "-q", "--filter", "label=io.drillgres.run="+l.run).Output()
	if err != nil || len(ids) == 0 {
		t.Errorf("find the pod: %v", err)
		return
	}
	if out, err := exec.Command("docker", append([]string{"kill"}, strings.Fields(string(ids))...)...).CombinedOutput(); err != nil {
		t.Errorf("kill the pod: %v: %s", err, out)
	}
}

func TestASmallSandboxIsNamed(t *testing.T) {
	t.Parallel()
	l := ownLab(t, "15")
	l.memory, l.shm = config.Size(256<<20), config.Size(4<<20)
	_, _, f := l.drill(t, job{change: plain, dump: []byte(`
		create table a as select g, repeat('x', 100) from generate_series(1, 100000) g;
		set min_parallel_table_scan_size = 0; set parallel_setup_cost = 0; set parallel_tuple_cost = 0;
		set enable_mergejoin = off; set enable_nestloop = off; set work_mem = '64MB';
		analyze a;
		select count(*) from a join a b using (g);`)})
	if f == nil || f.Code != outcome.SharedMemoryTooSmall {
		t.Errorf("a join in parallel with 4 MiB of /dev/shm: %v, want shared_memory_too_small", f)
	}
	_, _, f = l.drill(t, job{change: plain, dump: []byte("select md5(repeat('x', 900000000));")})
	if f == nil || f.Code != outcome.SandboxOutOfMemory {
		t.Errorf("900 MB in a pod of 256 MiB: %v, want sandbox_out_of_memory", f)
	}
}
