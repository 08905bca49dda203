package corpus

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/backups"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
)

var (
	corpus = flag.String("corpus", "part", "how much of the corpus to drill: part, or all of it")
	major  = flag.String("major", "", "drill only the backups for this major of Postgres")
	loader = flag.String("loader", "parallel", "restore.loader of every drill: no case may end otherwise for it")
)

// TestCorpus drills fixtures through the whole program: each broken one must
// get exactly its code, class, stage and exit code, each good one must pass,
// and nothing may be left behind. Its table is the evidence.
func TestCorpus(t *testing.T) {
	made := newProductions(t)
	all := backups.All()
	cases := all
	if *corpus != "all" {
		cases = backups.Part(all)
	}
	if *major != "" {
		cases = slices.DeleteFunc(slices.Clone(cases), func(c backups.Case) bool { return c.PinnedMajor() != *major })
	}
	if len(cases) == 0 {
		t.Fatalf("the corpus has no backup for Postgres %q", *major)
	}
	tally, began := backups.NewTally(all), time.Now()
	t.Cleanup(func() {
		var table strings.Builder
		tally.Print(&table)
		t.Logf("%d of %d cases, in %s\n%s", len(cases), len(all), time.Since(began).Round(time.Second), table.String())
	})
	for _, c := range cases {
		t.Run(c.ID(), func(t *testing.T) {
			t.Parallel()
			c.Restore = strings.TrimPrefix(c.Restore+", loader: "+*loader, ", ")
			config, err := made.Make(t.Context(), c, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if c.Before != "" {
				passedYesterday(t, config)
			}
			began := time.Now()
			result, exit, stderr := program.Drill(t, "--config", config)
			took := time.Since(began)
			mark := expect(t, c, result, exit)
			tally.Add(c, mark, took)
			program.CheckNothingLeft(t, config)
			if strings.Contains(stderr+fmt.Sprintf("%+v", result), "canary") {
				t.Errorf("a secret of the backup in the output:\n%s\n%+v", stderr, result)
			}
			if mark == backups.Right {
				t.Logf("%s in %.1fs", mark, took.Seconds())
			}
		})
	}
}

// passedYesterday drills the backup that a case's own is compared with, while
// that one is not there yet.
func passedYesterday(t *testing.T, config string) {
	t.Helper()
	folder, aside := filepath.Join(filepath.Dir(config), "backups"), t.TempDir()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	move := func(from, to string) {
		for _, e := range entries {
			if e.Name() == backups.EarlierBackup {
				continue
			}
			if err := os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	move(folder, aside)
	if r, exit, _ := program.Drill(t, "--config", config); exit != outcome.ExitPassed || r.Backup.Chosen != outcome.ChosenLatest {
		t.Fatalf("the earlier backup did not pass: exit %d, %+v", exit, r.Failure)
	}
	move(aside, folder)
}

// expect compares a result with what its case deserves.
func expect(t *testing.T, c backups.Case, r outcome.Result, exit int) backups.Mark {
	t.Helper()
	if len(r.Leftovers) > 0 {
		t.Errorf("left behind: %q", r.Leftovers)
	}
	switch {
	case c.Good() && (r.Verdict != outcome.VerdictPassed || exit != outcome.ExitPassed):
		t.Errorf("a false alarm: %s, exit %d: %s", r.Verdict, exit, told(r.Failure))
		return backups.FalseAlarm
	case !c.Good() && r.Failure == nil:
		t.Errorf("%s was missed: %s, exit %d", c.Code, r.Verdict, exit)
		return backups.Missed
	}
	right := reports(t, c, r)
	if c.Good() {
		if i := r.Isolation; i.Network != "none" || i.Routes != 0 || i.PublishedPorts != 0 || i.Outbound == "" {
			t.Errorf("the sandbox was not isolated: %+v", i)
			right = false
		}
	} else {
		right = fails(t, c, r, exit) && right
	}
	if !right {
		return backups.Wrong
	}
	return backups.Right
}

// fails tells whether a result has exactly the failure of its case.
func fails(t *testing.T, c backups.Case, r outcome.Result, exit int) bool {
	t.Helper()
	f, class := r.Failure, cmp.Or(c.Fault, c.Code.Class())
	right := f.Code == c.Code && f.Stage == c.Stage && f.Class == class && r.Verdict == class.Verdict() && exit == class.ExitCode()
	if !right {
		t.Errorf("exit %d, %s; want %s in stage %s, exit %d", exit, told(f), c.Code, c.Stage, class.ExitCode())
	}
	if f.Message == "" || f.Hint == "" {
		t.Errorf("a failure without message or hint: %+v", f)
		right = false
	}
	return right
}

// reports tells whether a result has the findings of its case.
func reports(t *testing.T, c backups.Case, r outcome.Result) bool {
	t.Helper()
	var codes []string
	for _, f := range r.Findings {
		codes = append(codes, f.Code)
	}
	right := true
	for _, want := range c.Finds {
		if !slices.Contains(codes, want) {
			t.Errorf("findings %q lack %s", codes, want)
			right = false
		}
	}
	for _, unwanted := range c.Lacks {
		if slices.Contains(codes, unwanted) {
			t.Errorf("findings %q hold %s", codes, unwanted)
			right = false
		}
	}
	return right
}

func told(f *outcome.FailureReport) string {
	if f == nil {
		return "no failure"
	}
	return fmt.Sprintf("%s in stage %s\nmessage: %s\nstatement: %s\nhint: %s", f.Code, f.Stage, f.Message, f.Statement, f.Hint)
}

// productions are the servers that a test's dumps are taken from.
type productions struct {
	t *testing.T
	*backups.Productions
}

func newProductions(t *testing.T) *productions {
	t.Helper()
	images.NeedEngine(t)
	p := &backups.Productions{Image: images.Ensure}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return &productions{t, p}
}

func (p *productions) of(major string) *backups.Source {
	source, err := p.Of(p.t.Context(), major)
	if err != nil {
		p.t.Fatal(err)
	}
	return source
}

// TestClientTooOld drills dumps of a patched pg_dump on an image whose psql does not know
// \restrict. What pg_dump writes restores; anything else may hide a command of psql.
func TestClientTooOld(t *testing.T) {
	made := newProductions(t)
	c := backups.Case{Name: "restrict", Major: "13", SQL: "create table t (id integer); insert into t values (1)"}
	drill := func() (outcome.Result, int) {
		config, err := c.Make(t.Context(), made.of("13"), images.Postgres(t, "13-unpatched"), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		r, exit, _ := program.Drill(t, "--config", config)
		return r, exit
	}
	r, exit := drill()
	unpatched := slices.ContainsFunc(r.Findings, func(f outcome.Finding) bool { return f.Code == "client_unpatched" })
	if r.Verdict != outcome.VerdictPassed || exit != 0 || !unpatched {
		t.Errorf("what pg_dump writes: exit %d, %+v, findings %+v", exit, r.Failure, r.Findings)
	}
	c.Damage = backups.Damage{Says: "with a DO block", Do: backups.BeforeTrailer("DO $$ BEGIN END $$;")}
	if r, exit = drill(); r.Failure == nil || r.Failure.Code != outcome.ClientTooOld || exit != 5 {
		t.Errorf("another statement: exit %d, %+v", exit, r.Failure)
	}
}
