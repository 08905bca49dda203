package notify

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// run is one run in a sequence: "hours outcome [lost]", where outcome is passed or a
// code, and lost means that the receiver does not answer. Other words are killed (after the
// message, before it is recorded), unknown (the history does not answer), unrecorded, unsent
// (but recorded), check, gate, named and warns:CODE.
func played(t *testing.T, on []string, alerts config.Alerts, runs []string) (told []string) {
	t.Helper()
	hears := (&config.Receiver{On: on}).Hears
	notices := map[outcome.Kind]record.Notice{}
	for i, text := range runs {
		var hours float64
		var what string
		if _, err := fmt.Sscan(text, &hours, &what); err != nil {
			t.Fatal(err)
		}
		now := monday.Add(time.Duration(hours * float64(time.Hour)))
		r := outcome.Result{Kind: outcome.KindDrill, Database: "shop", RunID: fmt.Sprint("run", i), Verdict: outcome.VerdictPassed}
		if strings.Contains(text, "check") {
			r.Kind = outcome.KindCheck
		}
		if strings.Contains(text, "gate") {
			r.Gate = &outcome.Gate{Decision: outcome.NoGo}
		}
		if strings.Contains(text, "named") {
			r.Backup.Chosen = outcome.ChosenKey
		}
		if strings.Contains(text, "unrecorded") || strings.Contains(text, "unsent") {
			r.TellErrors = []string{"the disk is full"}
		}
		for _, word := range strings.Fields(text) {
			if code, warns := strings.CutPrefix(word, "warns:"); warns {
				r.Findings = append(r.Findings, outcome.Finding{Code: code, Message: "because"})
			}
		}
		if what != "passed" {
			f := outcome.Fail(outcome.Code(what), "because")
			r.Failure, r.Verdict = f.Report(), f.Class().Verdict()
		}
		was := notices[r.Kind]
		if strings.Contains(text, "unknown") {
			was = record.Notice{}
		}
		d := Decide(was, r, now, Policy{Alerts: alerts, Hears: hears, Known: !strings.Contains(text, "unknown"), Recorded: strings.Contains(text, "unsent")})
		var err error
		if strings.Contains(text, "killed") { // before the message is known to be sent
			if notices[r.Kind], _ = d.before(was); d.Event != "" {
				told = append(told, string(d.Event)+" KILLED")
				continue
			}
		}
		if strings.Contains(text, "lost") && d.Event != "" {
			err = errors.New("no answer")
		}
		next, changed := d.after(was, err)
		if changed {
			notices[r.Kind] = next
		}
		word := string(d.Event)
		for _, flag := range []struct {
			text string
			set  bool
		}{{" again", d.Reminder}, {" escalated", d.Escalated && d.Event != ""}, {" missed " + string(d.Missed), d.Missed != ""}, {" LOST", err != nil}} {
			if flag.set {
				word += flag.text
			}
		}
		told = append(told, word)
	}
	return told
}

