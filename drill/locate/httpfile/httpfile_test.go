package httpfile_test

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/httpfile"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestURLs(t *testing.T) {
	for url, want := range map[string]string{
		"https://h/shop.dump":                "https://h/shop.dump",
		"https://h:8443/a/b%20c?sig=hunter2": "https://h:8443/a/b%20c",
		"https://u:hunter2@h/a":              "https://h/a",
		"https://hunter2@h/a":                "https://h/a",
		"http://127.0.0.1:9/a":               "http://127.0.0.1:9/a",
		"http://localhost/a":                 "http://localhost/a",
		"http://[::1]/a":                     "http://[::1]/a",
		"http://h/a?sig=hunter2":             "",
		"http://127.0.0.1.example/hunter2":   "",
		"https://h/dir/?sig=hunter2":         "",
		"https://h?sig=hunter2":              "",
		"https:///hunter2":                   "",
		"https://h/a#hunter2":                "",
		"https://h/%zzhunter2":               "",
	} {
		s, err := httpfile.New(url, config.HTTPSource{})
		switch {
		case want == "" && (err == nil || outcome.AsFailure(err).Code != outcome.ConfigInvalid || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%s: %v", url, err)
		case want != "" && err != nil:
			t.Errorf("%s: %v", url, err)
		case want != "" && s.URI(locate.Object{}) != want:
			t.Errorf("%s is %s", url, s.URI(locate.Object{}))
		}
	}
}

func TestFileIsChosenWhateverItsName(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { ranges(w, r, "dump") })
	s := source(t, server.URL+"/download/dump.txt?"+secret)
	b, err := locate.Locator{Source: s, Rules: locate.Rules{Match: "shop-*"}}.Locate(t.Context())
	if err != nil || b.Key != "dump.txt" || b.URI != server.URL+"/download/dump.txt" || len(b.Findings) > 0 {
		t.Errorf("chose %q, %s, %v (%v)", b.Key, b.URI, b.Findings, err)
	}
	if want := time.Date(2026, 11, 23, 2, 0, 57, 0, time.UTC); !b.ModifiedAt.Equal(want) || s.Sequential(b.Object) {
		t.Errorf("modified at %v, sequential: %t", b.ModifiedAt, s.Sequential(b.Object))
	}
}

func TestUndatedFileIsAFinding(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("dump"))
	})
	b, err := locate.Locator{Source: dump(t, server), Rules: locate.Rules{MaxAge: time.Hour}}.Locate(t.Context())
	if err != nil || !b.Undated || len(b.Findings) != 1 || b.Findings[0].Code != "backup_undated" {
		t.Errorf("%+v (%v)", b, err)
	}
	if got := string(sourcetest.Read(t, b.Source, b.Object, 1, 2)); got != "um" {
		t.Errorf("read %q", got)
	}
}

// TestCredentials checks that a link's query and the headers arrive, and that a link for
// GET only works.
func TestCredentials(t *testing.T) {
	var got atomic.Value
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got.Store(fmt.Sprint(r.Method, " ", r.URL.RawQuery, " ", r.Header.Get("Authorization"), r.Header.Get("X-Token"), r.Header.Get("Accept-Encoding")))
		ranges(w, r, "dump")
	})
	withUser := strings.Replace(server.URL, "://", "://u:hunter2@", 1)
	for want, s := range map[string]*httpfile.Source{
		"GET " + secret + " identity":       dump(t, server),
		"GET  Bearer hunter2xidentity":      source(t, server.URL+"/a", "Authorization", "Bearer hunter2", "x-token", "x"),
		"GET  Basic dTpodW50ZXIyidentity":   source(t, withUser+"/a"),
		"GET  Bearer of the configidentity": source(t, withUser+"/a", "authorization", "Bearer of the config"),
		"GET a=1&a=%2F&b Bearer 1identity":  source(t, server.URL+"/a?a=1&a=%2F&b", "Authorization", "Bearer 1"),
	} {
		if sourcetest.List(t, s); got.Load() != want {
			t.Errorf("got %s, want %s", got.Load(), want)
		}
	}
}

