package httpfile

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// refused returns the Failure for an answer without the file. listed says that the file
// existed when it was listed.
func (s *Source) refused(answer *http.Response, listed bool) error {
	status, code := answer.StatusCode, codeOf(answer)
	uri, said := s.URI(locate.Object{}), describe(status, code)
	switch {
	case code == "NoSuchBucket":
		return outcome.Fail(outcome.SourceNotFound, "read %s: its bucket does not exist (%s)", uri, said).
			WithHint("correct the URL in backup.from")
	case listed && (status == http.StatusPreconditionFailed || status == http.StatusRequestedRangeNotSatisfiable || isGone(status)):
		return outcome.Fail(outcome.BackupChanged, "read %s: it was replaced or removed after it was listed (%s)", uri, said)
	case isGone(status):
		return outcome.Fail(outcome.BackupMissing, "%s does not exist (%s)", uri, said).
			WithHint("check that the backup job still uploads to this URL, or correct backup.from")
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusBadRequest && s.isSigned():
		return s.denied(uri, said)
	default:
		return outcome.Fail(outcome.SourceUnreachable, "read %s: the server answered %s", uri, said).
			WithHint("check the server, then run the drill again")
	}
}

func isGone(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }

func (s *Source) denied(uri, said string) error {
	signed := locate.SignedFor(s.url.Query())
	until := signed.Ends
	switch {
	case !until.IsZero() && s.now().After(until):
		return outcome.Fail(outcome.SourceDenied, "read %s: refused (%s); the link expired at %s, %s ago",
			uri, said, until.UTC().Format(time.RFC3339), words.Span(s.now().Sub(until))).
			WithHint("make a new link before each drill, and pass it to backup.from in an environment variable")
	case !until.IsZero() && signed.Why != "":
		return outcome.Fail(outcome.SourceDenied, "read %s: refused (%s); the link is valid until %s at the latest, but the temporary credentials that signed it may have expired",
			uri, said, until.UTC().Format(time.RFC3339)).
			WithHint("make a new link before each drill, or sign it with a key that does not expire")
	case !until.IsZero():
		return outcome.Fail(outcome.SourceDenied, "read %s: refused (%s), although the link is valid until %s", uri, said, until.UTC().Format(time.RFC3339)).
			WithHint("check that the link is whole and signed for GET, that who signed it may read the file, and that the credentials it was signed with are still valid")
	case s.isSigned():
		return outcome.Fail(outcome.SourceDenied, "read %s: refused (%s); the link may have expired", uri, said).
			WithHint("make a new link, and check that it is whole and signed for GET")
	case len(s.headers) > 0:
		return outcome.Fail(outcome.SourceDenied, "read %s: refused (%s)", uri, said).
			WithHint("correct the credentials in backup.http.headers, or grant them read access to the file")
	default:
		return outcome.Fail(outcome.SourceDenied, "read %s: refused (%s)", uri, said).
			WithHint("set backup.http.headers to what the server asks for, such as Authorization, or use a signed link")
	}
}

// isSigned reports whether the URL may give access by itself.
func (s *Source) isSigned() bool { return s.url.RawQuery != "" }

// pageFailure is the failure of a server that answers with a page for people.
func (s *Source) pageFailure() error {
	return outcome.Fail(outcome.SourceDenied, "read %s: the server answered with a web page (text/html), such as one to log in, instead of the file", s.URI(locate.Object{})).
		WithHint("open the URL in a browser without cookies to see the page; set backup.http.headers, or use a link to the file itself")
}

// unreachable returns the Failure for a request without an answer.
func (s *Source) unreachable(err error) error {
	f := outcome.Fail(outcome.SourceUnreachable, "read %s: %w", s.URI(locate.Object{}), plain(err))
	var certificate *tls.CertificateVerificationError
	switch {
	case isRedirect(err):
		return f.WithHint("set backup.from to the https:// URL that the server redirects to")
	case errors.As(err, &certificate):
		return f.WithHint("set SSL_CERT_FILE to the server's certificate authority, or correct the host in backup.from")
	default:
		return f
	}
}

// plain returns an error without anything that the server or the URL may have put into
// it: the target of a redirect may be a signed link too.
func plain(err error) error {
	var (
		redirect    redirectError
		network     *net.OpError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case errors.As(err, &redirect):
		return redirect
	case errors.As(err, &network):
		return network
	case errors.As(err, &certificate):
		return certificate
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection broke")
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("the server did not answer")
	case strings.Contains(err.Error(), "Location"):
		return errors.New("the server redirects to something that is not a URL")
	case strings.Contains(err.Error(), "HTTPS client"):
		return errors.New("the server answers without encryption")
	default:
		return errors.New("the server's answer is not valid HTTP")
	}
}

// answerCode matches the code in the XML of an object store.
var answerCode = regexp.MustCompile(`<Code>([A-Za-z]{1,60})</Code>`)

// codeOf returns the code of an object store's error. Its other texts may quote the
// signature.
func codeOf(answer *http.Response) string {
	const enough = 4 << 10
	text, _ := io.ReadAll(io.LimitReader(answer.Body, enough))
	if m := answerCode.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

func describe(status int, code string) string {
	if code == "" {
		code = http.StatusText(status)
	}
	return strings.TrimPrefix(fmt.Sprintf("%s, HTTP %d", code, status), ", ")
}