// TestPolicy plays sequences of drills and checks.
func TestPolicy(t *testing.T) {
	nightly := func(outcomes ...string) (runs []string) {
		for i, o := range outcomes {
			runs = append(runs, fmt.Sprint(24*i, " ", o))
		}
		return runs
	}
	standard := config.Alerts{Remind: config.Duration(24 * time.Hour), UnprovedAfter: 2}
	all := []string{"failed", "unproved", "over_budget", "recovered", "passed"}
	for name, c := range map[string]struct {
		on     []string
		alerts config.Alerts
		runs   []string
		want   []string
	}{
		"quiet success": {nil, standard, nightly("passed", "passed"), []string{"", ""}},
		"days of failing": {
			nil, standard, nightly("dump_truncated", "dump_truncated", "dump_truncated", "passed", "passed"),
			[]string{"failed", "failed again", "failed again", "recovered", ""},
		},
		"no reminder before its time": {
			nil, standard,
			[]string{"0 dump_truncated", "1 dump_truncated", "21 dump_truncated", "22 dump_truncated", "23 dump_truncated", "44 dump_truncated"},
			[]string{"failed", "", "", "failed again", "", "failed again"},
		},
		"a nightly run that is some minutes early": {nil, standard, []string{"0 dump_truncated", "23.9 dump_truncated"}, []string{"failed", "failed again"}},
		"no reminders at all":                      {nil, config.Alerts{}, nightly("dump_truncated", "dump_truncated", "passed"), []string{"failed", "", "recovered"}},
		"codes that flap": {
			nil,
			config.Alerts{},
			nightly("dump_truncated", "dump_corrupt", "dump_truncated", "dump_truncated", "passed"),
			[]string{"failed", "failed", "failed", "", "recovered"},
		},
		"passes and failures that flap": {
			nil, standard,
			[]string{"0 dump_truncated", "1 passed", "2 dump_truncated", "3 passed"},
			[]string{"failed", "recovered", "failed", "recovered"},
		},
		"unproved nights escalate": {
			nil, standard, nightly("engine_unreachable", "engine_unreachable", "engine_unreachable", "passed"),
			[]string{"unproved", "unproved escalated", "unproved again escalated", "recovered"},
		},
		"a pager hears of unproved nights when they count as failed": {
			[]string{"failed"},
			config.Alerts{UnprovedAfter: 3},
			nightly("engine_unreachable", "key_missing", "engine_unreachable", "engine_unreachable", "passed"),
			[]string{"", "", "unproved escalated", "", ""},
		},
		"a pass in between ends the count": {
			[]string{"failed"}, standard, nightly("engine_unreachable", "passed", "engine_unreachable"), []string{"", "", ""},
		},
		"a failure ends the count, too": {
			[]string{"failed"}, standard, nightly("engine_unreachable", "dump_truncated", "engine_unreachable"), []string{"", "failed", ""},
		},
		"never escalates":          {[]string{"failed"}, config.Alerts{}, nightly("engine_unreachable", "engine_unreachable", "engine_unreachable"), []string{"", "", ""}},
		"over budget":              {nil, standard, nightly("over_budget", "over_budget", "passed"), []string{"over_budget", "over_budget again", "recovered"}},
		"over budget is not heard": {[]string{"failed", "recovered"}, standard, nightly("over_budget", "passed"), []string{"", ""}},
		"a restore that does not end": {
			[]string{"failed", "recovered"}, standard, nightly("restore_timeout", "restore_timeout", "passed"), []string{"failed", "failed again", "recovered"},
		},
		"each pass is heard": {all, standard, nightly("passed", "dump_truncated", "passed", "passed"), []string{"passed", "failed", "recovered", "passed"}},
		"passed without recovered": {
			[]string{"failed", "passed"}, standard, nightly("dump_truncated", "passed"), []string{"failed", "passed"},
		},
		"an interruption is not told, and changes nothing": {
			nil,
			config.Alerts{Remind: standard.Remind, UnprovedAfter: 9},
			[]string{"0 dump_truncated", "1 interrupted", "2 dump_truncated", "3 passed", "4 interrupted", "5 passed"},
			[]string{"failed", "", "", "recovered", "", ""},
		},
		"nights that are always interrupted escalate": {nil, standard, nightly("interrupted", "interrupted"), []string{"", "unproved escalated"}},
		"a receiver that does not answer is told by the next run": {
			nil,
			config.Alerts{},
			[]string{"0 dump_truncated lost", "1 dump_truncated lost", "2 dump_truncated", "3 dump_truncated"},
			[]string{"failed LOST", "failed LOST", "failed", ""},
		},
		"a failure that was never told is told with the recovery": {
			[]string{"failed"},
			standard,
			[]string{"0 dump_truncated lost", "24 passed lost", "48 passed", "72 passed"},
			[]string{"failed LOST", "recovered missed dump_truncated LOST", "recovered missed dump_truncated", ""},
		},
		"a recovery that was not delivered is told later": {
			nil, standard,
			[]string{"0 dump_truncated", "24 passed lost", "48 passed", "72 passed"},
			[]string{"failed", "recovered LOST", "recovered", ""},
		},
		"a failure after a recovery that was not delivered": {
			nil, standard,
			[]string{"0 dump_truncated", "24 passed lost", "48 dump_truncated"},
			[]string{"failed", "recovered LOST", "failed again"},
		},
		"a lost reminder is not a missed failure": {
			[]string{"failed"},
			standard,
			[]string{"0 dump_truncated", "24 dump_truncated lost", "48 passed"},
			[]string{"failed", "failed again LOST", ""},
		},
		"a failure that was never told is told with another one": {
			[]string{"failed"},
			standard,
			nightly("dump_truncated lost", "engine_unreachable", "passed", "passed"),
			[]string{"failed LOST", "unproved missed dump_truncated", "", ""},
		},
		"so it is to a receiver of all problems": {
			nil, standard,
			nightly("dump_truncated lost", "over_budget", "passed", "passed"),
			[]string{"failed LOST", "over_budget missed dump_truncated", "recovered", ""},
		},
		"the worse of two that were never told is told": {
			[]string{"failed"},
			standard,
			[]string{"0 engine_unreachable", "24 engine_unreachable lost", "48 dump_truncated lost", "72 dump_corrupt lost", "96 passed"},
			[]string{"", "unproved escalated LOST", "failed missed engine_unreachable LOST", "failed missed engine_unreachable LOST", "recovered missed engine_unreachable"},
		},
		"a failure is worse than what is not known": {
			nil,
			config.Alerts{},
			nightly("engine_unreachable lost", "dump_truncated lost", "passed"),
			[]string{"unproved LOST", "failed missed engine_unreachable LOST", "recovered missed dump_truncated"},
		},
		"an interruption does not forget it": {
			nil, standard,
			[]string{"0 dump_truncated lost", "24 interrupted", "25 passed"},
			[]string{"failed LOST", "", "recovered missed dump_truncated"},
		},
		"it failed again before its recovery was told": {
			[]string{"failed"},
			standard,
			nightly("dump_truncated lost", "passed lost", "dump_truncated", "passed"),
			[]string{"failed LOST", "recovered missed dump_truncated LOST", "failed", ""},
		},
		"killed after a failure was sent": {
			nil, standard,
			nightly("dump_truncated killed", "passed", "passed"),
			[]string{"failed KILLED", "recovered missed dump_truncated", ""},
		},
		"nothing is known of the past": {
			[]string{"failed"},
			standard,
			[]string{"0 engine_unreachable unknown", "1 interrupted unknown", "2 dump_truncated unknown"},
			[]string{"unproved escalated", "", "failed"},
		},
		"nothing is known, and nothing escalates": {[]string{"failed"}, config.Alerts{}, []string{"0 engine_unreachable unknown"}, []string{""}},
		"a drill that passed and was not recorded": {
			nil, standard,
			nightly("passed unrecorded", "passed unrecorded", "passed", "passed"),
			[]string{"unproved", "unproved again", "recovered", ""},
		},
		"a drill that passed and was recorded, but not sent on": {
			nil, standard,
			nightly("dump_truncated", "passed unsent", "passed unsent"),
			[]string{"failed", "recovered", ""},
		},
		"it wakes nobody": {
			[]string{"failed"},
			standard,
			nightly("passed unrecorded", "passed unrecorded unknown", "passed unrecorded"),
			[]string{"", "", ""},
		},
		"a warning is sent once, and again if there are others": {
			nil, standard,
			[]string{
				"0 passed check warns:credentials_expire", "24 passed check warns:credentials_expire", "48 passed check warns:credentials_expire warns:bucket_public",
				"72 passed check warns:bucket_public warns:credentials_expire warns:bucket_unlocked", "96 passed check", "120 passed check warns:credentials_expire",
			},
			[]string{"warning", "", "warning", "", "", "warning"},
		},
		"a warning that was lost is sent by the next run": {
			nil, standard,
			[]string{"0 passed check warns:bucket_public lost", "24 passed check warns:bucket_public", "48 passed check warns:bucket_public"},
			[]string{"warning LOST", "warning", ""},
		},
		"a failure hides a warning, and does not send it again": {
			nil, standard,
			[]string{
				"0 passed check warns:bucket_public", "24 backup_stale check warns:bucket_public", "48 passed check warns:bucket_public", "72 passed check warns:bucket_public",
			},
			[]string{"warning", "failed", "recovered", ""},
		},
		"a new warning waits for the recovery": {
			nil, standard,
			[]string{"0 backup_stale check", "24 passed check warns:bucket_public", "48 passed check warns:bucket_public", "72 passed check warns:bucket_public"},
			[]string{"failed", "recovered", "warning", ""},
		},
		"a warning is not wanted":   {[]string{"failed"}, standard, nightly("passed warns:bucket_public", "passed warns:bucket_public"), []string{"", ""}},
		"another finding is silent": {nil, standard, nightly("passed warns:bucket_unlocked"), []string{""}},
		"passes are wanted, too": {
			[]string{"warning", "passed"},
			standard,
			nightly("passed warns:bucket_public", "passed warns:bucket_public"),
			[]string{"warning", "passed"},
		},
		"the clock was a year ahead": {
			nil, standard,
			[]string{"8760 dump_truncated", "0 dump_truncated", "1 dump_truncated", "24 dump_truncated"},
			[]string{"failed", "failed again", "", "failed again"},
		},
		"the clock jumps ahead": {nil, standard, []string{"0 dump_truncated", "8760 dump_truncated", "8761 dump_truncated"}, []string{"failed", "failed again", ""}},
		"a check and a drill are separate conditions": {
			nil,
			config.Alerts{},
			[]string{"0 passed", "6 backup_stale check", "24 passed", "30 backup_stale check", "48 dump_truncated", "54 passed check", "72 passed"},
			[]string{"", "failed", "", "", "failed", "recovered", "recovered"},
		},
		"a release changes no state": {
			nil,
			config.Alerts{},
			[]string{"0 dump_truncated", "1 dump_truncated gate", "2 passed gate", "3 dump_truncated", "4 passed", "5 app_not_ready gate", "6 passed"},
			[]string{"failed", "failed", "", "", "recovered", "failed", ""},
		},
		"a backup named by hand changes no state": {
			nil,
			config.Alerts{},
			[]string{"0 dump_truncated", "1 passed named", "2 dump_truncated", "3 passed", "4 dump_truncated named", "5 passed"},
			[]string{"failed", "", "", "recovered", "failed", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, played(t, c.on, c.alerts, c.runs)); diff != "" {
				t.Errorf("%q\n%s", c.runs, diff)
			}
		})
	}
}

