package pgp

import (
	"fmt"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/drillgres/drillgres/drill/outcome"
)

// findings returns what is wrong with the key that opened a message. It does not keep the
// key from decrypting, for gpg neither.
func (s *session) findings() []outcome.Finding {
	if s.private == nil {
		return nil
	}
	var found []outcome.Finding
	if s.private.isRevoked(time.Now()) {
		found = append(found, outcome.Finding{
			Code:    "key_revoked",
			Message: fmt.Sprintf("the key %s, which opens the backup, is revoked", s.fingerprint()),
			Hint:    "encrypt backups to another key, and keep this one for as long as backups need it",
		})
	}
	if at := s.private.expiry(); !at.IsZero() && at.Before(time.Now()) {
		found = append(found, outcome.Finding{
			Code:    "key_expired",
			Message: fmt.Sprintf("the key %s, which opens the backup, expired on %s", s.fingerprint(), at.UTC().Format(time.DateOnly)),
			Hint:    "extend the key's expiry date, and give the backup job the renewed public key",
		})
	}
	return found
}

func (p *private) isRevoked(now time.Time) bool {
	return p.entity.Revoked(now) || p.sub != nil && p.sub.Revoked(p.binding(), now)
}

// binding returns the signature that binds the subkey, or nil.
func (p *private) binding() *packet.Signature {
	if p.sub == nil {
		return nil
	}
	sig, err := p.sub.LatestValidBindingSignature(time.Time{}, lenient)
	if err != nil {
		return nil
	}
	return sig
}

// expiry returns when the primary key or the subkey expires, whichever is first. The zero
// time means never.
func (p *private) expiry() (first time.Time) {
	primary, err := p.entity.PrimarySelfSignature(time.Time{}, lenient)
	if err == nil {
		first = expiry(p.entity.PrimaryKey, primary)
	}
	if sig := p.binding(); sig != nil {
		if at := expiry(&p.PublicKey, sig); first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

func expiry(key *packet.PublicKey, sig *packet.Signature) time.Time {
	if sig.KeyLifetimeSecs == nil || *sig.KeyLifetimeSecs == 0 {
		return time.Time{}
	}
	return key.CreationTime.Add(time.Duration(*sig.KeyLifetimeSecs) * time.Second)
}
