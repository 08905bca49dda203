// Package redact keeps secrets and row values out of everything that is
// printed, logged or recorded.
package redact

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const mask = "REDACTED"

// Secret is a string that prints as REDACTED with every verb and encoder. Only
// Reveal returns its value.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret from %v, %s and the other verbs for strings.
func (s Secret) String() string { return mask }

// GoString hides it from %#v.
func (s Secret) GoString() string { return mask }

// MarshalText hides it from JSON and other encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// LogValue hides it from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(mask) }

// Redactor removes known secrets, and passwords in connection strings, from
// texts. The zero value is ready to use. A Redactor is safe for concurrent use.
type Redactor struct {
	mu      sync.RWMutex
	secrets []string // longest first, so that no part of a secret remains
}

// Shortest is the length in bytes below which a secret is not masked: masking
// every "1" would make reports unreadable.
const Shortest = 4

// Add registers secrets to remove, as they are and as they are written in a URL or in JSON.
func (r *Redactor) Add(secrets ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		if len(s) < Shortest {
			continue
		}
		for _, form := range writtenForms(string(s)) {
			if !slices.Contains(r.secrets, form) {
				r.secrets = append(r.secrets, form)
			}
		}
	}
	slices.SortFunc(r.secrets, func(a, b string) int { return len(b) - len(a) })
}

// writtenForms returns a text, and its forms in a URL and in JSON.
func writtenForms(s string) []string {
	forms := []string{s, url.QueryEscape(s), url.PathEscape(s), strings.TrimPrefix(url.UserPassword("", s).String(), ":")}
	for _, escapeHTML := range []bool{true, false} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(escapeHTML)
		if e.Encode(s) == nil {
			forms = append(forms, strings.Trim(b.String(), "\"\n"))
		}
	}
	return forms
}

var (
	urlPassword = regexp.MustCompile(`(\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@]*:)\S+@`)
	keyPassword = regexp.MustCompile(`(?i)(\b(?:password|passwd|pwd|pgpassword|secret|token|secret_access_key|accountkey|sharedaccesskey)\s*=\s*)` +
		`('[^']*'|"[^"]*"|[^\s&;,'"]+)`)
)

// reference matches a reference to a variable, also as it is written in a URL.
var reference = regexp.MustCompile(`^\$(?:\(|%28)\w+(?:\)|%29)$`)

// InConnection returns the passwords in a connection string: those of a URL, and the values
// of Password= and the like, as libpq and ADO.NET write them. It returns nothing for any
// other text, or for a reference such as $(PGPASSWORD).
func InConnection(text string) (secrets []Secret) {
	secrets = InURL(text)
	for _, m := range keyPassword.FindAllStringSubmatch(text, -1) {
		secrets = append(secrets, Secret(strings.Trim(m[2], `'"`)))
	}
	return slices.DeleteFunc(secrets, func(s Secret) bool { return reference.MatchString(string(s)) })
}

// Text returns s without secrets.
func (r *Redactor) Text(s string) string {
	r.mu.RLock()
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, mask)
	}
	r.mu.RUnlock()
	s = urlPassword.ReplaceAllString(s, "${1}"+mask+"@")
	return keyPassword.ReplaceAllString(s, "${1}"+mask)
}
