package config

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/snapshot"
)

func (l *loader) checkBackup(at *path, b *Backup) {
	from := at.key("from")
	if strings.TrimSpace(string(b.From)) == "" {
		l.invalid(from, "is missing (want %s)", l.Sources.Forms())
	} else {
		l.checkPlace(at, from, string(b.From), l.Sources)
	}
	l.checkMatch(at.key("match"), b.Match)
	l.checkTimezone(at.key("timezone"), b.Timezone)
	l.checkEndpoint(at.key("s3").key("endpoint"), string(b.S3.Endpoint))
}

// checkPlace checks the location in text, and that the section at has no options
// for another kind of place. It never quotes more of a URL than its scheme: a URL
// may contain a password.
func (l *loader) checkPlace(at, key *path, text string, kinds place.Kinds) {
	kind, err := kinds.Find(text)
	switch {
	case hasControl(text):
		l.invalid(key, "contains a control character (want %s)", kinds.Forms())
		return
	case err != nil:
		l.invalid(key, "%v", err)
		return
	case place.Scheme(text) == "":
		l.checkPath(key, text)
	default:
		if err := kind.Check(text); err != nil {
			l.invalid(key, "%v", err)
		}
	}
	for _, section := range kinds.Sections() {
		if options := at.key(section); section != kind.Section && l.given(options) {
			l.invalid(options, "has options for %s, but %s names another kind of place", kinds.With(section).Forms(), key.text)
		}
	}
}

func (l *loader) checkMatch(at *path, match string) {
	if !l.given(at) {
		return
	}
	_, err := filepath.Match(match, "")
	switch {
	case match == "":
		l.invalid(at, "is empty (omit it to match everything that looks like a backup)")
	case strings.Contains(match, "/"):
		l.invalid(at, "%s contains a slash, but is matched against the base name (put directories in from)", quoted(match))
	case err != nil:
		l.invalid(at, "%s is not a valid glob (want * ? [a-z], such as shop-*.dump)", quoted(match))
	}
}

func (l *loader) checkTimezone(at *path, name string) {
	if !l.given(at) {
		return
	}
	if zone, err := snapshot.LoadZone(name); err != nil || zone == nil {
		l.invalid(at, "%s is not a time zone of the IANA database (want a name such as America/New_York or UTC)", quoted(name))
	}
}

func (l *loader) checkEndpoint(at *path, endpoint string) {
	if !l.given(at) {
		return
	}
	if err := CheckEndpoint(endpoint); err != nil {
		l.invalid(at, "%s", err)
	}
}

// CheckEndpoint returns what is wrong with the URL of an object store. Its text is the
// end of a sentence that begins with a config key. It never quotes the URL, which may
// contain a password.
func CheckEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return errors.New("is not the URL of an object store (want https://host or http://host:port)")
	case u.User != nil:
		return errors.New("contains credentials (provide them through the SDK's usual chain, such as AWS_ACCESS_KEY_ID)")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("has a query or a fragment (want https://host or http://host:port)")
	}
	return nil
}