func TestRefused(t *testing.T) {
	const xml = `<?xml version="1.0"?><Error><Code>%s</Code><Message>Request has expired hunter2</Message><StringToSign>hunter2</StringToSign></Error>`
	for name, c := range map[string]struct {
		status  int
		body    string
		code    outcome.Code
		message string
	}{
		"expired":          {403, fmt.Sprintf(xml, "AccessDenied"), outcome.SourceDenied, "refused (AccessDenied, HTTP 403); the link may have expired"},
		"not logged in":    {401, "", outcome.SourceDenied, "refused (Unauthorized, HTTP 401)"},
		"broken signature": {400, fmt.Sprintf(xml, "AuthorizationQueryParametersError"), outcome.SourceDenied, "AuthorizationQueryParametersError"},
		"not there":        {404, fmt.Sprintf(xml, "NoSuchKey"), outcome.BackupMissing, "shop.dump does not exist (NoSuchKey, HTTP 404)"},
		"no more":          {410, "", outcome.BackupMissing, "does not exist (Gone, HTTP 410)"},
		"no bucket":        {404, fmt.Sprintf(xml, "NoSuchBucket"), outcome.SourceNotFound, "its bucket does not exist"},
		"overloaded":       {503, fmt.Sprintf(xml, "SlowDown"), outcome.SourceUnreachable, "the server answered SlowDown, HTTP 503"},
		"unknown status":   {599, "", outcome.SourceUnreachable, "HTTP 599"},
		"method":           {405, "", outcome.SourceUnreachable, "HTTP 405"},
	} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = fmt.Fprint(w, c.body)
		})
		t.Run(name, func(t *testing.T) {
			_, err := dump(t, server).List(t.Context())
			want(t, err, c.code, c.message, "")
			_, err = dump(t, server).ReadRange(t.Context(), locate.Object{Size: 4}, 0, 4)
			if c.code == outcome.BackupMissing {
				want(t, err, outcome.BackupChanged, "replaced or removed", "")
			} else {
				want(t, err, c.code, "", "")
			}
		})
	}
}

func TestHintOfARefusal(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ query, message, hint string }{
		{"?X-Amz-Date=20261123T080000Z&X-Amz-Expires=3600&" + secret, "the link expired at 2026-11-23T09:00:00Z, 3h ago", "make a new link before each drill"},
		{"?X-Amz-Date=20261123T113000Z&X-Amz-Expires=3600&" + secret, "although the link is valid until 2026-11-23T12:30:00Z", "signed for GET"},
		{"?X-Amz-Date=20261123T113000Z&X-Amz-Expires=604800&X-Amz-Security-Token=a&" + secret, "but the temporary credentials that signed it may have expired", "make a new link before each drill"},
		{"?" + secret, "may have expired", "make a new link"},
		{"", "refused (Forbidden, HTTP 403)", "set backup.http.headers"},
	} {
		s := source(t, server.URL+"/a"+c.query)
		s.SetNow(now)
		_, err := s.List(t.Context())
		want(t, err, outcome.SourceDenied, c.message, c.hint)
	}
	_, err := source(t, server.URL+"/a", "Authorization", "Bearer hunter2").List(t.Context())
	want(t, err, outcome.SourceDenied, "refused", "correct the credentials in backup.http.headers")
}

// TestCredentialsThatEnd checks what is known about the end of a link.
func TestCredentialsThatEnd(t *testing.T) {
	for from, c := range map[string]struct {
		headers config.HTTPSource
		want    locate.Credentials
	}{
		"https://h/a": {config.HTTPSource{}, locate.Credentials{Text: "none"}},
		"https://h/a?X-Amz-Date=20261123T080000Z&X-Amz-Expires=3600&X-Amz-Signature=b": {
			config.HTTPSource{}, locate.Credentials{Began: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), Ends: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)},
		},
		"https://h/a?token=b":   {config.HTTPSource{}, locate.Credentials{Why: "the link does not state when it ends"}},
		"https://u:hunter2@h/a": {config.HTTPSource{}, locate.Credentials{Why: "a header does not state when it ends"}},
	} {
		s, err := httpfile.New(from, c.headers)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Credentials(t.Context()); got != c.want {
			t.Errorf("%s: %+v, want %+v", from, got, c.want)
		}
	}
}

