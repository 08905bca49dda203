package progress

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Options are the settings of a Block.
type Options struct {
	Out   io.Writer                  // the terminal
	Size  func() (width, height int) // of the terminal now, so that a resize needs no signal
	Color bool
	Now   func() time.Time
	Leave bool // leave the last state of one drill too, because no report follows on this terminal
}

// Block shows all drills of a command as lines that are redrawn in place: every stage of one
// drill, or a list of several. It is also a writer: what is written to it is printed above.
type Block struct {
	o Options

	life    context.Context // of what drills usually take, which is read meanwhile
	end     context.CancelFunc
	working sync.WaitGroup // the redraws, and those reads

	mu     sync.Mutex
	drills []*shown // of one drill the stages are shown, of several a list
	began  time.Time
	drawn  []string // the lines on the screen, the cursor is at the end of the last
	width  int      // of the terminal when they were drawn
	text   []byte   // above the block, of a line that has not ended
	closed bool
	paused bool
}

var (
	_ Display   = (*Block)(nil)
	_ io.Writer = (*Block)(nil)
)

// shown is what is known about a drill.
type shown struct {
	database string
	title    string
	runID    string
	began    time.Time // zero: it waits
	stages   []stage
	usual    Usual
	size     int64 // bytes of the backup; 0: unknown
	ended    time.Time
	verdict  outcome.Verdict // empty: it runs
	failure  outcome.FailureReport
}

type stage struct {
	name    outcome.Stage
	status  outcome.Status // empty: to come, or running
	began   time.Time      // zero: to come
	seconds float64        // of one that ended
	done    int64
	total   int64 // 0: unknown
	reason  string
	code    outcome.Code
}

func (s stage) running() bool { return s.status == "" && !s.began.IsZero() }

// NewBlock returns a block for drills of these databases. Nothing is drawn before the first
// drill begins.
func NewBlock(databases []string, o Options) *Block {
	b := &Block{o: o}
	b.life, b.end = context.WithCancel(context.Background())
	for _, name := range databases {
		b.drills = append(b.drills, waiting(name))
	}
	return b
}

func waiting(database string) *shown {
	d := &shown{database: database, title: words.Printable(database, maxTitle)}
	for _, s := range outcome.Stages {
		d.stages = append(d.stages, stage{name: s})
	}
	return d
}

// redrawEvery is short enough for a spinner, and long enough for a slow connection.
const redrawEvery = 100 * time.Millisecond

// Begin shows a drill that starts. Another drill of the same database replaces it.
func (b *Block) Begin(d Drill) Observer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.began.IsZero() {
		b.began = b.o.Now()
		b.working.Go(b.redraw)
	}
	s := waiting(d.Database)
	s.runID, s.began = d.RunID, b.o.Now()
	if d.Title != "" {
		s.title = words.Printable(d.Title, maxTitle)
	}
	if i := slices.IndexFunc(b.drills, func(s *shown) bool { return s.database == d.Database }); i >= 0 {
		b.drills[i] = s
	} else {
		b.drills = append(b.drills, s)
	}
	if d.Usual != nil && !b.closed {
		b.working.Go(func() {
			usual := d.Usual(b.life)
			b.mu.Lock()
			defer b.mu.Unlock()
			s.usual = usual
		})
	}
	return blockObserver{b, s}
}

// Finished shows how a drill ended.
func (b *Block) Finished(r outcome.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range b.drills {
		if d.runID != r.RunID {
			continue
		}
		d.ended, d.verdict = b.o.Now(), r.Verdict
		if r.Failure != nil {
			d.failure = *r.Failure
		}
	}
}

// Close stops the redraws. It removes the block of one drill, because the report that follows
// repeats it, and leaves a list, which no report repeats.
func (b *Block) Close() {
	b.end()
	b.working.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.closed = true
	if len(b.text) > 0 {
		b.text = append(b.text, '\n')
	}
	switch {
	case b.began.IsZero(), len(b.drills) == 1 && !b.o.Leave:
		b.print(nil)
	default:
		width, _ := b.o.Size()
		lines := append(b.render(b.o.Now(), width, 0), "") // the next output is below
		if len(b.drills) > 1 {
			lines = append(lines, "") // apart from the reports
		}
		b.print(lines)
		b.drawn = nil
	}
}

// Pause removes the block until Resume, for a question to the person at the terminal: what is
// written is printed at once, also a line that has not ended.
func (b *Block) Pause() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.print(nil)
		b.paused = true
	}
}

// Resume draws the block again, below what was printed.
func (b *Block) Resume() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paused = false
}

// Write prints the complete lines of text above the block. After Close it only copies.
func (b *Block) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.paused {
		return b.o.Out.Write(p)
	}
	b.text = append(b.text, p...)
	if bytes.IndexByte(p, '\n') >= 0 {
		b.print(b.drawn)
	}
	return len(p), nil
}

// redraw draws the block until its end.
func (b *Block) redraw() {
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		b.mu.Lock()
		if width, height := b.o.Size(); !b.paused {
			b.print(b.render(b.o.Now(), width, height))
		}
		b.mu.Unlock()
		select {
		case <-tick.C:
		case <-b.life.Done():
			return
		}
	}
}

const (
	clearBelow = "\x1b[J"
	clearRight = "\x1b[K"
)

// print replaces the block by these lines, below the lines of text that are complete. It is
// one write, so that a terminal shows no half of it. It ignores errors: the terminal may be
// gone, and the drill goes on.
func (b *Block) print(lines []string) {
	width, _ := b.o.Size()
	var out strings.Builder
	if rows := rowsOf(b.drawn, b.width, width); rows > 0 {
		out.WriteString("\r")
		if rows > 1 {
			out.WriteString(ansi.CursorUp(rows - 1))
		}
	}
	if whole, rest, found := cutLast(b.text); found {
		out.WriteString(clearBelow + whole + "\n")
		b.text = rest
	}
	for i, line := range lines {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(line + clearRight)
	}
	if len(b.drawn) > 0 {
		out.WriteString(clearBelow)
	}
	b.drawn, b.width = lines, width
	if out.Len() > 0 {
		_, _ = io.WriteString(b.o.Out, out.String())
	}
}

// rowsOf returns how many rows lines take on a terminal that has become narrower: terminals
// wrap what was drawn before.
func rowsOf(lines []string, before, now int) (rows int) {
	if now >= before || now <= 0 {
		return len(lines)
	}
	for _, line := range lines {
		rows += max(1, (ansi.StringWidth(line)+now-1)/now)
	}
	return rows
}

type blockObserver struct {
	b *Block
	d *shown
}

func (o blockObserver) stage(name outcome.Stage) *stage {
	i := slices.IndexFunc(o.d.stages, func(s stage) bool { return s.name == name })
	return &o.d.stages[i]
}

func (o blockObserver) Started(name outcome.Stage) {
	o.b.mu.Lock()
	defer o.b.mu.Unlock()
	o.stage(name).began = o.b.o.Now()
}

func (o blockObserver) Progressed(name outcome.Stage, done, total int64) {
	o.b.mu.Lock()
	defer o.b.mu.Unlock()
	s := o.stage(name)
	s.done, s.total = done, total
	if name == outcome.Fetch {
		o.d.size = max(done, total)
	}
}

func (o blockObserver) Ended(r outcome.StageReport, f *outcome.Failure) {
	o.b.mu.Lock()
	defer o.b.mu.Unlock()
	s := o.stage(r.Stage)
	s.status, s.seconds, s.reason = r.Status, r.Seconds, r.Reason
	if r.Status == outcome.StageFailed {
		s.code = f.Code
	}
}
