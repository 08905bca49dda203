package evidence

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/origin"
	"github.com/drillgres/drillgres/drill/outcome"
)

// SchemaVersion is the version of Record. It only grows.
const SchemaVersion = 1

// Record is what the evidence of one drill states: the predicate of its statement. The
// complete result is in result.json, whose hash the record names.
type Record struct {
	SchemaVersion int    `json:"schema_version"`
	Database      string `json:"database"`
	RunID         string `json:"run_id"`
	Drillgres     string `json:"drillgres"` // version of drillgres

	Number   int    `json:"number"`   // in the chain of the database, from 1
	Previous []Link `json:"previous"` // the records that ended the chain when this one was written: one, none for the first record, or several after drills at the same time; and damaged ones that no record names

	StartedAt  time.Time              `json:"started_at"`
	FinishedAt time.Time              `json:"finished_at"`
	RecordedAt time.Time              `json:"recorded_at"` // when this record was written; as all its times, by the clock of the machine that drilled
	Verdict    outcome.Verdict        `json:"verdict"`
	Failure    *outcome.FailureReport `json:"failure"`
	Findings   []outcome.Finding      `json:"findings"`

	Origin       origin.Origin `json:"origin"`
	Owner        string        `json:"owner"`         // of the system and its data: evidence.owner
	ConfigSHA256 string        `json:"config_sha256"` // of the config file

	Backup     outcome.Backup    `json:"backup"`
	Postgres   outcome.Postgres  `json:"postgres"`
	Images     []Image           `json:"images"` // of all containers
	Isolation  outcome.Isolation `json:"isolation"`
	Targets    []Target          `json:"targets"`
	Stages     []Stage           `json:"stages"`
	Checks     []outcome.Check   `json:"checks"`
	NotProved  []string          `json:"not_proved"`
	Destroyed  Destruction       `json:"destroyed"`
	Controls   []string          `json:"controls"`   // of frameworks, to which this drill belongs: evidence.controls
	Exceptions []Exception       `json:"exceptions"` // accepted risks of the database
	SignOff    []SignOff         `json:"sign_off"`   // is left blank for a person

	RetainUntil time.Time `json:"retain_until,omitzero"` // zero: no retention is configured
	Lock        string    `json:"lock"`                  // how the store keeps the files until then: GOVERNANCE, COMPLIANCE; none: it does not; unknown

	Files map[string]string `json:"files"` // SHA-256 of the other files of the folder, by name
}

// Link names an earlier record. A damaged one is named by the bytes that it has now, so that
// moving it away leaves a trace; it has no number, and no hash if it could not be read.
type Link struct {
	RunID       string    `json:"run_id"`
	Number      int       `json:"number"`
	SHA256      string    `json:"sha256"` // of its statement.json
	RetainUntil time.Time `json:"retain_until,omitzero"`
	Damaged     bool      `json:"damaged,omitzero"`
}

// Image is the image of a container.
type Image struct {
	Of     string `json:"of"` // postgres, app, migrate, or the name of a service
	Name   string `json:"name"`
	Digest string `json:"digest"` // empty: unknown
}

// Target compares what was promised with what was measured, in seconds; null: no target is
// configured, nothing was measured, or the drill ended before it could tell. The RPO is that
// of the newest backup, when the drill began: a backup named by hand has no target.
type Target struct {
	Name     string   `json:"name"`    // rpo, recovery, restore or total
	Setting  string   `json:"setting"` // key of the config that sets the target
	Target   *float64 `json:"target_seconds"`
	Measured *float64 `json:"measured_seconds"`
	Margin   *float64 `json:"margin_seconds"` // target minus measured
	Met      *bool    `json:"met"`
}

// Stage is how one stage ended.
type Stage struct {
	Stage   outcome.Stage  `json:"stage"`
	Status  outcome.Status `json:"status"`
	Seconds float64        `json:"seconds"`
}

// Destruction says what became of the restored data.
type Destruction struct {
	Restored  bool      `json:"restored"`  // data was restored, at least in part
	Destroyed bool      `json:"destroyed"` // nothing of the sandbox and the files of the run is left
	At        time.Time `json:"at,omitzero"`
	Kept      bool      `json:"kept"`      // the sandbox was kept on request
	Leftovers []string  `json:"leftovers"` // what could not be removed
}

// Exception is an accepted risk.
type Exception struct {
	Code    string `json:"code"` // of a failure or a finding
	Reason  string `json:"reason"`
	Owner   string `json:"owner"`
	Until   string `json:"until"`    // last day, as YYYY-MM-DD in UTC
	InForce bool   `json:"in_force"` // that day had not passed when the drill ended
	Applies bool   `json:"applies"`  // the drill reported the code
}

// SignOff is a line for a person to sign.
type SignOff struct {
	Name string `json:"name"`
	Role string `json:"role"`
	Date string `json:"date"`
}

