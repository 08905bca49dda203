package databasus

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	iterations  = 100_000
	keySize     = 32
	maxKeyFile  = 64 << 10
	fingerprint = 6 // bytes
	// fingerprintDomain keeps the fingerprint apart from every other hash of the secret.
	fingerprintDomain = "drillgres databasus key fingerprint\x00"
)

// Key is the secret key of an instance of Databasus. It never prints it.
type Key struct {
	secrets []string // the file as it is, and without white space around it if it has some
}

// ParseKey parses the file secret.key in the data directory of Databasus. Databasus uses
// the bytes of the file as they are and writes no line end; an editor or a secret store may
// have added one to a copy, so the bytes without white space around them are tried too. The
// errors contain nothing of the file.
func ParseKey(file []byte) (*Key, error) {
	trimmed := bytes.TrimSpace(file)
	switch {
	case len(trimmed) == 0:
		return nil, errors.New("the secret key of Databasus is empty")
	case len(file) > maxKeyFile:
		return nil, errors.New("the file is too large for a secret key of Databasus")
	}
	k := &Key{secrets: []string{string(trimmed)}}
	if len(trimmed) != len(file) {
		k.secrets = append(k.secrets, string(file))
	}
	return k, nil
}

// Fingerprint returns "SHA256:" and a short hash that identifies the key and reveals
// nothing about it, because the key that Databasus generates is random.
func (k Key) Fingerprint() string {
	if len(k.secrets) == 0 {
		return "none"
	}
	sum := sha256.Sum256([]byte(fingerprintDomain + k.secrets[0]))
	return "SHA256:" + hex.EncodeToString(sum[:fingerprint])
}

// Format prints the fingerprint for every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.Fingerprint()) }

// String returns the fingerprint.
func (k Key) String() string { return k.Fingerprint() }

// MarshalJSON encodes the fingerprint.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.Fingerprint()) }

// derive returns the key of one backup.
func derive(secret, id string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(sha256.New, secret+id, salt, iterations, keySize)
}

const uuid = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`

var (
	anUUID  = regexp.MustCompile(uuid)
	allUUID = regexp.MustCompile(`^` + uuid + `$`)
)

// normalise returns the ids that are UUIDs, as Databasus writes them, without duplicates.
func normalise(ids []string) (all []string) {
	for _, id := range ids {
		if id = strings.ToLower(id); allUUID.MatchString(id) && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// IDs returns the UUIDs that may be that of a backup, the likeliest first: backupId in the
// JSON of its file NAME.metadata (nil if there is none), then those in the name of the
// object. Its name is DATABASE-DATE-TIME-UUID, and was the bare UUID until version 3.7.
func IDs(name string, metadata []byte) []string {
	var known struct {
		ID string `json:"backupId"`
	}
	_ = json.Unmarshal(metadata, &known) // a damaged file names no id
	inName := anUUID.FindAllString(name, -1)
	slices.Reverse(inName)
	return normalise(append([]string{known.ID}, inName...))
}

// checkCandidates returns key_missing if there is nothing to try.
func checkCandidates(keys []*Key, ids []string) error {
	switch {
	case len(keys) == 0:
		return outcome.Fail(outcome.KeyMissing, "the backup is encrypted by Databasus, and backup.keys has no key for it").
			WithHint("add secret.key of the data directory of Databasus to backup.keys: in a disaster without it, the backup is lost")
	case len(ids) == 0:
		return outcome.Fail(outcome.KeyMissing, "the backup is encrypted by Databasus with a key for its UUID, which neither its name nor a .metadata file contains").
			WithHint("keep the name that Databasus gave the backup, or its .metadata file beside it: in a disaster without the UUID, the backup is lost")
	}
	return nil
}

func errWrongKey(keys []*Key, ids []string) error {
	prints := make([]string, 0, len(keys))
	for _, k := range keys {
		prints = append(prints, k.Fingerprint())
	}
	return outcome.Fail(outcome.KeyWrong, "none of the keys in backup.keys (%s) opens the backup %s, which is encrypted by Databasus", strings.Join(prints, ", "), strings.Join(ids, ", ")).
		WithHint("add secret.key of the instance that made the backup to backup.keys, and keep the backup's name: in a disaster with only these keys, the backup is lost")
}
