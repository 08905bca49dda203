package evidence

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// The types of an in-toto statement
// (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) and of its
// predicates: the record of a drill, and the generic result of a test.
const (
	StatementType  = "https://in-toto.io/Statement/v1"
	DrillType      = "https://github.com/drillgres/drillgres/drill/v1"
	TestResultType = "https://in-toto.io/attestation/test-result/v0.1"
)

// statement is an in-toto statement with one predicate.
type statement[P any] struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     P         `json:"predicate"`
}

// Subject is what a statement is about. Digest is by algorithm: sha256, or dirHash of a
// directory, which is the sha256 of the output of sha256sum for its files, sorted by name.
type Subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// testResult is the predicate of TestResultType.
type testResult struct {
	Result        string    `json:"result"`        // PASSED; FAILED; WARNED if the backup was verified and something else failed
	Configuration []Subject `json:"configuration"` // the config, and the images
	URL           string    `json:"url,omitempty"` // of the CI run
	Passed        []string  `json:"passedTests"`
	Warned        []string  `json:"warnedTests"`
	Failed        []string  `json:"failedTests"`
}

// subjectsOf returns the objects of the backup, as far as their bytes are known.
func subjectsOf(b outcome.Backup) (subjects []Subject) {
	parts := b.Parts
	if len(parts) == 0 {
		parts = []outcome.Part{{URI: b.URI, SHA256: b.SHA256}}
	}
	for i, p := range parts {
		if p.SHA256 == "" {
			continue
		}
		algorithm := "sha256"
		packed := slices.Contains(b.Layers, "tar") || slices.Contains(b.Layers, "zip")
		if b.Format == "directory" && !packed && i == len(parts)-1 {
			algorithm = "dirHash"
		}
		subjects = append(subjects, Subject{Name: p.URI, Digest: map[string]string{algorithm: p.SHA256}})
	}
	return subjects
}

// testStatement returns the generic statement about a drill, or false if there is nothing to
// state: an unproved drill has no result, and a drill that read no backup has no subject.
func testStatement(rec Record) (statement[testResult], bool) {
	result := map[outcome.Verdict]string{outcome.VerdictPassed: "PASSED", outcome.VerdictFailed: "FAILED"}[rec.Verdict]
	subjects := subjectsOf(rec.Backup)
	if result == "" || len(subjects) == 0 {
		return statement[testResult]{}, false
	}
	t := testResult{Result: result, URL: rec.Origin.RunURL, Configuration: []Subject{}, Passed: []string{}, Warned: []string{}, Failed: []string{}}
	if rec.ConfigSHA256 != "" {
		t.Configuration = append(t.Configuration, Subject{Name: "config", Digest: map[string]string{"sha256": rec.ConfigSHA256}})
	}
	for _, i := range rec.Images {
		if algorithm, digest, ok := cutDigest(i.Digest); ok {
			t.Configuration = append(t.Configuration, Subject{Name: i.Name, Digest: map[string]string{algorithm: digest}})
		}
	}
	for _, s := range rec.Stages {
		t.add(string(s.Stage), s.Status == outcome.StagePassed, s.Status == outcome.StageFailed, false)
	}
	for _, c := range rec.Checks {
		t.add(fmt.Sprintf("%s: %s", c.Stage, c.Name), c.Status == outcome.CheckPassed, c.Status == outcome.CheckFailed, c.Status == outcome.CheckUnknown)
	}
	if rec.Failure != nil {
		t.fail(rec.Failure.Code)
	}
	return statement[testResult]{Type: StatementType, Subject: subjects, PredicateType: TestResultType, Predicate: t}, true
}

// fail adds the code of a failure. One that says nothing against the backup, which is the
// subject, is a warning, with everything that failed.
func (t *testResult) fail(code outcome.Code) {
	t.Failed = append(t.Failed, string(code))
	if outcome.AfterVerified(code) {
		t.Result = "WARNED"
		t.Warned, t.Failed = append(t.Warned, t.Failed...), []string{}
	}
}

// add adds a test to the list to which it belongs. One that was not carried out is in none.
func (t *testResult) add(name string, passed, failed, unknown bool) {
	switch {
	case passed:
		t.Passed = append(t.Passed, name)
	case failed:
		t.Failed = append(t.Failed, name)
	case unknown:
		t.Warned = append(t.Warned, name)
	}
}

// drillStatement returns the statement with the record of a drill. Its subjects are the
// backup and result.json.
func drillStatement(rec Record) statement[Record] {
	subjects := append(subjectsOf(rec.Backup), Subject{Name: ResultFile, Digest: map[string]string{"sha256": rec.Files[ResultFile]}})
	return statement[Record]{Type: StatementType, Subject: subjects, PredicateType: DrillType, Predicate: rec}
}

// parseRecord reads the statement with the record of a drill. It does not check its
// signature.
func parseRecord(payload []byte) (statement[Record], error) {
	var s statement[Record]
	if err := json.Unmarshal(payload, &s); err != nil {
		return s, fmt.Errorf("it is not a statement of drillgres: %w", err)
	}
	switch {
	case s.Type != StatementType || s.PredicateType != DrillType:
		return s, fmt.Errorf("it is a statement of another kind (%q, want %q)", words.Printable(s.PredicateType, longestID), DrillType)
	case s.Predicate.SchemaVersion > SchemaVersion:
		return s, fmt.Errorf("a newer drillgres wrote it (records of version %d, this one knows %d)", s.Predicate.SchemaVersion, SchemaVersion)
	case s.Predicate.Number < 1 || s.Predicate.Number > maxNumber:
		return s, fmt.Errorf("its number is %d", s.Predicate.Number)
	}
	return s, nil
}
