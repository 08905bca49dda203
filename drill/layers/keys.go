package layers

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/layers/agefile"
	"github.com/drillgres/drillgres/drill/layers/databasus"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/layers/pgp"
	"github.com/drillgres/drillgres/drill/layers/zipfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

// The names of encryptions.
const (
	Age       = "age"
	OpenPGP   = "openpgp"
	OpenSSL   = "openssl"
	Databasus = "databasus"
	Zip       = "zip"
)

// Keyring holds the keys of a config, each kind in the config's order.
type Keyring struct {
	Age       []*agefile.Key
	OpenPGP   []*pgp.Key
	OpenSSL   []*opensslenc.Key
	Databasus []*databasus.Key
	Zip       []*zipfile.Key

	// Unusable says why keys of the config could not be read, by kind.
	Unusable map[string][]string
	// Findings are about the files of the keys. They count if an encryption was opened.
	Findings []outcome.Finding
	// Required makes it the backup's failure if no key opens it.
	Required bool
}

// Fingerprints returns what identifies the keys, without revealing anything of them. A
// passphrase has no fingerprint.
func (k Keyring) Fingerprints() (all []string) {
	add := func(fingerprints string) {
		for one := range strings.SplitSeq(fingerprints, ", ") {
			if one != "passphrase" {
				all = append(all, one)
			}
		}
	}
	for _, key := range k.Age {
		add(key.Fingerprint())
	}
	for _, key := range k.OpenPGP {
		add(key.Fingerprint())
	}
	for _, key := range k.Databasus {
		add(key.Fingerprint())
	}
	return all
}

// decrypted is the inside of an encryption.
type decrypted struct {
	io.Reader
	key      string
	findings func() []outcome.Finding
	trailing func() int64
}

// decrypt opens an encryption. It returns nil if none of those that can be opened is there.
func (o Opener) decrypt(in opened) (*level, error) {
	var name string
	var open func() (decrypted, error)
	switch k := o.Keys; {
	case agefile.Detect(in.head):
		name, open = Age, func() (d decrypted, err error) {
			p, err := agefile.Open(in.br, k.Age)
			if err != nil {
				return d, err
			}
			return decrypted{p, p.Fingerprint, func() []outcome.Finding { return p.Findings }, p.Trailing}, nil
		}
	case pgp.Detect(in.head):
		name, open = OpenPGP, func() (d decrypted, err error) {
			p, err := pgp.Open(in.br, k.OpenPGP)
			if err != nil {
				return d, err
			}
			return decrypted{p, p.Fingerprint, func() []outcome.Finding { return p.Findings }, p.Trailing}, nil
		}
	case opensslenc.Detect(in.head):
		name, open = OpenSSL, func() (d decrypted, err error) {
			p, err := opensslenc.Open(in.br, k.OpenSSL, isPlausible)
			if err != nil {
				return d, err
			}
			return decrypted{p, p.Fingerprint, nil, p.Trailing}, nil
		}
	case databasus.Detect(in.head):
		name, open = Databasus, func() (d decrypted, err error) {
			p, err := databasus.Open(in.br, k.Databasus, o.IDs)
			if err != nil {
				return d, err
			}
			return decrypted{p, p.Key.Fingerprint(), nil, nil}, nil
		}
	default:
		return nil, nil
	}
	d, err := open()
	if err != nil {
		return nil, o.Keys.explain(name, err)
	}
	findings := func() []outcome.Finding {
		found := slices.Clone(o.Keys.Findings)
		if d.findings != nil {
			found = append(found, d.findings()...)
		}
		return found
	}
	return &level{Layer: Layer{Name: name, Key: d.key}, r: d, findings: findings, trailing: d.trailing}, nil
}

// explain adds to a failure about keys why some of the config's could not be used.
func (k Keyring) explain(kind string, err error) error {
	var f *outcome.Failure
	if !errors.As(err, &f) || f.Code != outcome.KeyMissing && f.Code != outcome.KeyWrong {
		return err
	}
	named := *f
	if unusable := k.Unusable[kind]; len(unusable) > 0 {
		named.Code, named.Err = outcome.KeyMissing, fmt.Errorf("%w; %s", f.Err, strings.Join(unusable, "; "))
		named.Hint = "correct the key in backup.keys, or let the user who runs drillgres read its file"
	}
	if k.Required {
		named.Fault = outcome.ClassBackup
	}
	return &named
}
