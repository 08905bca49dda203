package provision

import (
	"crypto/rand"

	"github.com/drillgres/drillgres/drill/redact"
)

// newPassword is random, and has letters and digits only: people paste
// $(PGPASSWORD) into URLs. 26 characters of base32 carry 130 bits.
func newPassword() redact.Secret { return redact.Secret(rand.Text()) }