// Context holds what the evidence of a database states besides the result of a drill.
type Context struct {
	Origin       origin.Origin
	Owner        string
	ConfigSHA256 string
	Images       []Image // of the containers besides Postgres
	Controls     []string
	Exceptions   []Exception // without InForce and Applies

	Targets fleet.Targets
	Retain  time.Duration // 0: none
	Kept    bool          // the sandbox is kept
}

// dayFormat is the format of Exception.Until.
const dayFormat = time.DateOnly

// recordOf returns the record of a drill, without its place in the chain, its files and its
// lock.
func recordOf(r outcome.Result, c Context, now time.Time) Record {
	return Record{
		SchemaVersion: SchemaVersion, Database: r.Database, RunID: r.RunID, Drillgres: r.Drillgres,
		StartedAt: r.StartedAt.UTC(), FinishedAt: r.FinishedAt.UTC(), RecordedAt: now.UTC(),
		Verdict: r.Verdict, Failure: r.Failure, Findings: list(r.Findings),
		Origin: c.Origin, Owner: c.Owner, ConfigSHA256: c.ConfigSHA256,
		Backup: r.Backup, Postgres: r.Postgres, Images: imagesOf(r, c), Isolation: r.Isolation,
		Targets: targetsOf(r, c), Stages: stagesOf(r), Checks: list(r.Checks), NotProved: list(r.Integrity.NotProved),
		Destroyed: destructionOf(r, c), Controls: list(c.Controls), Exceptions: exceptionsOf(r, c),
		SignOff: []SignOff{{}}, RetainUntil: retainUntil(r, c), Lock: lockNone,
	}
}

// list returns a list that is [] in JSON if it is empty.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func retainUntil(r outcome.Result, c Context) time.Time {
	if c.Retain <= 0 {
		return time.Time{}
	}
	return r.FinishedAt.Add(c.Retain).UTC().Truncate(time.Second).Add(time.Second) // object lock has whole seconds
}

func imagesOf(r outcome.Result, c Context) []Image {
	images := []Image{{Of: "postgres", Name: r.Postgres.Image, Digest: r.Postgres.Digest}}
	for _, i := range c.Images {
		switch {
		case i.Digest != "":
		case i.Of == "migrate" && r.Migration != nil && r.Migration.Image == i.Name:
			i.Digest = r.Migration.Digest
		case i.Of == "candidate" && r.Gate != nil && r.Gate.Candidate == i.Name:
			i.Digest = r.Gate.CandidateDigest
		}
		images = append(images, i)
	}
	return images
}

func stagesOf(r outcome.Result) []Stage {
	stages := make([]Stage, 0, len(r.Stages))
	for _, s := range r.Stages {
		stages = append(stages, Stage{s.Stage, s.Status, s.Seconds})
	}
	return stages
}

// reached reports whether a stage began.
func reached(r outcome.Result, stage outcome.Stage) bool {
	return slices.ContainsFunc(r.Stages, func(s outcome.StageReport) bool {
		return s.Stage == stage && (s.Status == outcome.StagePassed || s.Status == outcome.StageFailed)
	})
}

func destructionOf(r outcome.Result, c Context) Destruction {
	d := Destruction{Restored: reached(r, outcome.Restore), Kept: c.Kept, Leftovers: list(r.Leftovers)}
	if d.Destroyed = !c.Kept && len(r.Leftovers) == 0; d.Destroyed {
		d.At = r.FinishedAt.UTC() // clean-up precedes the end of a drill
	}
	return d
}

func targetsOf(r outcome.Result, c Context) []Target {
	var targets []Target
	for _, o := range fleet.ObjectivesOf(r, c.Targets) {
		t := Target{Name: o.Name, Setting: o.Setting, Target: secondsOf(o.Target), Measured: secondsOf(o.Measured)}
		if o.Judged {
			margin, met := (o.Target - o.Measured).Seconds(), o.Met()
			t.Margin, t.Met = &margin, &met
		}
		targets = append(targets, t)
	}
	return targets
}

// secondsOf returns a duration in seconds, or nil if it is 0.
func secondsOf(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	seconds := d.Seconds()
	return &seconds
}

func exceptionsOf(r outcome.Result, c Context) []Exception {
	all := make([]Exception, 0, len(c.Exceptions))
	for _, e := range c.Exceptions {
		last, err := time.Parse(dayFormat, e.Until)
		e.InForce = err == nil && r.FinishedAt.Before(last.AddDate(0, 0, 1))
		e.Applies = r.Failure != nil && string(r.Failure.Code) == e.Code ||
			slices.ContainsFunc(r.Findings, func(f outcome.Finding) bool { return f.Code == e.Code })
		all = append(all, e)
	}
	return all
}
