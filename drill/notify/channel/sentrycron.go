package channel

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
)

// sentryCron checks in at a cron monitor of Sentry, which alerts also if a check-in is
// missing.
type sentryCron struct {
	client *client
	url    string
}

// Wants reports whether a result is that of a drill.
func (sentryCron) Wants(kind outcome.Kind) bool { return kind == outcome.KindDrill }

// Start checks in as in progress.
func (s sentryCron) Start(ctx context.Context, m notify.Message) error {
	return s.checkIn(ctx, m, "in_progress")
}

// Tell checks in as ok or error.
func (s sentryCron) Tell(ctx context.Context, m notify.Message) error {
	if m.Event == outcome.EventPassed {
		return s.checkIn(ctx, m, "ok")
	}
	return s.checkIn(ctx, m, "error")
}

func (s sentryCron) checkIn(ctx context.Context, m notify.Message, status string) error {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.client.clean(err)
	}
	query := u.Query()
	query.Set("status", status)
	query.Set("check_in_id", runUUID(m))
	if query.Get("environment") == "" {
		query.Set("environment", "production")
	}
	if m.Result != nil && m.Result.Times.Total > 0 {
		query.Set("duration", strconv.FormatFloat(m.Result.Times.Total, 'f', 3, 64)) // in seconds
	}
	u.RawQuery = query.Encode()
	_, err = s.client.do(ctx, request{method: http.MethodPost, url: u.String()})
	return err
}
