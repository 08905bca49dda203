package config

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/snapshot"
)

var (
	scheme     = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$`)
)

func (l *loader) checkBackup(at *path, b *Backup) {
	l.checkFrom(at.key("from"), string(b.From))
	l.checkMatch(at.key("match"), b.Match)
	l.checkTimezone(at.key("timezone"), b.Timezone)
	l.checkEndpoint(at.key("s3").key("endpoint"), string(b.S3.Endpoint))
}

// checkFrom never quotes more than a scheme or bucket: URLs hold passwords.
func (l *loader) checkFrom(at *path, from string) {
	const want = "want s3://bucket/prefix, file:///dir, or a path relative to this file"
	m := scheme.FindStringSubmatch(from)
	switch {
	case strings.TrimSpace(from) == "":
		l.bad(at, "is missing (%s)", want)
	case hasControl(from):
		l.bad(at, "holds a control character (%s)", want)
	case m == nil:
		l.checkPath(at, from)
	case m[1] == "s3":
		bucket, _, _ := strings.Cut(strings.TrimPrefix(from, "s3://"), "/")
		if !bucketName.MatchString(bucket) {
			l.bad(at, "has no bucket that a store could have (want s3://bucket/prefix; credentials come from the SDK's usual chain)")
		}
	case m[1] == "file":
		if !strings.HasPrefix(from, "file:///") {
			l.bad(at, "names a host (want file:///dir with three slashes, or a path relative to this file)")
		}
	default:
		l.bad(at, "%s:// is no kind of source that this version reads (%s)", m[1], want)
	}
}

func (l *loader) checkMatch(at *path, match string) {
	if !l.given(at) {
		return
	}
	_, err := filepath.Match(match, "")
	switch {
	case match == "":
		l.bad(at, "is empty (leave it out for everything that looks like a backup)")
	case strings.Contains(match, "/"):
		l.bad(at, "%s has a slash, but is compared with the base name (put directories into from)", quoted(match))
	case err != nil:
		l.bad(at, "%s is not a glob (want * ? [a-z], such as shop-*.dump)", quoted(match))
	}
}

func (l *loader) checkTimezone(at *path, name string) {
	if !l.given(at) {
		return
	}
	if zone, err := snapshot.LoadZone(name); err != nil || zone == nil {
		l.bad(at, "%s is not a time zone of the IANA database (want a name such as America/New_York or UTC)", quoted(name))
	}
}

func (l *loader) checkEndpoint(at *path, endpoint string) {
	if !l.given(at) {
		return
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		l.bad(at, "is not a URL of an object store (want https://host or http://host:port)")
	case u.User != nil:
		l.bad(at, "holds credentials (give them by the SDK's usual chain, such as AWS_ACCESS_KEY_ID)")
	case u.RawQuery != "" || u.Fragment != "":
		l.bad(at, "has a query (want https://host or http://host:port)")
	}
}
