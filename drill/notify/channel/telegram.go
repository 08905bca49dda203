package channel

import (
	"context"
	"html"
	"net/url"

	"github.com/drillgres/drillgres/drill/notify"
)

// telegram sends as a bot to one or several chats.
type telegram struct {
	client *client
	url    string
	chats  []string
}

func openTelegram(u *url.URL, c *client) (notify.Receiver, error) {
	const example = "telegram://token@telegram?chats=ID,@channel"
	token := u.User.String() // it has a colon
	q := u.Query()
	chats := q.Get("chats")
	if chats == "" {
		chats = q.Get("channels")
	}
	if token == "" || chats == "" {
		return nil, lacks("token or chats", example)
	}
	return telegram{c, "https://api.telegram.org/bot" + token + "/sendMessage", listed(chats)}, nil
}

// htmlMarkup is the markup of Telegram and Matrix.
var htmlMarkup = markup{
	escape: html.EscapeString,
	bold:   func(s string) string { return "<b>" + s + "</b>" },
	code:   func(s string) string { return "<pre>" + html.EscapeString(s) + "</pre>" },
	link:   func(u string) string { return `<a href="` + html.EscapeString(u) + `">open the run</a>` },
}

// Tell sends a message to each chat. Telegram takes 4096 characters.
func (t telegram) Tell(ctx context.Context, m notify.Message) error {
	text := "<b>" + html.EscapeString(cut(m.Title, 200)) + "</b>\n" + htmlMarkup.within(m, 3000)
	return toEach(t.chats, func(chat string) error {
		_, err := t.client.postJSON(ctx, t.url, nil, map[string]any{
			"chat_id": chat, "text": text, "parse_mode": "HTML", "link_preview_options": map[string]any{"is_disabled": true},
			"disable_notification": priority(m) == 0,
		})
		return err
	})
}
