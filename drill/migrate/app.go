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
		r.addFinding("candidate_not_checked", "set app.candidate, or name the image with --candidate",
			"the candidate's image is unknown: whether it runs on the new schema was not checked")
		return nil
	}
	return r.checkApp(ctx, image, "the candidate on the migrated database: %s", outcome.CandidateUnhealthy)
}

// current runs today's release on the new schema. During a rolling deployment
// both releases run on it, after a rollback of the code only today's.
func (r *run) current(ctx context.Context) error {
	if r.App == nil || r.Config.Current == "off" {
		return nil
	}
	err := r.checkApp(ctx, string(r.App.Image), "today's release on the migrated database: %s", outcome.CurrentBreaks)
	var broken *outcome.Failure
	if r.Config.Current == "warn" && errors.As(err, &broken) && broken.Code == outcome.CurrentBreaks {
		r.addFinding("current_breaks", broken.Remedy(), broken.Error())
		return nil
	}
	return err
}

// checkApp starts an image as the app stage does and runs the same smoke tests.
// If the application fails, it returns a failure with the given code; a failure of
// the sandbox keeps its own. The format has one %s for the name of a check or the
// message of the failure.
func (r *run) checkApp(ctx context.Context, image, format string, code outcome.Code) error {
	app := *r.App
	app.Image = config.Text(image)
	report, err := appcheck.Checker{Config: &app, Redactor: r.Redactor}.Check(ctx, r.server)
	for _, c := range report.Checks {
		c.Stage, c.Name = outcome.Migrate, fmt.Sprintf(format, c.Name)
		r.report.Checks = append(r.report.Checks, c)
	}
	for _, f := range report.Findings {
		if f.Code != "app_as_superuser" { // reported by the app stage
			r.report.Findings = append(r.report.Findings, f)
		}
	}
	var broken *outcome.Failure
	if errors.As(err, &broken) && broken.Class() == outcome.ClassApp {
		return outcome.Fail(code, format, broken.Error())
	}
	return err
}

func (r *run) addFinding(code, hint, message string) {
	r.report.Findings = append(r.report.Findings, outcome.Finding{Code: code, Message: message, Hint: hint})
}
