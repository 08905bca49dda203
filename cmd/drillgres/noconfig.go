package main

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// withoutConfig returns a failure that does not speak of keys of the config, which has no
// part in what the command line names.
func withoutConfig(err error) error {
	var f *outcome.Failure
	if !errors.As(err, &f) {
		return err
	}
	named := *f
	if text := f.Error(); configKey.MatchString(text) {
		named.Err = errors.New(withoutKeys.Replace(text))
	}
	named.Hint = hintWithoutConfig(f.Code, f.Remedy())
	return &named
}

// resultWithoutConfig is withoutConfig for a result. What its findings advise about the
// config is for a later one.
func resultWithoutConfig(r outcome.Result) outcome.Result {
	if r.Failure != nil {
		f := *r.Failure
		f.Message, f.Hint = withoutKeys.Replace(f.Message), hintWithoutConfig(f.Code, f.Hint)
		r.Failure = &f
	}
	r.Findings = slices.Clone(r.Findings)
	for i, f := range r.Findings {
		if configKey.MatchString(f.Hint) {
			r.Findings[i].Hint = "after drillgres init: " + f.Hint
		}
	}
	return r
}

// hintWithoutConfig returns a hint for a failure that does not speak of the config.
func hintWithoutConfig(code outcome.Code, hint string) string {
	switch {
	case !configKey.MatchString(hint):
		return hint
	case withoutKeys.Replace(hint) == bucketHint:
		return bucketHint
	case code != outcome.ConfigInvalid && hintsWithoutConfig[code] != "":
		return hintsWithoutConfig[code]
	case !configKey.MatchString(withoutKeys.Replace(hint)):
		return withoutKeys.Replace(hint)
	}
	return cmp.Or(hintsWithoutConfig[code], "see drillgres explain "+string(code))
}

// bucketHint is the hint for a bucket that does not exist.
const bucketHint = "correct the name of the bucket, or name its store with --s3-endpoint if it is not AWS"

// withoutKeys replaces keys of the config by what the command line has for them.
var withoutKeys = strings.NewReplacer(
	"correct backup.from, or backup.s3.region and backup.s3.endpoint", bucketHint,
	"set --backup to the path of a backup, or to a key at the source without a leading ./", "name an existing file or object",
	"set --backup to the key of an existing backup", "name an existing object", "set --backup to the whole key of one of them", "name one by its whole URL",
	"drill the dump of a database: set backup.match to its name", "name the dump of a database instead",
	"backup.from", "FILE|URL", "backup.keys", "--key", "backup.member", "--member", "backup.database", "--database",
	"backup.s3.endpoint", "--s3-endpoint", "set postgres.image to", "name with --image", "postgres.image", "--image",
	"set postgres.version to", "name with --postgres", "postgres.version", "--postgres", "record.history", "--history",
)

// configKey matches a key of the config in a text.
var configKey = regexp.MustCompile(`\b(backup|work|verify|postgres|restore|record|budget|app|images)\.[a-z]|--backup`)

// hintsWithoutConfig holds what to do about a file, for failures whose usual hint is
// about the config.
var hintsWithoutConfig = map[outcome.Code]string{
	outcome.SourceNotFound:       "name an existing file or object",
	outcome.ImageUnavailable:     "name an image that this machine has or can pull with --image",
	outcome.ImageWrongMajor:      "name an image of production's major version with --image, or that version with --postgres",
	outcome.ExtensionUnavailable: "name an image that has the extension with --image",
	outcome.BackupMissing:        "name an existing file or object",
	outcome.ConfigInvalid:        "name a local file, or an s3://, sftp:// or https:// URL",
	outcome.NotADump:             "look at the first bytes of the file: if it is encrypted or packed, decrypt or unpack it first",
	outcome.DumpCorrupt:          "treat this backup as damaged: inspect an older one, and check the storage",
	outcome.StreamCorrupt:        "treat this backup as damaged: inspect an older one, and check the storage",
	outcome.DumpNoData:           "check which database the backup job dumps and that it runs without --schema-only",
	outcome.KeyMissing:           "name the key with --key, or the file with its passphrase with --passphrase-file",
	outcome.KeyWrong:             "name the key to which the backup job encrypts with --key",
	outcome.MemberAmbiguous:      "name the one that is the dump with --member",
	outcome.MemberMissing:        "name the member that is the dump with --member, or find out why the backup job packs none",
	outcome.DumpTooNew:           "dump with the pg_dump of production's major version",
}
