package progress

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
)

var update = flag.Bool("update", false, "write the golden files")

// scene drives a Block whose clock is that of a synctest bubble.
type scene struct {
	*Block
	observers map[string]Observer
}

func newScene(out io.Writer, databases ...string) *scene {
	size := func() (int, int) { return 80, 24 }
	return &scene{NewBlock(databases, Options{Out: out, Size: size, Now: time.Now}), map[string]Observer{}}
}

// begin starts drills that usually take as long as results say.
func (s *scene) begin(results []outcome.Result, databases ...string) {
	for _, name := range databases {
		s.observers[name] = s.Begin(Drill{RunID: "run-" + name, Database: name, Usual: func(context.Context) Usual { return UsualOf(results) }})
	}
	synctest.Wait()
}

// pass runs stages of a drill, each for a second.
func (s *scene) pass(database string, stages ...outcome.Stage) {
	for _, stage := range stages {
		s.observers[database].Started(stage)
		if stage == outcome.Fetch {
			s.observers[database].Progressed(stage, 100<<20, 100<<20)
		}
		time.Sleep(time.Second)
		s.observers[database].Ended(outcome.StageReport{Stage: stage, Status: outcome.StagePassed, Seconds: 1}, nil)
	}
}

func (s *scene) fail(database string, stage outcome.Stage, code outcome.Code) {
	f := outcome.Fail(code, "x")
	s.observers[database].Ended(outcome.StageReport{Stage: stage, Status: outcome.StageFailed, Seconds: 0.5}, f)
}

func (s *scene) finish(database string, verdict outcome.Verdict, failure *outcome.FailureReport) {
	s.Finished(outcome.Result{RunID: "run-" + database, Database: database, Verdict: verdict, Failure: failure})
}

func (s *scene) frame(color bool, width, height int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.Color = color
	return strings.Join(s.render(time.Now(), width, height), "\n") + "\n"
}

// before is a passed drill of a backup of size bytes.
func before(size int64, seconds float64, stages ...outcome.Stage) (r outcome.Result) {
	r.Backup.SizeBytes = size
	for _, s := range stages {
		r.Stages = append(r.Stages, outcome.StageReport{Stage: s, Status: outcome.StagePassed, Seconds: seconds})
	}
	return r
}

var untilApp = []outcome.Stage{outcome.Locate, outcome.Fetch, outcome.Inspect, outcome.Provision, outcome.Restore, outcome.Verify, outcome.App}

// scenes are states of a block. Each is drawn in several sizes.
var scenes = []struct {
	name  string
	sizes [][2]int
	play  func(s *scene)
	names []string
}{
	{"starting", [][2]int{{80, 24}}, func(s *scene) {
		s.begin(nil, "shop")
		time.Sleep(400 * time.Millisecond)
	}, []string{"shop"}},
	{"fetching, nothing known", [][2]int{{80, 24}, {40, 10}}, func(s *scene) {
		s.begin(nil, "shop")
		s.pass("shop", outcome.Locate)
		s.observers["shop"].Started(outcome.Fetch)
		time.Sleep(4 * time.Second)
		s.observers["shop"].Progressed(outcome.Fetch, 40<<20, 100<<20)
	}, []string{"shop"}},
	{"restoring, three drills known", [][2]int{{120, 24}, {80, 24}, {40, 10}, {40, 6}, {10, 3}}, func(s *scene) {
		past := []outcome.Result{before(50<<20, 10, untilApp...), before(100<<20, 30, untilApp...), before(200<<20, 80, untilApp...)}
		s.begin(past, "shop")
		s.pass("shop", outcome.Locate, outcome.Fetch, outcome.Inspect, outcome.Provision)
		s.observers["shop"].Started(outcome.Restore)
		time.Sleep(12 * time.Second)
		s.observers["shop"].Progressed(outcome.Restore, 300<<20, 0)
	}, []string{"shop"}},
	{"verifying for longer than usual", [][2]int{{80, 24}}, func(s *scene) {
		s.begin([]outcome.Result{before(0, 2, untilApp...)}, "shop")
		s.pass("shop", untilApp[:5]...)
		s.observers["shop"].Started(outcome.Verify)
		s.observers["shop"].Progressed(outcome.Verify, 12, 30)
		time.Sleep(3 * time.Second)
	}, []string{"shop"}},
	{"cleaning up, with skipped stages", [][2]int{{80, 24}}, func(s *scene) {
		s.begin(nil, "shop")
		s.pass("shop", untilApp[:6]...)
		for stage, reason := range map[outcome.Stage]string{outcome.App: "no app in the config", outcome.Migrate: "no release to rehearse"} {
			s.observers["shop"].Ended(outcome.StageReport{Stage: stage, Status: outcome.StageSkipped, Reason: reason}, nil)
		}
	}, []string{"shop"}},
	{"failed", [][2]int{{80, 24}}, func(s *scene) {
		s.begin([]outcome.Result{before(0, 2, untilApp...)}, "shop")
		s.pass("shop", outcome.Locate, outcome.Fetch)
		s.fail("shop", outcome.Inspect, outcome.DumpTruncated)
	}, []string{"shop"}},
	{"failed before the first stage, and finished", [][2]int{{80, 0}}, func(s *scene) {
		s.begin(nil, "shop")
		s.fail("shop", outcome.Provision, outcome.EngineUnreachable)
		s.finish("shop", outcome.VerdictUnproved, &outcome.FailureReport{Stage: outcome.Provision, Code: outcome.EngineUnreachable})
	}, []string{"shop"}},
	{"list", [][2]int{{100, 24}, {80, 24}, {40, 10}, {40, 6}, {25, 4}}, func(s *scene) {
		past := []outcome.Result{before(0, 2, untilApp...)}
		s.begin(past, "billing", "crm")
		s.pass("billing", untilApp...)
		s.finish("billing", outcome.VerdictPassed, nil)
		s.pass("crm", outcome.Locate, outcome.Fetch)
		s.fail("crm", outcome.Inspect, outcome.DumpTruncated)
		s.finish("crm", outcome.VerdictFailed, &outcome.FailureReport{Stage: outcome.Inspect, Code: outcome.DumpTruncated})
		s.begin(past, "a-very-long-name-of-a-database-日本語", "shop")
		s.fail("a-very-long-name-of-a-database-日本語", outcome.Provision, outcome.EngineUnreachable)
		s.finish("a-very-long-name-of-a-database-日本語", outcome.VerdictUnproved, &outcome.FailureReport{Stage: outcome.Provision, Code: outcome.EngineUnreachable})
		s.observers["shop"].Started(outcome.Fetch)
		time.Sleep(1500 * time.Millisecond)
		s.observers["shop"].Progressed(outcome.Fetch, 30<<20, 100<<20)
	}, []string{"a-very-long-name-of-a-database-日本語", "billing", "crm", "shop", "wiki", "zoo"}},
	{"list that ended over a budget", [][2]int{{80, 0}}, func(s *scene) {
		s.begin(nil, "a")
		s.pass("a", untilApp...)
		s.finish("a", outcome.VerdictFailed, &outcome.FailureReport{Code: outcome.OverBudget})
		s.begin(nil, "b")
		s.fail("b", outcome.Locate, outcome.Interrupted)
		s.finish("b", outcome.VerdictUnproved, &outcome.FailureReport{Stage: outcome.Locate, Code: outcome.Interrupted})
	}, []string{"a", "b"}},
}

