package channel

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// uptimeKuma pushes to a push monitor of Uptime Kuma, which is down also if no drill ends.
type uptimeKuma struct {
	client *client
	url    string
}

func openUptimeKuma(address string, c *client) uptimeKuma {
	c.refusal = lostPush
	return uptimeKuma{c, address}
}

// lostPush returns an error if the service answered 200 and took no push: old versions answer
// {"ok":false} for an address of no monitor, and newer ones 404.
func lostPush(body []byte) error {
	if !strings.Contains(strings.ReplaceAll(string(body), " ", ""), `"ok":false`) {
		return nil
	}
	return fmt.Errorf("it refused the push%s%w", quotedBody(body), hidden{errFinal})
}

// Wants reports whether a result is that of a drill.
func (uptimeKuma) Wants(kind outcome.Kind) bool { return kind == outcome.KindDrill }

// Tell pushes up or down. The ping, a number of milliseconds, is the recovery time.
func (k uptimeKuma) Tell(ctx context.Context, m notify.Message) error {
	u, err := url.Parse(k.url)
	if err != nil {
		return k.client.clean(err)
	}
	query := u.Query() // the URL that Uptime Kuma shows has a sample of each
	query.Set("status", "up")
	if m.Event != outcome.EventPassed {
		query.Set("status", "down")
	}
	query.Set("msg", words.Shorten(m.Title, 200))
	query.Set("ping", "")
	if m.Recovery > 0 {
		query.Set("ping", strconv.FormatInt(int64(m.Recovery*1000), 10))
	}
	u.RawQuery = query.Encode()
	_, err = k.client.do(ctx, request{method: http.MethodGet, url: u.String()})
	return err
}
