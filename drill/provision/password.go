package provision

import (
	"crypto/rand"

	"github.com/drillgres/drillgres/drill/redact"
)

// newPassword returns a random password. It has only letters and digits, because
// people paste $(PGPASSWORD) into URLs. 26 characters of base32 hold 130 bits.
func newPassword() redact.Secret { return redact.Secret(rand.Text()) }
