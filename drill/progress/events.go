package progress

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// The kinds of events.
const (
	EventStarted  = "started"  // a drill started or, with a stage, that stage
	EventProgress = "progress" // how far the stage is, at most once a second
	EventEnded    = "ended"    // a stage ended, or was skipped
	EventFinished = "finished" // a drill ended
	EventError    = "error"    // the command failed
	EventLog      = "log"      // a line of the log
)

// Event is one JSON line. It only grows: fields are added, never renamed or removed. A log
// event can have further fields.
type Event struct {
	Time        time.Time       `json:"time"`
	Event       string          `json:"event"`
	RunID       string          `json:"run_id,omitempty"`
	Database    string          `json:"database,omitempty"`
	Stage       outcome.Stage   `json:"stage,omitempty"`        // of a finished drill: the one that failed
	Status      outcome.Status  `json:"status,omitempty"`       // of a stage that ended
	Verdict     outcome.Verdict `json:"verdict,omitempty"`      // of a drill that finished
	ExitCode    *int            `json:"exit_code,omitempty"`    // of that drill alone
	Seconds     float64         `json:"seconds,omitempty"`      // since the stage started; of a finished drill: in all
	DoneBytes   int64           `json:"done_bytes,omitempty"`   // fetch: of the backup; restore: of the database
	TotalBytes  int64           `json:"total_bytes,omitempty"`  // absent if unknown
	DoneTables  int64           `json:"done_tables,omitempty"`  // verify
	TotalTables int64           `json:"total_tables,omitempty"` // verify
	Code        outcome.Code    `json:"code,omitempty"`         // of a failure
	Class       outcome.Class   `json:"class,omitempty"`        // whose fault it is
	Message     string          `json:"message,omitempty"`      // of a failure or of the log; the reason of a skipped stage
	Hint        string          `json:"hint,omitempty"`         // what to do
	Level       string          `json:"level,omitempty"`        // of the log: INFO, WARN or ERROR
}

// Events writes events as JSON lines. It is also a writer, whose lines of text become events of
// the log, so that nothing breaks the JSON.
type Events struct {
	now func() time.Time

	mu   sync.Mutex
	out  *json.Encoder
	text []byte // of a line that has not ended
}

var (
	_ Display   = (*Events)(nil)
	_ io.Writer = (*Events)(nil)
)

// NewEvents returns what writes events to out.
func NewEvents(out io.Writer, now func() time.Time) *Events {
	e := &Events{now: now, out: json.NewEncoder(out)}
	e.out.SetEscapeHTML(false)
	return e
}

// emit writes an event. It ignores errors, because stderr may be closed.
func (e *Events) emit(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ev.Time = e.now().UTC()
	_ = e.out.Encode(ev)
}

// Error writes the failure of a command.
func (e *Events) Error(f *outcome.Failure) {
	e.emit(Event{Event: EventError, Code: f.Code, Class: f.Class(), Message: f.Error(), Hint: f.Remedy()})
}

// Write writes each line of text as an event of the log. It never fails.
func (e *Events) Write(p []byte) (int, error) {
	e.mu.Lock()
	e.text = append(e.text, p...)
	whole, rest, found := cutLast(e.text)
	e.text = rest
	e.mu.Unlock()
	if found {
		for line := range strings.SplitSeq(whole, "\n") {
			e.emit(Event{Event: EventLog, Level: slog.LevelInfo.String(), Message: line})
		}
	}
	return len(p), nil
}

// cutLast returns the complete lines of a text, without the last line end, and the rest.
func cutLast(text []byte) (whole string, rest []byte, found bool) {
	i := bytes.LastIndexByte(text, '\n')
	if i < 0 {
		return "", text, false
	}
	return string(text[:i]), append([]byte(nil), text[i+1:]...), true
}

// Handler returns a handler whose records are events of the log. Their attributes become
// fields.
func (e *Events) Handler() slog.Handler {
	options := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch {
		case len(groups) > 0:
		case a.Key == slog.MessageKey:
			a.Key = "message"
		case a.Key == slog.TimeKey:
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
		return a
	}}
	return slog.NewJSONHandler(raw{e}, options).WithAttrs([]slog.Attr{slog.String("event", EventLog)})
}

// raw writes what is JSON already.
type raw struct{ e *Events }

func (r raw) Write(p []byte) (int, error) {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	if err := r.e.out.Encode(json.RawMessage(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Begin writes that a drill started.
func (e *Events) Begin(d Drill) Observer {
	e.emit(Event{Event: EventStarted, RunID: d.RunID, Database: d.Database})
	return &eventObserver{events: e, drill: d}
}

// Finished writes how a drill ended.
func (e *Events) Finished(r outcome.Result) {
	ev := Event{
		Event: EventFinished, RunID: r.RunID, Database: r.Database, Verdict: r.Verdict, ExitCode: &r.ExitCode,
		Seconds: r.Times.Total,
	}
	if f := r.Failure; f != nil {
		ev.Stage, ev.Code, ev.Class, ev.Message, ev.Hint = f.Stage, f.Code, f.Class, f.Message, f.Hint
	}
	e.emit(ev)
}

// Close writes a line of text that has not ended.
func (e *Events) Close() {
	e.mu.Lock()
	unfinished := len(e.text) > 0
	e.mu.Unlock()
	if unfinished {
		_, _ = e.Write([]byte("\n"))
	}
}

// progressEvery is how often a drill's progress is written.
const progressEvery = time.Second

type eventObserver struct {
	events *Events
	drill  Drill

	mu      sync.Mutex // verify reports from several goroutines
	began   time.Time
	written time.Time
}

func (o *eventObserver) emit(ev Event) {
	ev.RunID, ev.Database = o.drill.RunID, o.drill.Database
	o.events.emit(ev)
}

func (o *eventObserver) Started(s outcome.Stage) {
	o.mu.Lock()
	o.began = o.events.now()
	o.written = o.began
	o.mu.Unlock()
	o.emit(Event{Event: EventStarted, Stage: s})
}

func (o *eventObserver) Progressed(s outcome.Stage, done, total int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.events.now()
	if now.Sub(o.written) < progressEvery {
		return
	}
	o.written = now
	ev := Event{Event: EventProgress, Stage: s, Seconds: now.Sub(o.began).Seconds()}
	if inBytes(s) {
		ev.DoneBytes, ev.TotalBytes = done, total
	} else {
		ev.DoneTables, ev.TotalTables = done, total
	}
	o.emit(ev)
}

func (o *eventObserver) Ended(s outcome.StageReport, f *outcome.Failure) {
	ev := Event{Event: EventEnded, Stage: s.Stage, Status: s.Status, Seconds: s.Seconds, Message: s.Reason}
	if s.Status == outcome.StageFailed {
		ev.Code, ev.Class, ev.Message, ev.Hint = f.Code, f.Class(), f.Error(), f.Remedy()
	}
	o.emit(ev)
}
