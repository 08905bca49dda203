package wiring

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/layers/agefile"
	"github.com/drillgres/drillgres/drill/layers/databasus"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/layers/pgp"
	"github.com/drillgres/drillgres/drill/layers/zipfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

// maxKeyFile bounds a file with keys, in bytes.
const maxKeyFile = 4 << 20

// keyringOf reads the keys of a config. A key that cannot be used is a failure only if the
// backup needs it, so the Keyring says why.
func keyringOf(b config.Backup) layers.Keyring {
	ring := layers.Keyring{Required: b.KeysRequired, Unusable: map[string][]string{}}
	for i, k := range b.Keys {
		kind, err := addKey(&ring, k, &ring.Findings)
		if err != nil {
			ring.Unusable[kind] = append(ring.Unusable[kind], fmt.Sprintf("backup.keys[%d] cannot be used: %v", i, err))
		}
	}
	return ring
}

func addKey(ring *layers.Keyring, k config.Key, found *[]outcome.Finding) (kind string, err error) {
	switch {
	case k.Age != nil:
		return layers.Age, add(&ring.Age, k.Age, agefile.Passphrase, agefile.ParseKey, found)
	case k.OpenPGP != nil:
		return layers.OpenPGP, add(&ring.OpenPGP, k.OpenPGP, pgp.Passphrase, pgp.ParseKey, found)
	case k.OpenSSL != nil:
		key, err := opensslenc.NewKey(opensslenc.Options{
			Passphrase: k.OpenSSL.Passphrase.Reveal(), Cipher: k.OpenSSL.Cipher, PBKDF2: k.OpenSSL.PBKDF2, Iterations: k.OpenSSL.Iterations, Digest: k.OpenSSL.Digest,
		})
		if err == nil {
			ring.OpenSSL = append(ring.OpenSSL, key)
		}
		return layers.OpenSSL, err
	case k.Databasus != nil:
		parse := func(file []byte, _ string) (*databasus.Key, error) { return databasus.ParseKey(file) }
		return layers.Databasus, add(&ring.Databasus, k.Databasus, nil, parse, found)
	case k.Zip != nil:
		ring.Zip = append(ring.Zip, zipfile.Passphrase(k.Zip.Passphrase.Reveal()))
		return layers.Zip, nil
	}
	return "", nil
}

// add adds a key: a passphrase alone, or a file.
func add[K any](keys *[]*K, from *config.KeyFile, passphrase func(string) *K, parse func([]byte, string) (*K, error), found *[]outcome.Finding) error {
	if from.File == "" {
		*keys = append(*keys, passphrase(from.Passphrase.Reveal()))
		return nil
	}
	content, err := readKeyFile(string(from.File), found)
	if err != nil {
		return err
	}
	key, err := parse(content, from.Passphrase.Reveal())
	if err != nil {
		return err
	}
	*keys = append(*keys, key)
	return nil
}

// readKeyFile reads a file with a key. That others can read it too is a finding.
func readKeyFile(path string, found *[]outcome.Finding) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // was only read
	const others = 0o077
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&others != 0 && runtime.GOOS != "windows" {
		*found = append(*found, outcome.Finding{
			Code: "key_readable", Message: fmt.Sprintf("the key file %s can be read by other users (mode %04o)", path, info.Mode().Perm()),
			Hint: fmt.Sprintf("run chmod 600 %s", path),
		})
	}
	return io.ReadAll(io.LimitReader(f, maxKeyFile))
}

// KeyringOf reads keys of any kind from files, and a passphrase for every encryption that
// has one. It fails with a usage error if a file has no key.
func KeyringOf(files []string, passphrase string) (layers.Keyring, error) {
	keys, err := KeysOf(files, passphrase)
	return keyringOf(config.Backup{Keys: keys}), err
}

// KeysOf returns the keys of a command line as the config would name them: each file by the
// kind of key that it has, and the passphrase for every encryption that has one. It fails
// with a usage error if a file has no key.
func KeysOf(files []string, passphrase string) (keys []config.Key, err error) {
	for _, name := range files {
		content, err := readKeyFile(name, new([]outcome.Finding))
		if err != nil {
			return keys, keyFailure(name, err)
		}
		key, err := keyIn(name, content, "")
		if err != nil && passphrase != "" {
			key, err = keyIn(name, content, passphrase)
		}
		if err != nil {
			return keys, keyFailure(name, err)
		}
		keys = append(keys, key)
	}
	if passphrase == "" {
		return keys, nil
	}
	alone := &config.KeyFile{Passphrase: config.Value(passphrase)}
	old := false
	return append(keys, config.Key{Age: alone}, config.Key{OpenPGP: alone}, config.Key{Zip: alone},
		config.Key{OpenSSL: &config.OpenSSLKey{Passphrase: alone.Passphrase}},
		config.Key{OpenSSL: &config.OpenSSLKey{Passphrase: alone.Passphrase, PBKDF2: &old}}), nil
}

func keyFailure(file string, err error) error {
	return outcome.Fail(outcome.ConfigInvalid, "--key %s: %w", file, err).
		WithHint("name a file with age identities, an OpenPGP private key, or Databasus' secret.key")
}

// keyIn returns the key in a file, of the kind that its content shows.
func keyIn(file string, content []byte, passphrase string) (config.Key, error) {
	named := &config.KeyFile{File: config.Text(file), Passphrase: config.Value(passphrase)}
	_, ageErr := agefile.ParseKey(content, passphrase)
	if ageErr == nil {
		return config.Key{Age: named}, nil
	}
	if _, err := pgp.ParseKey(content, passphrase); err == nil {
		return config.Key{OpenPGP: named}, nil
	} else if bytes.Contains(content, []byte("PGP")) {
		return config.Key{}, err
	}
	if _, err := databasus.ParseKey(content); err == nil && !bytes.ContainsAny(bytes.TrimSpace(content), "\n ") {
		return config.Key{Databasus: named}, nil
	}
	return config.Key{}, ageErr
}