func TestFrames(t *testing.T) {
	var got bytes.Buffer
	for _, c := range scenes {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(io.Discard, c.names...)
			c.play(s)
			for _, size := range c.sizes {
				frame := s.frame(false, size[0], size[1])
				fmt.Fprintf(&got, "--- %s, %d x %d\n%s", c.name, size[0], size[1], frame)
				if lines := strings.Count(frame, "\n"); size[1] > 2 && lines >= size[1] {
					t.Errorf("%s: %d lines on a terminal with %d", c.name, lines, size[1])
				}
				if plain := ansi.Strip(s.frame(true, size[0], size[1])); plain != frame {
					t.Errorf("%s: colors change the text:\n%s", c.name, cmp.Diff(frame, plain))
				}
				for line := range strings.Lines(frame) {
					if ansi.StringWidth(strings.TrimSpace(line)) >= size[0] {
						t.Errorf("%s: this line fills %d columns: %s", c.name, size[0], line)
					}
				}
			}
			s.Close()
		})
	}
	const path = "testdata/frames.txt"
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (run with -update if this is intended):\n%s", path, diff)
	}
}

// screen is a terminal that knows the escape codes that a Block writes.
type screen struct {
	rows     []string
	row, col int
}

func (s *screen) Write(p []byte) (int, error) {
	for text := string(p); text != ""; {
		for len(s.rows) <= s.row {
			s.rows = append(s.rows, "")
		}
		var n int
		switch {
		case strings.HasPrefix(text, clearBelow):
			s.rows[s.row] = cut(s.rows[s.row], s.col)
			s.rows, text = s.rows[:s.row+1], text[len(clearBelow):]
		case strings.HasPrefix(text, clearRight):
			s.rows[s.row], text = cut(s.rows[s.row], s.col), text[len(clearRight):]
		case text[0] == '\r':
			s.col, text = 0, text[1:]
		case text[0] == '\n':
			s.row, s.col, text = s.row+1, 0, text[1:]
		case strings.HasPrefix(text, "\x1b[A"):
			s.row, text = s.row-1, text[len("\x1b[A"):]
		case strings.HasPrefix(text, "\x1b["):
			if _, err := fmt.Sscanf(text, "\x1b[%dA", &n); err != nil {
				return 0, fmt.Errorf("an escape code that a block does not need: %q", text)
			}
			s.row, text = s.row-n, text[strings.IndexByte(text, 'A')+1:]
		default:
			r := []rune(text)[0]
			row := []rune(s.rows[s.row])
			s.rows[s.row] = string(append(row[:s.col], append([]rune{r}, row[min(s.col+1, len(row)):]...)...))
			s.col, text = s.col+1, text[len(string(r)):]
		}
	}
	return len(p), nil
}