// TestToldOnce checks that a run that is told twice is told once.
func TestToldOnce(t *testing.T) {
	f := outcome.Fail(outcome.DumpTruncated, "because")
	r := outcome.Result{Kind: outcome.KindDrill, RunID: "a", Failure: f.Report(), Verdict: outcome.VerdictFailed}
	hears := (&config.Receiver{On: []string{"failed"}}).Hears
	d := Decide(record.Notice{}, r, monday, Policy{Hears: hears, Known: true})
	next, _ := d.after(record.Notice{}, nil)
	if again := Decide(next, r, monday.Add(48*time.Hour), Policy{Alerts: config.Alerts{Remind: 1}, Hears: hears, Known: true}); d.Event != outcome.EventFailed || again.Event != "" {
		t.Errorf("first %q, then %q", d.Event, again.Event)
	}
}

// TestSoundRunsRecordNothing checks that a check of a sound database needs no permission
// to write the history.
func TestSoundRunsRecordNothing(t *testing.T) {
	r := outcome.Result{Kind: outcome.KindCheck, RunID: "a", Verdict: outcome.VerdictUnproved}
	if _, changed := Decide(record.Notice{}, r, monday, Policy{Hears: (&config.Receiver{}).Hears, Known: true}).after(record.Notice{}, nil); changed {
		t.Error("it is recorded")
	}
}
