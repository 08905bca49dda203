package channel

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"strings"

	"github.com/drillgres/drillgres/drill/notify"
)

// matrix sends to rooms of a Matrix server.
type matrix struct {
	client *client
	url    string
	token  string
	rooms  []string
}

func openMatrix(u *url.URL, c *client) (notify.Receiver, error) {
	token, _ := u.User.Password()
	rooms := u.Query().Get("rooms")
	if token == "" || u.User.Username() != "" || u.Host == "" || rooms == "" {
		return nil, lacks("access token or rooms", "matrix://:token@host?rooms=!id:host")
	}
	return matrix{c, apiScheme(u) + u.Host, token, listed(rooms)}, nil
}

// Tell sends a message to each room. The server keeps only one message of a transaction.
func (x matrix) Tell(ctx context.Context, m notify.Message) error {
	body, err := json.Marshal(map[string]any{
		"msgtype": "m.text", "body": m.Title + "\n\n" + m.Text(), "format": "org.matrix.custom.html", "m.mentions": map[string]any{},
		"formatted_body": "<b>" + html.EscapeString(m.Title) + "</b><br>" + strings.ReplaceAll(htmlMarkup.body(m, 1000), "\n", "<br>"),
	})
	if err != nil {
		return err
	}
	return toEach(x.rooms, func(room string) error {
		to := x.url + "/_matrix/client/v3/rooms/" + url.PathEscape(room) + "/send/m.room.message/" + url.PathEscape(m.RunID+"-"+m.Database+"-"+string(m.Event))
		_, err := x.client.do(ctx, request{http.MethodPut, to, map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + x.token}, body})
		return err
	})
}
