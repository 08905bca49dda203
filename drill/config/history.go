package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/drillgres/drillgres/drill/redact"
)

// History is where drills are recorded: the path of a SQLite file,
// s3://bucket/prefix, or a postgres:// URL. The latter may hold a password, so
// that it prints without one, however it is printed; only Reveal gives it away.
type History string

// Kinds of history.
const (
	FileHistory     = "file"
	PostgresHistory = "postgres"
	S3History       = "s3"
)

// Kind is one of the kinds above; empty: there is no such kind.
func (h History) Kind() string {
	m := scheme.FindStringSubmatch(string(h))
	if m == nil {
		return FileHistory
	}
	return map[string]string{"postgres": PostgresHistory, "postgresql": PostgresHistory, "s3": S3History}[m[1]]
}

// Reveal is the history with its password.
func (h History) Reveal() string { return string(h) }

// String is the history without what may be secret: of a postgres:// URL the
// user, the host and the database are left.
func (h History) String() string {
	if h.Kind() == FileHistory || h.Kind() == S3History {
		return string(h)
	}
	u, err := url.Parse(string(h))
	if err != nil {
		return "postgres://REDACTED"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if name := u.User.Username(); name != "" {
		shown.User = url.User(name)
	}
	return shown.String()
}

// GoString hides the password from %#v.
func (h History) GoString() string { return fmt.Sprintf("%q", h.String()) }

// MarshalText hides the password from JSON and its like.
func (h History) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// LogValue hides the password from slog.
func (h History) LogValue() slog.Value { return slog.StringValue(h.String()) }

// secrets are the URL, where it is one that may hold a password, and the
// passwords in it as they are written and as they are meant.
func (h History) secrets() (secrets []redact.Secret) {
	if h.Kind() == FileHistory || h.Kind() == S3History {
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

// checkHistory never quotes a URL: it may hold a password.
func (l *loader) checkHistory(at *path, r *Record) {
	l.checkEndpoint(at.key("s3").key("endpoint"), string(r.S3.Endpoint))
	at = at.key("history")
	if !l.given(at) {
		return
	}
	text := r.History.Reveal()
	switch r.History.Kind() {
	case FileHistory:
		l.checkPath(at, text)
	case S3History:
		bucket, _, _ := strings.Cut(strings.TrimPrefix(text, "s3://"), "/")
		if !bucketName.MatchString(bucket) || hasControl(text) {
			l.bad(at, "has no bucket that a store could have (want s3://bucket/prefix; credentials come from the SDK's usual chain)")
		}
	case PostgresHistory:
		if _, err := url.Parse(text); err != nil {
			l.bad(at, "is not a URL (want postgres://user:password@host/database, what is special in the password percent-encoded)")
		}
	default:
		l.bad(at, "is no kind of history that this version writes (want a path, postgres://user@host/database or s3://bucket/prefix)")
	}
}
