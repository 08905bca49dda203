package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
)

// candidate runs the next release on the new schema.
func (r *run) candidate(ctx context.Context) error {
	if r.App == nil {
		return nil
	}
	image := string(r.App.Candidate)
	if image == "" {
		image = string(r.Config.Image)
	}
	if image == "" {
		r.find("candidate_not_checked", "set app.candidate, or name the image with --candidate",
			"no image of the candidate is known: whether it runs on the new schema was not looked at")
		return nil
	}
	return r.runs(ctx, image, "the candidate on the migrated database: %s", outcome.CandidateUnhealthy)
}

// current runs today's release on the new schema: in a rolling deployment both
// run side by side, and after a rollback of the code it is all that runs.
func (r *run) current(ctx context.Context) error {
	if r.App == nil || r.Config.Current == "off" {
		return nil
	}
	err := r.runs(ctx, string(r.App.Image), "today's release on the migrated database: %s", outcome.CurrentBreaks)
	var broken *outcome.Failure
	if r.Config.Current == "warn" && errors.As(err, &broken) && broken.Code == outcome.CurrentBreaks {
		r.find("current_breaks", broken.Remedy(), broken.Error())
		return nil
	}
	return err
}

// runs boots an image as the app stage boots today's and puts the same smoke
// tests to it. An application that does not hold is a failure with this code;
// what the sandbox is to blame for keeps its own. said has a %s for what is said
// of it.
func (r *run) runs(ctx context.Context, image, said string, code outcome.Code) error {
	app := *r.App
	app.Image = config.Text(image)
	report, err := appcheck.Checker{Config: &app, Redactor: r.Redactor}.Check(ctx, r.server)
	for _, c := range report.Checks {
		c.Stage, c.Name = outcome.Migrate, fmt.Sprintf(said, c.Name)
		r.report.Checks = append(r.report.Checks, c)
	}
	for _, f := range report.Findings {
		if f.Code != "app_as_superuser" { // the app stage has said so
			r.report.Findings = append(r.report.Findings, f)
		}
	}
	var broken *outcome.Failure
	if errors.As(err, &broken) && broken.Class() == outcome.ClassApp {
		return outcome.Fail(code, said, broken.Error())
	}
	return err
}

func (r *run) find(code, hint, message string) {
	r.report.Findings = append(r.report.Findings, outcome.Finding{Code: code, Message: message, Hint: hint})
}
