package evidence

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Kind is a kind of problem.
type Kind string

// The kinds of problems.
const (
	SignatureInvalid Kind = "signature_invalid" // the record, or the test result, was changed after it was signed
	KeyUnknown       Kind = "key_unknown"       // it is signed with a key that was not given
	Malformed        Kind = "malformed"         // it is not a record
	Misplaced        Kind = "misplaced"         // it is the record of another run or database
	FileChanged      Kind = "file_changed"      // a file is not the one that the record names
	FileMissing      Kind = "file_missing"      // a file that the record names, or the record itself, is missing
	FileUnexpected   Kind = "file_unexpected"   // a file that the record does not name
	RecordMissing    Kind = "record_missing"    // a record that a later one names is missing
	RecordReplaced   Kind = "record_replaced"   // a record is not the one that a later one names
	AnchorMissing    Kind = "anchor_missing"    // no record has a hash that must be there
	DrillMissing     Kind = "drill_missing"     // a drill in the history has no record
	BackupUnknown    Kind = "backup_unknown"    // no record is about the bytes of the backup
	Unreadable       Kind = "unreadable"        // a file could not be read, so it is not verified
)

// Problem is a reason why evidence is not valid.
type Problem struct {
	Kind    Kind   `json:"kind"`
	RunID   string `json:"run_id"` // empty: it is about no single record
	File    string `json:"file"`
	Message string `json:"message"`
}

// Report is what Verify found.
type Report struct {
	SchemaVersion int       `json:"schema_version"`
	Place         string    `json:"place"`
	Valid         bool      `json:"valid"`
	Keys          []string  `json:"keys"` // ids of the keys that signed valid records
	Chains        []Chain   `json:"chains"`
	Backup        []Ref     `json:"backup"`   // valid records about the backup that was asked for
	Problems      []Problem `json:"problems"` // that are about no database
	Proved        []string  `json:"proved"`
	NotProved     []string  `json:"not_proved"`

	unseen []string // drills of the history that need no record, in words
}

// Unread reports whether nothing is wrong but that files could not be read.
func (r Report) Unread() bool {
	problems := slices.Clone(r.Problems)
	for _, c := range r.Chains {
		problems = append(problems, c.Problems...)
	}
	return len(problems) > 0 && !slices.ContainsFunc(problems, func(p Problem) bool { return p.Kind != Unreadable })
}

// Ref names a valid record.
type Ref struct {
	Database   string          `json:"database"`
	RunID      string          `json:"run_id"`
	Number     int             `json:"number"`
	SHA256     string          `json:"sha256"` // of its statement.json
	FinishedAt time.Time       `json:"finished_at"`
	Verdict    outcome.Verdict `json:"verdict"`
	Code       outcome.Code    `json:"code"`
	KeyID      string          `json:"key_id"`
	Objects    int             `json:"objects,omitempty"` // of the backup; only in Report.Backup, where one of them was compared
}

// Chain is the evidence of one database.
type Chain struct {
	Database   string    `json:"database"`
	Records    []Ref     `json:"records"` // valid ones, in the order of the chain
	Ends       []Ref     `json:"ends"`    // records that no other one names: usually the last one
	Passed     int       `json:"passed"`
	Failed     int       `json:"failed"`
	Unproved   int       `json:"unproved"`
	Forks      []string  `json:"forks"`      // drills at the same time, in words
	Expired    int       `json:"expired"`    // records that are named, missing, and whose retention is over
	Unfinished []string  `json:"unfinished"` // runs whose folder has no record, and that no record names
	Problems   []Problem `json:"problems"`
	Alone      bool      `json:"alone"` // only one folder was given, so its place in the chain is not verified

	inside    bool     // the place is the folder of the database, or of a drill
	unnamed   []string // what the name of the place does not show, in words
	truncated bool     // the first record that is left is not the first one
	between   []string // runs whose records expired, although older ones are there
	restarts  []string // runs that began a chain after another had begun
	damaged   []string // records that were damaged when a later one named them, in words
}
