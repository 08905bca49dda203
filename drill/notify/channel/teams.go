package channel

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/drillgres/drillgres/drill/notify"
)

// teams posts an Adaptive Card to a workflow of Teams.
type teams struct {
	client *client
	url    string
}

// largestCard is the limit of Teams for a message, in bytes.
const largestCard = 28 << 10

// Tell posts a card.
func (t teams) Tell(ctx context.Context, m notify.Message) error {
	var body []byte
	var err error
	shrink(m, func(m notify.Message, most int) bool {
		body, err = json.Marshal(map[string]any{
			"type": "message", "attachments": []any{map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "content": card(m, most)}},
		})
		return len(body) <= largestCard
	})
	if err != nil {
		return err
	}
	_, err = t.client.do(ctx, request{http.MethodPost, t.url, map[string]string{"Content-Type": "application/json"}, body})
	return err
}

// card returns a message as an Adaptive Card, whose texts are in a subset of Markdown. No
// text is more than most characters.
func card(m notify.Message, most int) map[string]any {
	text := func(s string) string { return markdownEscape(cut(s, most)) }
	block := func(text string) map[string]any {
		return map[string]any{"type": "TextBlock", "text": text, "wrap": true}
	}
	title := block(text(m.Title))
	title["size"], title["weight"], title["color"] = "large", "bolder", []string{"good", "warning", "attention"}[priority(m)]
	body := []any{title, block(text(m.Meaning))}
	if m.Cause != "" {
		cause := block(text(m.Cause))
		cause["fontType"] = "monospace"
		body = append(body, cause)
	}
	if m.Hint != "" {
		body = append(body, block("**hint:** "+text(m.Hint)))
	}
	facts := []any{}
	for _, f := range m.Facts {
		facts = append(facts, map[string]any{"title": f.Label, "value": text(f.Text)})
	}
	body = append(body, map[string]any{"type": "FactSet", "facts": facts})
	card := map[string]any{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body}
	if m.Link != "" {
		card["actions"] = []any{map[string]any{"type": "Action.OpenUrl", "title": "open the run", "url": m.Link}}
	}
	return card
}
