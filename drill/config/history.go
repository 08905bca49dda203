package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/redact"
)

// History is where drills are recorded: a path or a URL. A URL may contain a
// password: History prints without it, and only Reveal returns it.
type History string

// defaultHistory is relative to the config file.
const defaultHistory History = ".drillgres/history.db"

// IsPath reports whether the history is a file on this machine.
func (h History) IsPath() bool { return place.Scheme(string(h)) == "" }

// mayHoldSecret reports whether it has a part in which a URL can contain a password.
func (h History) mayHoldSecret() bool { return !h.IsPath() && strings.ContainsAny(string(h), "@?") }

// Reveal returns the history with its password.
func (h History) Reveal() string { return string(h) }

// String returns the history without anything that may be secret. Of a URL it keeps
// the scheme, user, host and path.
func (h History) String() string {
	if !h.mayHoldSecret() {
		return string(h)
	}
	u, err := url.Parse(string(h))
	if err != nil {
		return place.Scheme(string(h)) + "://REDACTED"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if name := u.User.Username(); name != "" {
		shown.User = url.User(name)
	}
	return shown.String()
}

// GoString hides the password from %#v.
func (h History) GoString() string { return fmt.Sprintf("%q", h.String()) }

// MarshalText hides the password from JSON and other text encodings.
func (h History) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// LogValue hides the password from slog.
func (h History) LogValue() slog.Value { return slog.StringValue(h.String()) }

// secrets returns the URL if it may contain a password, and the passwords in it, both
// as they are written and decoded.
func (h History) secrets() (secrets []redact.Secret) {
	if !h.mayHoldSecret() {
		return nil
	}
	secrets = append(secrets, redact.Secret(h))
	u, err := url.Parse(string(h))
	if err != nil {
		return secrets
	}
	if password, ok := u.User.Password(); ok {
		_, written, _ := strings.Cut(u.User.String(), ":")
		secrets = append(secrets, redact.Secret(password), redact.Secret(written))
	}
	for _, name := range []string{"password", "sslpassword"} {
		if password := u.Query().Get(name); password != "" {
			secrets = append(secrets, redact.Secret(password), redact.Secret(url.QueryEscape(password)))
		}
	}
	return secrets
}

func (l *loader) checkRecord(at *path, r *Record) {
	l.checkEndpoint(at.key("s3").key("endpoint"), string(r.S3.Endpoint))
	text := r.History.Reveal()
	if !l.given(at.key("history")) {
		text = defaultHistory.Reveal()
	}
	l.checkPlace(at, at.key("history"), text, l.Histories)
}
