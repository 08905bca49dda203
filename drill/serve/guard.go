package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/page"
	"github.com/drillgres/drillgres/drill/redact"
)

// Guard decides who may read. Its zero value lets everybody read. With User, it needs Now and
// Log.
type Guard struct {
	User     string // of basic authentication; empty: none
	Password redact.Secret
	Header   string   // in which a reverse proxy names the user; empty: there is no proxy
	Hosts    []string // host names by which the site may be addressed; empty: any
	Now      func() time.Time
	Log      *slog.Logger // of who is refused
}

// Protect returns a handler that asks who the reader is before it calls next. The page of
// the health, which says nothing else, is for everybody.
func (g Guard) Protect(next http.Handler) http.Handler {
	passwords := &limiter{now: g.Now}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == healthPath:
			next.ServeHTTP(w, r)
		case len(g.Hosts) > 0 && !slices.Contains(g.Hosts, hostOf(r)):
			// A page of another site can make its name point to this address, and then read
			// what a browser shows of it (DNS rebinding). The name gives it away.
			harden(w.Header())
			http.Error(w, "this site is not called that", http.StatusMisdirectedRequest)
		case g.Header != "" && r.Header.Get(g.Header) == "":
			harden(w.Header())
			http.Error(w, "the reverse proxy names no user", http.StatusForbidden)
		case g.User == "" || g.knows(w, r, passwords):
			next.ServeHTTP(w, r)
		}
	})
}

// knows reports whether a reader knows the password. If not, it answers. Neither what was
// typed as the user nor as the password is logged: people confuse the two.
func (g Guard) knows(w http.ResponseWriter, r *http.Request, passwords *limiter) bool {
	user, password, given := r.BasicAuth()
	var right bool
	var wait time.Duration
	if given {
		right, wait = passwords.try(r.RemoteAddr, func() bool { return same(user, g.User)&same(password, g.Password.Reveal()) == 1 })
	}
	switch {
	case right:
		return true
	case wait > 0:
		g.Log.Warn("too many wrong passwords", "address", r.RemoteAddr)
		harden(w.Header())
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		http.Error(w, "too many wrong passwords: wait a minute", http.StatusTooManyRequests)
	default:
		g.Log.Warn("no user and password, or wrong ones", "address", r.RemoteAddr)
		harden(w.Header())
		w.Header().Set("WWW-Authenticate", `Basic realm="drillgres", charset="UTF-8"`)
		http.Error(w, "a user and a password are needed", http.StatusUnauthorized)
	}
	return false
}

// same returns 1 if two texts are equal. How long it takes says nothing about them.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// hostOf returns the host name of a request, without its port.
func hostOf(r *http.Request) string {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// LoopbackHosts are the names of this machine for itself.
var LoopbackHosts = []string{"localhost", "127.0.0.1", "::1"}

// IsLoopback reports whether only this machine reaches an address to listen on, such as
// 127.0.0.1:8080. An address without a host is reached by everybody.
func IsLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// hardened returns a handler that answers only what reads, and whose answers cannot be
// framed, sniffed or made to load anything.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		harden(w.Header())
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this site is read only", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func harden(h http.Header) {
	for name, value := range map[string]string{
		"Content-Security-Policy":      page.ContentSecurityPolicy + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"X-Robots-Tag":                 "noindex",
	} {
		h.Set(name, value)
	}
}
