package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/push"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
)

// job is the job of the metrics in a Pushgateway.
const job = "drillgres"

// pushWithin bounds the request to a Pushgateway.
const pushWithin = 20 * time.Second

func registryOf(states []State) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{states: states})
	return r
}

// Handler returns a handler that writes the metrics of all databases, for a Prometheus that
// asks for them itself.
func Handler(h *record.History, targets map[string]fleet.Targets, version string, now func() time.Time, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		states, err := Read(r.Context(), h, targets, version, now())
		if err != nil {
			log.Error("metrics", "err", err)
			http.Error(w, "the history cannot be read at the moment", http.StatusServiceUnavailable)
			return
		}
		promhttp.HandlerFor(registryOf(states), promhttp.HandlerOpts{}).ServeHTTP(w, r)
	})
}

// Push adds the metrics of a database to its group in a Pushgateway. It keeps those that the
// state does not have, such as the time of the last pass. The address may contain a user and
// a password, which no error quotes.
func Push(ctx context.Context, address redact.Secret, s State) error {
	failed := func(err error) error {
		return fmt.Errorf("push metrics of %s to %s: %w", s.Database, redact.URL(address.Reveal()), redact.WithoutURL(err))
	}
	u, err := url.Parse(address.Reveal())
	if err != nil {
		return failed(err)
	}
	ctx, cancel := context.WithTimeout(ctx, pushWithin)
	defer cancel()
	client := &http.Client{Transport: brief{http.DefaultTransport}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	user := u.User
	u.User = nil
	p := push.New(u.String(), job).Client(client).Grouping("database", s.Database).Collector(collector{states: []State{s}, grouped: true})
	if user != nil {
		password, _ := user.Password()
		p = p.BasicAuth(user.Username(), password)
	}
	if err := p.AddContext(ctx); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %s", pushWithin)
		}
		return failed(err)
	}
	return nil
}

// brief cuts the answer of a server, which an error quotes.
type brief struct{ http.RoundTripper }

func (b brief) RoundTrip(r *http.Request) (*http.Response, error) {
	const most = 1 << 10
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, most), answer.Body}
	}
	return answer, err
}
