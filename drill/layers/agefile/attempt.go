package agefile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"filippo.io/age"

	"github.com/drillgres/drillgres/drill/words"
)

const (
	stanzaScrypt = "scrypt"
	// maxWorkFactor limits scrypt's work factor, a logarithm: one more doubles time and
	// memory. 18, age's default, takes 256 MiB, and 20 takes 1 GiB.
	maxWorkFactor = 20
	maxNamed      = 5 // recipients that a message names
)

// attempt is an age.Identity that tries all keys and remembers which one was right.
type attempt struct {
	keys []*Key

	key         *Key // the right one
	fingerprint string
	stanzas     []*age.Stanza // that the header has
	tooMuchWork bool
	err         error // of a malformed stanza
}

// Unwrap implements age.Identity. A stanza that one key cannot parse does not keep the
// next key from being tried.
func (a *attempt) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	a.stanzas = stanzas
	if len(a.keys) > 0 && slices.ContainsFunc(stanzas, isTooMuchWork) {
		a.tooMuchWork = true
		return nil, age.ErrIncorrectIdentity
	}
	for _, k := range a.keys {
		for _, id := range k.identities {
			fileKey, err := id.Unwrap(stanzas)
			switch {
			case err == nil:
				a.key, a.fingerprint = k, id.fingerprint
				return fileKey, nil
			case !errors.Is(err, age.ErrIncorrectIdentity):
				a.err = errors.New("a recipient in it is malformed")
			}
		}
	}
	return nil, age.ErrIncorrectIdentity
}

func isTooMuchWork(s *age.Stanza) bool {
	if s.Type != stanzaScrypt || len(s.Args) != 2 {
		return false
	}
	logN, err := strconv.Atoi(s.Args[1])
	return err == nil && logN > maxWorkFactor
}

// asksFor names the recipients in the header. SSH recipients have a short hash of their
// public key, the others are anonymous.
func (a *attempt) asksFor() string {
	var names []string
	for _, s := range a.stanzas {
		name := recipientName(s)
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ": it asks for " + words.List(names, maxNamed)
}

// recipientName returns an empty string for stanzas that age adds as noise, and for those of
// plugins, whose names are the file's own words.
func recipientName(s *age.Stanza) string {
	switch s.Type {
	case stanzaScrypt:
		return "a passphrase (scrypt)"
	case "X25519":
		return "an age1… key"
	case "mlkem768x25519":
		return "an age1pq1… key"
	case "ssh-ed25519", "ssh-rsa":
		if len(s.Args) > 0 && len(s.Args[0]) == 6 { // base64 of four bytes
			return fmt.Sprintf("the %s key with tag %s", s.Type, s.Args[0])
		}
		return "an " + s.Type + " key"
	case "piv-p256":
		return "a key of a hardware token (piv-p256)"
	}
	return ""
}
