// Package redact keeps secrets and row values out of everything that is
// printed, logged or recorded.
package redact

import (
	"log/slog"
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

// Add registers secrets to remove.
func (r *Redactor) Add(secrets ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		if len(s) >= Shortest && !slices.Contains(r.secrets, string(s)) {
			r.secrets = append(r.secrets, string(s))
		}
	}
	slices.SortFunc(r.secrets, func(a, b string) int { return len(b) - len(a) })
}

var (
	urlPassword = regexp.MustCompile(`(\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@]*:)\S+@`)
	keyPassword = regexp.MustCompile(`(?i)(\b(?:password|passwd|pgpassword|secret|token|secret_access_key)\s*=\s*)('[^']*'|"[^"]*"|[^\s&;,'"]+)`)
)

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
