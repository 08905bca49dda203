package channel

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/drillgres/drillgres/drill/notify"
)

// slack posts to an incoming webhook, or to a channel as a bot.
type slack struct {
	client *client
	url    string
	bot    *slackBot // nil: url is a webhook
}

type slackBot struct{ token, channel string }

func openSlack(u *url.URL, c *client) (notify.Receiver, error) {
	const example = "slack://hook:T-B-X@webhook, or slack://xoxb:TOKEN@channel"
	token, _ := u.User.Password()
	switch {
	case u.User.Username() == "hook" && strings.Count(token, "-") == 2:
		return slack{c, "https://hooks.slack.com/services/" + strings.ReplaceAll(token, "-", "/"), nil}, nil
	case strings.HasPrefix(u.User.Username(), "xox") && token != "" && u.Host != "":
		return slack{c, "https://slack.com/api/chat.postMessage", &slackBot{u.User.Username() + "-" + token, u.Host}}, nil
	}
	return nil, fmt.Errorf("has no token (want %s)", example)
}

// mrkdwn is Slack's markup. A text in which & < > are escaped mentions nobody.
var mrkdwn = markup{
	escape: slackEscape,
	bold:   func(s string) string { return "*" + s + "*" },
	code: func(s string) string {
		return "```" + slackEntities.Replace(strings.ReplaceAll(s, "```", "'''")) + "```"
	},
	value: func(s string) string { return "`" + slackEntities.Replace(strings.ReplaceAll(s, "`", "'")) + "`" },
	link:  func(u string) string { return "<" + slackEscape(u) + "|open the run>" },
}

var slackEntities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// slackEscape also replaces what would be formatted: Slack has no escape for it.
func slackEscape(s string) string {
	return strings.NewReplacer("*", "\u2217", "~", "\u223c", "`", "'").Replace(slackEntities.Replace(s))
}

// Tell posts a header and a section. Slack refuses a header of more than 150 characters
// and a section of more than 3000.
func (s slack) Tell(ctx context.Context, m notify.Message) error {
	document := map[string]any{
		"text": slackEscape(cut(m.Title, 300)), // for notifications
		"blocks": []any{
			map[string]any{"type": "header", "text": map[string]any{"type": "plain_text", "text": cut(m.Title, 150)}},
			map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": mrkdwn.within(m, 3000), "verbatim": true}},
		},
		"unfurl_links": false,
	}
	if s.bot == nil {
		_, err := s.client.postJSON(ctx, s.url, nil, document)
		return err
	}
	document["channel"] = s.bot.channel
	a, err := s.client.postJSON(ctx, s.url, map[string]string{"Authorization": "Bearer " + s.bot.token}, document)
	if err == nil {
		err = a.broken
	}
	if err == nil && !strings.Contains(strings.ReplaceAll(string(a.body), " ", ""), `"ok":true`) {
		err = s.client.clean(fmt.Errorf("it refused the message%s", quotedBody(a.body)))
	}
	return err
}
