package config

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drillgres/drillgres/drill/place"
)

// Evidence says where signed evidence of drills is written for an auditor, and what it states.
type Evidence struct {
	// A directory, relative to the config file, or s3://bucket/prefix.
	To Text `yaml:"to" jsonschema:"required"` // once loaded, a path is absolute or relative to the working directory
	// Settings of the object store of s3://bucket/prefix.
	S3 S3 `yaml:"s3"`
	// The key that signs it.
	Sign EvidenceKey `yaml:"sign" jsonschema:"required"`
	// How long a bucket with object lock keeps it; a year has 366 days. Default: no retention.
	Retain Duration `yaml:"retain"`
	// Mode of the object lock: governance (default), or compliance, which nobody can end early.
	Lock string `yaml:"lock" jsonschema:"enum=governance,enum=compliance"`
	// Owner of the system and its data, for the record.
	Owner string `yaml:"owner"`
	// How often a drill of each database is promised to pass. Default: no promise.
	Every Duration `yaml:"every"`
	// Controls of frameworks to which the drills belong, such as soc2:A1.2. An item may be {control: soc2:A1.2, every: 90d}.
	Controls []Control `yaml:"controls"`
	// Accepted risks. They change no verdict.
	Exceptions []AcceptedRisk `yaml:"exceptions"`
}

// EvidenceKey is a private key.
type EvidenceKey struct {
	// Path of the ed25519 key that drillgres evidence keygen wrote, relative to the config file.
	File Text `yaml:"file" jsonschema:"required"` // once loaded, absolute or relative to the working directory
}

// Control is a control of a framework. In the file it may be its name alone.
type Control struct {
	// Name of the control, as FRAMEWORK:CLAUSE.
	Control string `yaml:"control" jsonschema:"required"`
	// How often it demands a drill that passes. Default: evidence.every.
	Every Duration `yaml:"every"`
}

// AcceptedRisk is a failure or a finding that somebody has accepted.
type AcceptedRisk struct {
	// Code of the failure or the finding.
	Code string `yaml:"code" jsonschema:"required"`
	// Last day, as YYYY-MM-DD.
	Until string `yaml:"until" jsonschema:"required"`
	// Why it is accepted.
	Reason string `yaml:"reason" jsonschema:"required"`
	// Who accepted it.
	Owner string `yaml:"owner"`
	// Databases. Default: all.
	Databases []string `yaml:"databases"`
}

// Of returns the accepted risks of a database.
func (e *Evidence) Of(database string) (accepted []AcceptedRisk) {
	for _, a := range e.Exceptions {
		if len(a.Databases) == 0 || slices.Contains(a.Databases, database) {
			accepted = append(accepted, a)
		}
	}
	return accepted
}

var controlName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*:[^\s:][^\s]*$`)

// control decodes the name of a control. It reports whether n is a single value.
func (l *loader) control(n *yaml.Node, p *path, target *Control) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	target.Control, _ = l.literal(n, p)
	return true
}

func (l *loader) checkEvidence(at *path, e *Evidence, names []string) {
	l.checkEndpoint(at.key("s3").key("endpoint"), string(e.S3.Endpoint))
	if e.To == "" {
		l.invalid(at.key("to"), "is missing (want a directory, or s3://bucket/prefix)")
	} else {
		l.checkPlace(at, at.key("to"), string(e.To), l.Evidence)
	}
	if file := at.key("sign").key("file"); e.Sign.File == "" {
		l.invalid(file, "is missing (want the key that drillgres evidence keygen writes)")
	} else {
		l.checkPath(file, string(e.Sign.File))
	}
	l.checkNotZero(at.key("retain"), e.Retain)
	l.checkNotZero(at.key("every"), e.Every)
	l.checkOneOf(at.key("lock"), e.Lock, "governance", "compliance")
	if hasControl(e.Owner) {
		l.invalid(at.key("owner"), "contains a control character")
	}
	used := map[string]bool{}
	for i, c := range e.Controls {
		at := at.key("controls").at(i)
		switch {
		case !controlName.MatchString(c.Control) || hasControl(c.Control):
			l.invalid(at, "%s is not a control (want FRAMEWORK:CLAUSE, such as soc2:A1.2)", quoted(c.Control))
		case used[c.Control]:
			l.invalid(at, "duplicate control %s", quoted(c.Control))
		}
		used[c.Control] = true
		l.checkNotZero(at.key("every"), c.Every)
	}
	for i, a := range e.Exceptions {
		l.checkAccepted(at.key("exceptions").at(i), a, names)
	}
}

func (l *loader) checkAccepted(at *path, a AcceptedRisk, names []string) {
	if a.Code == "" {
		l.invalid(at.key("code"), "is missing (want the code of a failure or a finding)")
	}
	if strings.TrimSpace(a.Reason) == "" || hasControl(a.Reason) {
		l.invalid(at.key("reason"), "is missing, or does not fit on one line (say why the risk is accepted)")
	}
	if _, err := time.Parse(time.DateOnly, a.Until); err != nil {
		l.invalid(at.key("until"), "%s is not a day (want YYYY-MM-DD)", quoted(a.Until))
	}
	for i, name := range a.Databases {
		if !slices.Contains(names, name) {
			l.invalid(at.key("databases").at(i), "%s is not a database of this file", quoted(name))
		}
	}
}

func (c *Config) setEvidenceDefaults() {
	e := c.Evidence
	if e == nil {
		return
	}
	e.S3.setDefaults()
	or(&e.Lock, "governance")
	e.Sign.File = Text(c.Resolve(string(e.Sign.File)))
	if place.Scheme(string(e.To)) == "" {
		e.To = Text(c.Resolve(string(e.To)))
	}
	for i := range e.Controls {
		or(&e.Controls[i].Every, e.Every)
	}
}
