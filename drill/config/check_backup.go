package config

import (
	"errors"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/producer"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/words"
)

func (l *loader) checkBackup(at *path, b *Backup) {
	from := at.key("from")
	switch {
	case b.Command != nil && b.From != "":
		l.invalid(from, "has no effect beside command (remove one of them)")
	case b.Command != nil:
		l.checkCommandSource(at, b)
	case strings.TrimSpace(string(b.From)) == "":
		l.invalid(from, "is missing (want %s)", l.Sources.Forms())
	default:
		l.checkPlace(at, from, string(b.From), l.Sources)
	}
	l.checkMatch(at.key("match"), b.Match)
	l.checkProducer(at.key("producer"), b.Producer)
	l.checkNotZero(at.key("retention").key("keep"), b.Retention.Keep)
	l.checkNotZero(at.key("retention").key("gap"), b.Retention.Gap)
	l.checkOffsite(at.key("offsite"), b)
	l.checkBackupGlob(at.key("member"), b.Member, "db/*.sql.gz")
	l.checkBackupGlob(at.key("globals"), b.Globals, "globals-*.sql")
	for i, part := range b.Parts {
		l.checkBackupGlob(at.key("parts").at(i), part, "schema-*.sql")
	}
	for i, part := range b.Parts {
		if slices.Contains(b.Parts[:i], part) {
			l.invalid(at.key("parts").at(i), "duplicate glob %q", part)
		}
	}
	if l.given(at.key("parts")) && len(b.Parts) < 2 {
		l.invalid(at.key("parts"), "needs two or more globs (use match for a backup of one file)")
	}
	if len(b.Parts) > 0 && b.Match != "" {
		l.invalid(at.key("match"), "has no effect beside parts (remove one of them)")
	}
	for i, k := range b.Keys {
		l.checkKey(at.key("keys").at(i), k)
	}
	l.checkTimezone(at.key("timezone"), b.Timezone)
	l.checkEndpoint(at.key("s3").key("endpoint"), string(b.S3.Endpoint))
	l.checkPath(at.key("sftp").key("known_hosts"), b.SFTP.KnownHosts)
	l.checkPath(at.key("sftp").key("key_file"), b.SFTP.KeyFile)
	l.checkHeaders(at.key("http").key("headers"), b.HTTP.Headers)
	l.secrets = append(l.secrets, redact.InURL(string(b.From))...)
	l.checkEndpoint(at.key("gcs").key("endpoint"), string(b.GCS.Endpoint))
	l.checkEndpoint(at.key("azure").key("endpoint"), string(b.Azure.Endpoint))
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

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// checkOffsite checks that the store can answer what the section demands: an answer that
// it cannot give would be missing in every check.
func (l *loader) checkOffsite(at *path, b *Backup) {
	if !l.given(at) || b.Command != nil {
		return
	}
	o, section := b.Offsite, ""
	if kind, err := l.Sources.Find(string(b.From)); err == nil {
		section = kind.Section
	}
	switch {
	case section != "s3" && section != "gcs":
		l.invalid(at, "can be checked only for a bucket (want from: s3://bucket/prefix or gs://bucket/prefix)")
	case len(o.NotIn) == 0 && o.NotAccount == "":
		l.invalid(at, "needs not_in or not_account")
	case o.NotAccount != "" && section != "s3":
		l.invalid(at.key("not_account"), "can be checked only on AWS (want from: s3://bucket/prefix)")
	case o.NotAccount != "" && !accountID.MatchString(o.NotAccount):
		l.invalid(at.key("not_account"), "%s is not the id of an AWS account (want 12 digits in quotes)", quoted(o.NotAccount))
	}
	for i, region := range o.NotIn {
		if strings.TrimSpace(region) == "" || hasControl(region) {
			l.invalid(at.key("not_in").at(i), "%s is not a region (want a name such as eu-central-1)", quoted(region))
		}
	}
}

func didYouMean(name string) string {
	if near := words.Nearest(name, producer.Names()); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}

// checkCommandSource checks a command and the keys that a single stream cannot have.
func (l *loader) checkCommandSource(at *path, b *Backup) {
	if len(b.Command.Run) == 0 || b.Command.Run[0] == "" {
		l.invalid(at.key("command").key("run"), "is missing (want the program and its arguments, such as [restic, dump, latest, /shop.dump])")
	}
	for _, key := range []string{"match", "parts", "globals", "retention", "offsite", "s3", "gcs", "azure", "sftp", "http"} {
		if l.given(at.key(key)) {
			l.invalid(at.key(key), "has no effect beside command, which is one backup")
		}
	}
}

// AutoProducer recognizes the backup tool by the layout of its backups.
const AutoProducer = "auto"

func (l *loader) checkProducer(at *path, name string) {
	if !l.given(at) || name == AutoProducer {
		return
	}
	p, ok := producer.Find(name)
	switch {
	case !ok:
		l.invalid(at, "%s is not a known backup tool%s (want auto, or a name of drillgres producers)", quoted(name), didYouMean(name))
	case p.Unusable != "":
		l.invalid(at, "%s cannot be drilled: %s", quoted(name), p.Unusable)
	}
}

func (l *loader) checkBackupGlob(at *path, glob, example string) {
	if !l.given(at) {
		return
	}
	if _, err := filepath.Match(glob, ""); glob == "" || err != nil {
		l.invalid(at, "%s is not a valid glob (want * ? [a-z], such as %s)", quoted(glob), example)
	}
}

// checkKey checks that a key has exactly one kind, and what that kind needs.
func (l *loader) checkKey(at *path, k Key) {
	var kinds []string
	for name, given := range map[string]bool{
		"age": k.Age != nil, "openpgp": k.OpenPGP != nil, "openssl": k.OpenSSL != nil, "databasus": k.Databasus != nil, "zip": k.Zip != nil,
	} {
		if given {
			kinds = append(kinds, name)
		}
	}
	if len(kinds) != 1 {
		l.invalid(at, "needs exactly one of age, openpgp, openssl, databasus and zip")
		return
	}
	for name, file := range map[string]*KeyFile{"age": k.Age, "openpgp": k.OpenPGP, "databasus": k.Databasus, "zip": k.Zip} {
		key := at.key(name)
		switch {
		case file == nil:
		case name == "databasus" && file.File == "":
			l.invalid(key, "needs the path of Databasus' secret.key as file")
		case name == "zip" && (file.File != "" || file.Passphrase == ""):
			l.invalid(key, "needs only a passphrase")
		case file.File == "" && file.Passphrase == "":
			l.invalid(key, "needs a file or a passphrase")
		}
	}
	if k.OpenSSL != nil && l.given(at.key("openssl").key("iterations")) && k.OpenSSL.Iterations < 1 {
		l.invalid(at.key("openssl").key("iterations"), "is not a number of iterations (want 1 or more)")
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
