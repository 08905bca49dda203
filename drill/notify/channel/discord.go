package channel

import (
	"context"
	"net/url"
	"strings"

	"github.com/drillgres/drillgres/drill/notify"
)

// mattermost posts to an incoming webhook of Mattermost or Rocket.Chat.
type mattermost struct {
	client  *client
	url     string
	channel string
}

func openMattermost(u *url.URL, c *client) (notify.Receiver, error) {
	path := strings.Split(strings.Trim(u.Path, "/"), "/")
	if u.Host == "" || path[0] == "" {
		return nil, lacks("host or token", "mattermost://host/token, or mattermost://host/token/channel")
	}
	m := mattermost{c, apiScheme(u) + u.Host + "/hooks/" + url.PathEscape(path[0]), ""}
	if len(path) > 1 {
		m.channel = path[1]
	}
	return m, nil
}

// Tell posts a message. Mattermost keeps 16383 characters.
func (s mattermost) Tell(ctx context.Context, m notify.Message) error {
	document := map[string]any{"text": "**" + markdownEscape(cut(m.Title, 300)) + "**\n\n" + markdown.within(m, 15000)}
	if s.channel != "" {
		document["channel"] = s.channel
	}
	_, err := s.client.postJSON(ctx, s.url, nil, document)
	return err
}

// markdown is the markup of Discord and Mattermost.
var markdown = markup{
	escape: markdownEscape,
	bold:   func(s string) string { return "**" + s + "**" },
	code:   func(s string) string { return "```\n" + strings.ReplaceAll(s, "```", "'''") + "\n```" },
	link:   func(u string) string { return "<" + u + ">" },
}

// markdownEscape keeps a text from being formatted, linked, or a mention.
func markdownEscape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case strings.ContainsRune("\\`*_{}[]()#+!|>~<", r):
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '@':
			b.WriteString("@\u200b")
		case r == '\n' || r == '\r':
			b.WriteRune(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// discord posts to a webhook of Discord.
type discord struct {
	client *client
	url    string
}

func openDiscord(u *url.URL, c *client) (notify.Receiver, error) {
	if u.User.Username() == "" || u.Hostname() == "" {
		return nil, lacks("token or id", "discord://token@id")
	}
	return discord{c, "https://discord.com/api/webhooks/" + url.PathEscape(u.Hostname()) + "/" + url.PathEscape(u.User.Username())}, nil
}

// Tell posts an embed, whose title is at most 256 characters and whose description at
// most 4096.
func (d discord) Tell(ctx context.Context, m notify.Message) error {
	embed := map[string]any{"title": cut(markdownEscape(cut(m.Title, 120)), 256), "description": markdown.within(m, 4096), "color": color(m)}
	if m.Link != "" {
		embed["url"] = m.Link
	}
	_, err := d.client.postJSON(ctx, d.url, nil, map[string]any{"embeds": []any{embed}, "allowed_mentions": map[string]any{"parse": []string{}}})
	return err
}
