package channel

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/drillgres/drillgres/drill/notify"
)

// pushover sends to a user or a group of Pushover.
type pushover struct {
	client      *client
	token, user string
}

func openPushover(u *url.URL, c *client) (notify.Receiver, error) {
	token, _ := u.User.Password()
	if token == "" || u.Host == "" {
		return nil, lacks("token or user", "pushover://:token@user")
	}
	return pushover{c, token, u.Host}, nil
}

// Tell sends a message of at most 1024 characters.
func (p pushover) Tell(ctx context.Context, m notify.Message) error {
	form := url.Values{"token": {p.token}, "user": {p.user}, "title": {cut(m.Title, 250)}, "message": {cut(m.Text(), 1024)}, "priority": {[]string{"-1", "0", "1"}[priority(m)]}}
	if m.Link != "" {
		form.Set("url", m.Link)
	}
	_, err := p.client.do(ctx, request{http.MethodPost, "https://api.pushover.net/1/messages.json", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(form.Encode())})
	return err
}

// ntfy publishes to a topic.
type ntfy struct {
	client *client
	url    string
	topic  string
	header map[string]string
}

func openNtfy(u *url.URL, c *client) (notify.Receiver, error) {
	topic := strings.Trim(u.Path, "/")
	host := u.Host
	if topic == "" { // ntfy://topic is one of ntfy.sh
		topic, host = u.Host, "ntfy.sh"
	}
	if topic == "" || strings.Contains(topic, "/") {
		return nil, lacks("topic", "ntfy://host/topic, ntfy://user:password@host/topic or ntfy://:token@host/topic")
	}
	return ntfy{c, apiScheme(u) + host + "/", topic, authorization(u)}, nil
}

// authorization returns the header for the user and the password of a URL, or for its
// token if it has only a password.
func authorization(u *url.URL) map[string]string {
	password, ok := u.User.Password()
	switch {
	case !ok:
		return nil
	case u.User.Username() == "":
		return map[string]string{"Authorization": "Bearer " + password}
	}
	r, _ := http.NewRequest(http.MethodGet, "http://x", nil) //nolint:noctx // it is not sent
	r.SetBasicAuth(u.User.Username(), password)
	return map[string]string{"Authorization": r.Header.Get("Authorization")}
}

// Tell publishes a message. ntfy turns one of more than 4096 bytes into an attachment.
func (n ntfy) Tell(ctx context.Context, m notify.Message) error {
	document := map[string]any{
		"topic": n.topic, "title": cut(m.Title, 200), "message": cut(m.Text(), 1000),
		"priority": []int{2, 3, 5}[priority(m)], "tags": []string{[]string{"white_check_mark", "warning", "rotating_light"}[priority(m)]},
	}
	if m.Link != "" {
		document["click"] = m.Link
	}
	_, err := n.client.postJSON(ctx, n.url, n.header, document)
	return err
}

// gotify sends to an application of a Gotify server.
type gotify struct {
	client     *client
	url, token string
}

func openGotify(u *url.URL, c *client) (notify.Receiver, error) {
	path := strings.Trim(u.Path, "/")
	folder, token := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		folder, token = path[:i]+"/", path[i+1:]
	}
	if u.Host == "" || token == "" {
		return nil, lacks("host or token", "gotify://host/token")
	}
	return gotify{c, apiScheme(u) + u.Host + "/" + folder + "message", token}, nil
}

// Tell sends a message.
func (g gotify) Tell(ctx context.Context, m notify.Message) error {
	_, err := g.client.postJSON(ctx, g.url, map[string]string{"X-Gotify-Key": g.token}, map[string]any{
		"title": m.Title, "message": m.Text(), "priority": []int{2, 5, 8}[priority(m)],
	})
	return err
}
