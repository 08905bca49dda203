package channel

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
)

// alertmanager sends an alert to the v2 API of an Alertmanager. The alert ends when the
// next result is due, so that it never stays after drillgres is gone.
type alertmanager struct {
	client *client
	url    string
}

type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt,omitzero"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// Wants reports whether a result says how a database stands.
func (alertmanager) Wants(kind outcome.Kind) bool {
	return kind == outcome.KindDrill || kind == outcome.KindCheck
}

// Tell starts, renews or ends the alert of a database. Its labels never change, because
// Alertmanager knows an alert by them: the code is an annotation.
func (a alertmanager) Tell(ctx context.Context, m notify.Message) error {
	sent := alert{
		Labels:       map[string]string{"alertname": "DrillgresBackup", "database": m.Database, "kind": string(m.Kind)},
		Annotations:  map[string]string{"summary": m.Title, "description": m.Text(), "code": string(m.Code), "event": string(m.Event)},
		EndsAt:       m.Next.UTC(),
		GeneratorURL: m.Link,
	}
	if m.Database == "" {
		sent.Labels["database"] = "all" // an empty label is none
	}
	if m.IsTest || m.Event.IsProblem() {
		sent.StartsAt = m.At.UTC() // without it Alertmanager takes endsAt, and shows an alert of the future
	}
	if m.IsTest {
		sent.Labels["alertname"] = "DrillgresTest"
	} else if !m.Event.IsProblem() {
		sent.EndsAt = m.At.UTC()
	}
	_, err := a.client.postJSON(ctx, a.url+"/api/v2/alerts", nil, []alert{sent})
	return err
}
