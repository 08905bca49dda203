package channel

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
)

// pagerDuty opens and resolves an incident for each condition of a database.
type pagerDuty struct {
	client   *client
	url, key string
}

func openPagerDuty(u *url.URL, c *client) (notify.Receiver, error) {
	key, host := u.Host, "events.pagerduty.com"
	if path := strings.Trim(u.Path, "/"); path != "" { // pagerduty://host/key, as for the EU, or pagerduty:///key
		key, host = path, cmp.Or(u.Host, host)
	}
	if key == "" || strings.Contains(key, "/") {
		return nil, lacks("integration key", "pagerduty://key, or pagerduty://events.eu.pagerduty.com/key")
	}
	return pagerDuty{c, apiScheme(u) + host + "/v2/enqueue", key}, nil
}

// Tell triggers an incident, or resolves it. A problem of a run of which no database is known
// has an incident of its own, because no drill would resolve it. A digest has none, and a run
// that changes no state ends none.
func (p pagerDuty) Tell(ctx context.Context, m notify.Message) error {
	switch {
	case m.IsTest:
		return p.enqueue(ctx, m, "trigger", "drillgres/test")
	case m.Database == "" && m.Event.IsProblem():
		return p.enqueue(ctx, m, "trigger", "drillgres/run/"+m.RunID)
	case m.Database == "":
		return nil
	case m.Event == outcome.EventWarning: // a recovery may be an event that it does not want
		return errors.Join(p.enqueue(ctx, m, "resolve", incident(m)), p.enqueue(ctx, m, "trigger", incident(m)+warned))
	case m.Aside && m.Event == outcome.EventPassed:
		return nil
	case m.Event == outcome.EventRecovered || m.Event == outcome.EventPassed:
		return p.Resolve(ctx, m)
	default:
		return p.enqueue(ctx, m, "trigger", incident(m))
	}
}

// Resolve resolves the incidents of a condition: that of its problem, and that of its
// warnings unless it still has some.
func (p pagerDuty) Resolve(ctx context.Context, m notify.Message) error {
	err := p.enqueue(ctx, m, "resolve", incident(m))
	if m.Kind == outcome.KindCheck && (m.Result == nil || len(outcome.Warnings(*m.Result)) == 0) {
		err = errors.Join(err, p.enqueue(ctx, m, "resolve", incident(m)+warned))
	}
	return err
}

// warned ends the key of the incident of warnings, which only a check has.
const warned = "/warning"

// incident returns the key of the incident of a condition. That of a release belongs to the
// drills, the next of which resolves it.
func incident(m notify.Message) string {
	kind := m.Kind
	if kind == outcome.KindAnswer {
		kind = outcome.KindDrill
	}
	return "drillgres/" + m.Database + "/" + string(kind)
}

func (p pagerDuty) enqueue(ctx context.Context, m notify.Message, action, key string) error {
	details := map[string]string{"meaning": m.Meaning, "cause": m.Cause, "hint": m.Hint}
	for _, f := range m.Facts {
		details[f.Label] = f.Text
	}
	document := map[string]any{
		"routing_key": p.key, "event_action": action, "dedup_key": key, "client": "drillgres",
		"payload": map[string]any{
			"summary": cut(m.Title, 1024), "source": "drillgres", "severity": []string{"info", "warning", "critical"}[priority(m)],
			"component": m.Database, "class": string(m.Code), "custom_details": details,
		},
	}
	if m.Link != "" {
		document["links"] = []any{map[string]string{"href": m.Link, "text": "open the run"}}
	}
	_, err := p.client.postJSON(ctx, p.url, nil, document)
	return err
}
