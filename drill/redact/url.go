package redact

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// secretParameter matches the names of parameters of a URL that give access: those of
// links that are signed for S3, Google, Azure and others, and what people call theirs.
var secretParameter = regexp.MustCompile(`(?i)^sig$|sign|secret|token|key|pass|auth|cred|session|code`)

// longParameter is the length in bytes from which the value of any parameter counts as
// a secret. Shorter ones are usually plain: a version, a name, a date.
const longParameter = 20

// isWeb reports whether a user name in the URL may be a token.
func isWeb(u *url.URL) bool { return u.Scheme == "https" || u.Scheme == "http" }

// InURL returns the secrets in a URL, as they are written and decoded: its password, and
// its query, which gives access by itself if the link is signed. It returns nothing for
// a path.
func InURL(text string) (secrets []Secret) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		return nil
	}
	if password, ok := u.User.Password(); ok {
		_, written, _ := strings.Cut(u.User.String(), ":")
		secrets = append(secrets, Secret(password), Secret(written))
	} else if name := u.User.Username(); isWeb(u) && name != "" {
		secrets = append(secrets, Secret(name), Secret(u.User.String()))
	}
	if u.RawQuery == "" {
		return secrets
	}
	secrets = append(secrets, Secret(u.RawQuery))
	for parameter := range strings.SplitSeq(u.RawQuery, "&") {
		name, written, _ := strings.Cut(parameter, "=")
		value, err := url.QueryUnescape(written)
		if err != nil || len(value) < longParameter && !secretParameter.MatchString(name) {
			continue
		}
		secrets = append(secrets, Secret(written), Secret(value))
	}
	return secrets
}

// URL returns a URL for printing: its scheme, host and path, without its password,
// query and fragment. The user is shown unless it may be a token. It returns a path as it is.
func URL(text string) string {
	scheme, _, isURL := strings.Cut(text, "://")
	if !isURL || strings.Contains(scheme, "/") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return scheme + "://" + mask
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if name := u.User.Username(); name != "" && !isWeb(u) {
		shown.User = url.User(name)
	}
	return shown.String()
}

// WithoutURL returns an error of net/http without the URL of the request, which may contain
// what is secret.
func WithoutURL(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return err
}
