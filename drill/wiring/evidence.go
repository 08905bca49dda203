package wiring

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/evidence/dir"
	"github.com/drillgres/drillgres/drill/evidence/s3"
	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/origin"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/page"
	"github.com/drillgres/drillgres/drill/words"
)

// Evidences are the kinds of place that evidence is written to. To add one, add it here.
var Evidences = evidence.StoreKinds{dir.Kind, s3.Kind}

// OpenEvidence opens the place of evidence. It does not connect.
func OpenEvidence(ctx context.Context, e config.Evidence) (evidence.Store, error) {
	store, err := Evidences.Open(ctx, string(e.To), e)
	return store, configFailure(err, "evidence.to")
}

// signing is what the evidence of all drills of one config has in common.
type signing struct {
	store  evidence.Store
	signer evidence.Signer
	origin origin.Origin
	found  []outcome.Finding // about the key
}

// openSigning opens the place of evidence and reads the key, so that a drill does not begin
// without them.
func openSigning(ctx context.Context, cfg *config.Config, o Options) (*signing, error) {
	e := cfg.Evidence
	for i, a := range e.Exceptions {
		if !isCode(a.Code) {
			return nil, outcome.Fail(outcome.ConfigInvalid, "evidence.exceptions[%d].code: no failure and no finding has the code %q", i, a.Code).
				WithHint("choose one that drillgres explain lists%s", nearestCode(a.Code))
		}
	}
	s := &signing{origin: origin.Of(o.Getenv)}
	file, err := readKeyFile(string(e.Sign.File), &s.found)
	if err == nil {
		s.signer, err = evidence.ParseSigner(file)
	}
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "evidence.sign.file: read %s: %w", e.Sign.File, err).
			WithHint("make a key with drillgres evidence keygen --out %s", e.Sign.File)
	}
	s.store, err = OpenEvidence(ctx, *e)
	return s, err
}

func isCode(code string) bool {
	return slices.Contains(allCodes(), code)
}

// allCodes returns the codes of all failures and findings.
func allCodes() (codes []string) {
	for _, e := range outcome.Catalogue {
		codes = append(codes, string(e.Code))
	}
	for _, f := range outcome.Findings {
		codes = append(codes, f.Code)
	}
	return codes
}

func nearestCode(code string) string {
	if near := words.Nearest(code, allCodes()); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}

// addEvidence lets a drill leave evidence, after the history.
func (w *Wiring) addEvidence(d *drill.Drill, db *config.Database, keep bool) {
	d.Noted = append(slices.Clone(d.Noted), w.signing.found...)
	d.Tellers = append(d.Tellers, evidence.Recorder{
		Store: w.signing.store, Signer: w.signing.signer, Now: w.options.Now, Log: w.options.Log,
		Context: w.evidenceOf(db, keep), Page: func(r outcome.Result) ([]byte, error) { return w.pageOf(db, r) },
	})
}

// pageOf returns the page of a drill, with the targets of today and without earlier drills:
// what the evidence says of them is in their own records.
func (w *Wiring) pageOf(db *config.Database, r outcome.Result) ([]byte, error) {
	f := fleet.Fleet{SchemaVersion: outcome.SchemaVersion, At: w.options.Now().UTC(), Databases: []fleet.Database{{Name: db.Name, Targets: fleet.TargetsOf(db)}}}
	var b bytes.Buffer
	err := page.DrillPage(&b, f, []outcome.Result{r}, page.DetailsOf(nil), false)
	return b.Bytes(), err
}

// evidenceOf returns what the evidence of a database states besides the result.
func (w *Wiring) evidenceOf(db *config.Database, keep bool) evidence.Context {
	e := w.Config.Evidence
	c := evidence.Context{
		Origin: w.signing.origin, Owner: e.Owner, ConfigSHA256: w.Config.SHA256, Images: containersOf(db),
		Targets: fleet.TargetsOf(db), Retain: time.Duration(e.Retain), Kept: keep,
	}
	for _, control := range e.Controls {
		c.Controls = append(c.Controls, control.Control)
	}
	for _, a := range e.Of(db.Name) {
		c.Exceptions = append(c.Exceptions, evidence.Exception{Code: a.Code, Reason: a.Reason, Owner: a.Owner, Until: a.Until})
	}
	return c
}

// containersOf returns the images of a drill besides that of Postgres.
func containersOf(db *config.Database) (images []evidence.Image) {
	add := func(of, name string) {
		if name != "" {
			images = append(images, evidence.Image{Of: of, Name: name})
		}
	}
	if db.App != nil {
		add("app", string(db.App.Image))
		add("candidate", string(db.App.Candidate))
		for _, name := range slices.Sorted(maps.Keys(db.App.Services)) {
			add("service "+name, string(db.App.Services[name].Image))
		}
	}
	if db.Migrate != nil {
		add("migrate", string(db.Migrate.Image))
	}
	return images
}
