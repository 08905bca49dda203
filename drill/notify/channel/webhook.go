package channel

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
)

// webhook sends a result as JSON, signed.
type webhook struct {
	client *client
	url    string
	secret string
	now    func() time.Time
}

// delivery is the body of a request.
type delivery struct {
	SchemaVersion int             `json:"schema_version"`
	Event         outcome.Event   `json:"event"`
	Test          bool            `json:"test"`
	Reminder      bool            `json:"reminder"`
	Escalated     bool            `json:"escalated"`
	Database      string          `json:"database"`
	RunID         string          `json:"run_id"`
	SentAt        time.Time       `json:"sent_at"`
	Title         string          `json:"title"`
	Text          string          `json:"text"`
	Link          string          `json:"link"`
	Result        *outcome.Result `json:"result"`
}

// Tell sends a message. A receiver that sees Idempotency-Key again has it already.
func (w webhook) Tell(ctx context.Context, m notify.Message) error {
	body, err := json.Marshal(delivery{
		outcome.SchemaVersion, m.Event, m.IsTest, m.Reminder, m.Escalated, m.Database, m.RunID, m.At.UTC(), m.Title, m.Text(), m.Link, m.Result,
	})
	if err != nil {
		return err
	}
	at := strconv.FormatInt(w.now().Unix(), 10)
	_, err = w.client.do(ctx, request{http.MethodPost, w.url, map[string]string{
		"Content-Type":        "application/json",
		"Idempotency-Key":     fmt.Sprintf("%s/%s/%s", m.RunID, m.Database, m.Event),
		"Drillgres-Event":     string(m.Event),
		"Drillgres-Run":       m.RunID,
		"Drillgres-Timestamp": at,
		"Drillgres-Signature": "sha256=" + signature(w.secret, at, body),
	}, body})
	return err
}

// signature signs the timestamp too, so that a request that was recorded cannot be sent
// again later.
func signature(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
