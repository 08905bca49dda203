package gcs

import (
	"net/http"

	"cloud.google.com/go/auth"
)

// bearer is a transport that adds a token to every request.
type bearer struct {
	base  http.RoundTripper
	creds *auth.Credentials
}

// tokenError is the error of a request for which no token could be fetched.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }

func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	t, err := token(r.Context(), b.creds)
	if err != nil {
		return nil, &tokenError{err}
	}
	quota, err := b.creds.QuotaProjectID(r.Context())
	if err != nil {
		return nil, &tokenError{err}
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+t.Value)
	if quota != "" {
		r.Header.Set("X-Goog-User-Project", quota)
	}
	return b.base.RoundTrip(r)
}

// asStored is a transport that lets the server send the bytes of an object as they are
// stored. Otherwise the server decompresses an object with the Content-Encoding gzip,
// of which it reads no ranges. The SDK cannot request this by its JSON API, and it
// resumes the reading of such an object at the wrong byte: it does not see the encoding.
type asStored struct{ base http.RoundTripper }

// replacedError is the error of a response with another generation than requested.
type replacedError struct{ want, got string }

func (e *replacedError) Error() string {
	return "its generation changed from " + e.want + " to " + e.got
}

func (a *asStored) RoundTrip(r *http.Request) (*http.Response, error) {
	query := r.URL.Query()
	if query.Get("alt") != "media" {
		return a.base.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := a.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	want, got := query.Get("generation"), answer.Header.Get("X-Goog-Generation")
	if want != "" && got != "" && want != got {
		_ = answer.Body.Close()
		return nil, &replacedError{want: want, got: got}
	}
	if answer.Header.Get("Content-Encoding") == "gzip" {
		answer.Header.Del("Content-Encoding")
		answer.Header.Del("X-Goog-Stored-Content-Encoding")
	}
	return answer, nil
}