func TestLoginPage(t *testing.T) {
	page, plain := "\n <!DOCTYPE html><html>Please log in</html>", "--\n-- PostgreSQL database dump\n--\n"
	var content atomic.Value
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Query().Has("ranges") {
			ranges(w, r, content.Load().(string))
			return
		}
		_, _ = fmt.Fprint(w, content.Load())
	}
	server := serve(t, handler)
	content.Store(page)
	_, err := dump(t, server).List(t.Context())
	want(t, err, outcome.SourceDenied, "a web page (text/html)", "open the URL in a browser")
	_, err = dump(t, server).ReadRange(t.Context(), locate.Object{Size: 4000}, 0, 4000)
	want(t, err, outcome.SourceDenied, "a web page (text/html)", "")

	// A dump that is declared as a page is still a dump.
	content.Store(plain)
	for _, query := range []string{"", "ranges"} {
		s := source(t, server.URL+"/shop.sql?"+query)
		o := sourcetest.Find(t, s, "shop.sql")
		if got := string(sourcetest.Read(t, s, o, 0, o.Size)); got != plain {
			t.Errorf("read %q", got)
		}
	}
}

// TestRedirects follows redirects from https to https only, without the credentials.
func TestRedirects(t *testing.T) {
	var got http.Header
	store := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		ranges(w, r, "dump")
	}))
	defer store.Close()
	open := serve(t, func(w http.ResponseWriter, r *http.Request) { ranges(w, r, "dump") })
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/final" {
			if r.Header.Get("X-Token") == "" {
				w.WriteHeader(http.StatusForbidden)
			}
			ranges(w, r, "dump")
			return
		}
		w.Header().Set("Location", map[string]string{
			"/store": store.URL + "/x?sig=hunter2", "/open": open.URL + "/x?sig=hunter2", "/loop": "/loop", "/here": "/final?sig=hunter2", "/bad": "https://h/%zzhunter2",
		}[r.URL.Path])
		w.WriteHeader(http.StatusFound)
	}))
	defer front.Close()
	at := func(path string) *httpfile.Source {
		s := source(t, front.URL+path+"?"+secret, "Authorization", "Bearer hunter2", "X-Token", "hunter2")
		s.Trust(front.Client())
		return s
	}
	s := at("/store")
	o := sourcetest.Find(t, s, "store")
	if content := string(sourcetest.Read(t, s, o, 1, 2)); content != "um" || s.URI(o) != front.URL+"/store" {
		t.Errorf("read %q from %s", content, s.URI(o))
	}
	for name := range got {
		if strings.Contains(got.Get(name), "hunter2") {
			t.Errorf("the other host gets %s: %s", name, got.Get(name))
		}
	}
	sourcetest.List(t, at("/here"))
	_, err := at("/open").List(t.Context())
	want(t, err, outcome.SourceUnreachable, "redirects from "+front.URL+" to "+open.URL+", which is not encrypted", "https:// URL that the server redirects to")
	_, err = at("/loop").List(t.Context())
	want(t, err, outcome.SourceUnreachable, "redirects more than 5 times", "")
	_, err = at("/bad").List(t.Context())
	want(t, err, outcome.SourceUnreachable, "redirects to something that is not a URL", "")

	upward := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, store.URL, http.StatusFound) })
	_, err = dump(t, upward).List(t.Context())
	want(t, err, outcome.SourceUnreachable, "only https:// URLs are redirected", "")
}

func TestCertificate(t *testing.T) {
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	_, err := dump(t, server).List(t.Context())
	want(t, err, outcome.SourceUnreachable, "certificate", "SSL_CERT_FILE")
	_, err = source(t, strings.Replace(server.URL, "https", "http", 1)+"/a").List(t.Context())
	want(t, err, outcome.SourceUnreachable, "the server answered Bad Request, HTTP 400", "")
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections, want one for each source: a certificate does not become valid", n)
	}
}
