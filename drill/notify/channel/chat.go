package channel

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/words"
)

// chatKind is a kind of chat or mail. Its URLs are written as shoutrrr writes them.
type chatKind struct {
	schemes []string
	example string
	// open returns the receiver at a URL. Its error is the end of a sentence that begins
	// with a config key, and never quotes the URL.
	open func(u *url.URL, c *client) (notify.Receiver, error)
}

var chatKinds = []chatKind{
	{[]string{"slack"}, "slack://hook:T-B-X@webhook", openSlack},
	{[]string{"discord"}, "discord://token@id", openDiscord},
	{[]string{"telegram"}, "telegram://token@telegram?chats=ID", openTelegram},
	{[]string{"mattermost"}, "mattermost://host/token", openMattermost},
	{[]string{"ntfy"}, "ntfy://host/topic", openNtfy},
	{[]string{"gotify"}, "gotify://host/token", openGotify},
	{[]string{"matrix"}, "matrix://:token@host?rooms=!id:host", openMatrix},
	{[]string{"pagerduty"}, "pagerduty://key", openPagerDuty},
	{[]string{"pushover"}, "pushover://:token@user", openPushover},
	{[]string{"smtp", "smtps"}, "smtp://user:password@host:587/?from=a@b&to=c@d", openMail},
	{[]string{"https"}, "the https:// address of a webhook of Slack, Discord or Teams", openWebhookURL},
}

// Chats returns the kinds of URL of chat and mail.
func Chats() place.Kinds {
	kinds := make(place.Kinds, 0, len(chatKinds))
	for _, k := range chatKinds {
		kinds = append(kinds, place.Kind{Schemes: k.schemes, Example: k.example, Check: func(text string) error {
			_, err := openChat(text, newClient("", nil))
			return err
		}})
	}
	return kinds
}

func openChat(text string, c *client) (notify.Receiver, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("is not a URL (percent-encode the special characters of a password)")
	}
	i := slices.IndexFunc(chatKinds, func(k chatKind) bool { return slices.Contains(k.schemes, u.Scheme) })
	if i < 0 {
		return nil, errors.New("has an unknown scheme")
	}
	return chatKinds[i].open(u, c)
}

// openWebhookURL opens the address that a chat shows for an incoming webhook.
func openWebhookURL(u *url.URL, c *client) (notify.Receiver, error) {
	host := u.Hostname()
	under := func(domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }
	switch {
	case host == "hooks.slack.com" || host == "hooks.slack-gov.com":
		return slack{c, u.String(), nil}, nil
	case (under("discord.com") || under("discordapp.com")) && strings.Contains(u.Path, "/api/webhooks/"):
		return discord{c, u.String()}, nil
	case under("logic.azure.com") || under("powerplatform.com") || under("powerautomate.com"):
		return teams{c, u.String()}, nil
	case under("webhook.office.com"):
		return nil, errors.New("is a connector of Teams, which Microsoft has retired (want the URL of a workflow)")
	}
	return nil, errors.New("is not a webhook of Slack, Discord or Teams (for another address, use the key webhook)")
}

// lacks returns the error of a URL without a part that must be there.
func lacks(what, example string) error { return fmt.Errorf("has no %s (want %s)", what, example) }

// apiScheme returns that of the API behind a URL whose own scheme is the kind of chat.
func apiScheme(u *url.URL) string {
	q := u.Query()
	if q.Get("disabletls") == "yes" || q.Get("disabletls") == "true" || q.Get("scheme") == "http" {
		return "http://"
	}
	return "https://"
}

// listed returns the chats, rooms or addresses of a list.
func listed(text string) (list []string) {
	for _, one := range strings.Split(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			list = append(list, one)
		}
	}
	return list
}

// toEach sends to each chat, room or address of a receiver at the same time: one that is
// gone, or does not answer, must not silence the others. It names it by its position.
func toEach(all []string, send func(one string) error) error {
	errs := make([]error, len(all))
	var sending sync.WaitGroup
	for i, one := range all {
		sending.Go(func() {
			if err := send(one); err != nil {
				errs[i] = err
				if len(all) > 1 {
					errs[i] = fmt.Errorf("%d of %d: %w", i+1, len(all), err)
				}
			}
		})
	}
	sending.Wait()
	return errors.Join(errs...)
}

// cut returns at most n characters of a text.
func cut(text string, n int) string { return words.Shorten(text, n-1) }

// markup is how a channel formats a text.
type markup struct {
	escape func(string) string // for text outside of code
	bold   func(string) string // of an escaped text
	code   func(string) string // of a text that is not escaped
	value  func(string) string // of a fact that is not escaped; nil: escape
	link   func(url string) string
}

// body returns a message without its title in a markup. No text of it is more than most
// characters.
func (k markup) body(m notify.Message, most int) string {
	var b strings.Builder
	b.WriteString(k.escape(cut(m.Meaning, most)) + "\n")
	if m.Cause != "" {
		b.WriteString(k.code(cut(m.Cause, most)) + "\n")
	}
	if m.Hint != "" {
		b.WriteString(k.bold("hint:") + " " + k.escape(cut(m.Hint, most)) + "\n")
	}
	value := k.value
	if value == nil {
		value = k.escape
	}
	for _, f := range m.Facts {
		b.WriteString(k.bold(k.escape(f.Label)+":") + " " + value(cut(f.Text, most)) + "\n")
	}
	if m.Link != "" {
		b.WriteString(k.link(m.Link) + "\n")
	}
	return strings.TrimSpace(b.String())
}

// within returns the body of a message in at most limit characters. It shortens the texts
// of the message before they are escaped: a cut through a finished body might leave half
// an escape, or a code block without an end.
func (k markup) within(m notify.Message, limit int) (body string) {
	shrink(m, func(m notify.Message, most int) bool {
		body = k.body(m, most)
		return utf8.RuneCountInString(body) <= limit
	})
	return body
}

// shortestText is to which length texts are cut at most: a shorter one says nothing.
const shortestText = 60

// shrink calls fits with a message and how long its texts may be, until it fits: with
// shorter texts, and then with fewer facts. The last facts are dropped first: those of a
// digest are sorted, the worst database first.
func shrink(m notify.Message, fits func(m notify.Message, most int) bool) {
	most := 1000
	for ; most > shortestText; most = most * 2 / 3 {
		if fits(m, most) {
			return
		}
	}
	all := m.Facts
	for n := len(all); n > 0; n = n * 9 / 10 {
		if n < len(all) {
			m.Facts = append(slices.Clone(all[:n]), notify.Fact{Label: "and " + words.Number(len(all)-n) + " more", Text: "drillgres history"})
		}
		if fits(m, shortestText) {
			return
		}
	}
	m.Facts = nil
	fits(m, shortestText)
}

// priority returns how urgent a message is: 2 is urgent, 1 is for someone to look at, 0 is
// good to know.
func priority(m notify.Message) int {
	switch {
	case m.Event == outcome.EventFailed || m.Escalated:
		return 2
	case m.Event.IsProblem() || m.Event == outcome.EventWarning:
		return 1
	default:
		return 0
	}
}

var (
	red    = 0xd1242f
	yellow = 0xbf8700
	green  = 0x1a7f37
)

func color(m notify.Message) int { return []int{green, yellow, red}[priority(m)] }