func cut(row string, n int) string { return string([]rune(row)[:min(n, len([]rune(row)))]) }

func (s *screen) String() string { return strings.Join(s.rows, "\n") }

// TestBlockIsRedrawnInPlace looks at the screen while a block is drawn, and text is printed.
func TestBlockIsRedrawnInPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal := &screen{}
		s := newScene(terminal, "shop", "wiki")
		see := func(want string) {
			t.Helper()
			time.Sleep(redrawEvery) // its first tick is after the state that the test made
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), terminal.String()); diff != "" {
				t.Error(diff)
			}
		}
		fmt.Fprint(s, "before the first drill\n")
		s.begin(nil, "shop")
		see(`
before the first drill
⠙ shop  starting, 0.10s
  wiki  waiting
  0 of 2 done, 0.10s`)
		fmt.Fprint(s, "a warning\nhalf of")
		fmt.Fprint(s, " another\n")
		fmt.Fprint(s, "the end")
		see(`
before the first drill
a warning
half of another
⠹ shop  starting, 0.20s
  wiki  waiting
  0 of 2 done, 0.20s`)
		s.finish("shop", outcome.VerdictPassed, nil)
		s.Close()
		fmt.Fprint(s, "afterwards\n")
		s.Close()
		see(`
before the first drill
a warning
half of another
the end
✓ shop  passed in 0.20s
  wiki  waiting
  1 of 2 done, 0.20s

afterwards`)
	})
}

// TestOneDrillIsRemoved checks that nothing remains of a block that the report repeats.
func TestOneDrillIsRemoved(t *testing.T) {
	for _, leave := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			terminal := &screen{}
			s := newScene(terminal, "shop")
			s.o.Leave = leave
			fmt.Fprint(s, "$ drillgres run\n")
			s.begin(nil, "shop")
			s.pass("shop", untilApp...)
			s.finish("shop", outcome.VerdictPassed, nil)
			s.Close()
			want := "$ drillgres run\n"
			if leave {
				want = "$ drillgres run\n✓ shop  passed in 7.0s\n" + strings.Join(strings.Split(s.frame(false, 80, 0), "\n")[1:], "\n")
			}
			if terminal.String() != want {
				t.Errorf("leave %t: %q, want %q", leave, terminal, want)
			}
		})
	}
}

// TestNarrowerTerminal checks how many rows a block is moved up: a terminal wraps what was
// drawn when it was wider.
func TestNarrowerTerminal(t *testing.T) {
	lines := []string{"", strings.Repeat("x", 40), strings.Repeat("日", 21)}
	for width, want := range map[int]int{100: 3, 80: 3, 60: 3, 42: 3, 41: 4, 40: 4, 20: 1 + 2 + 3, 0: 3} {
		if got := rowsOf(lines, 80, width); got != want {
			t.Errorf("%d columns: %d rows, want %d", width, got, want)
		}
	}
}

// TestDrillsAtTheSameTime uses a display, under the race detector, as drills at the same time do.
func TestDrillsAtTheSameTime(t *testing.T) {
	for name, display := range map[string]interface {
		Display
		io.Writer
	}{
		"block":  newScene(io.Discard, "a", "b", "c"),
		"events": NewEvents(io.Discard, time.Now),
	} {
		var all sync.WaitGroup
		for _, database := range []string{"a", "b", "c"} {
			all.Go(func() {
				o := display.Begin(Drill{RunID: database, Database: database, Usual: func(context.Context) Usual { return Usual{} }})
				for _, s := range outcome.Stages {
					o.Started(s)
					var workers sync.WaitGroup
					for i := range int64(4) {
						workers.Go(func() { o.Progressed(s, i, 4) })
					}
					workers.Wait()
					fmt.Fprintln(display, name, s)
					o.Ended(outcome.StageReport{Stage: s, Status: outcome.StagePassed}, nil)
				}
				display.Finished(outcome.Result{RunID: database, Database: database, Verdict: outcome.VerdictPassed})
			})
		}
		all.Wait()
		display.Close()
	}
}

// TestPausedBlock checks that a question is not drawn over, and is printed without a newline.
func TestPausedBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := newScene(&out, "shop")
		s.begin(nil, "shop")
		s.pass("shop", outcome.Locate)
		s.Pause()
		synctest.Wait()
		asked := out.Len()
		_, _ = io.WriteString(s, "the name: ")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := out.String()[asked:]; got != "the name: " {
			t.Errorf("the terminal gets %q", got)
		}
		s.Resume()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := out.String()[asked:]; !strings.Contains(got, "locate") {
			t.Errorf("the block is not drawn again: %q", got)
		}
		s.Close()
	})
}
