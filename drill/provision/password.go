package provision

import (
	"crypto/rand"
	"strings"

	"github.com/drillgres/drillgres/drill/redact"
)

// newPassword returns a random password. It has only letters and digits, because
// people paste $(PGPASSWORD) into URLs. 26 characters of base32 hold 130 bits.
func newPassword() redact.Secret { return redact.Secret(rand.Text()) }

// SuperuserPrefix is the beginning of the name of every sandbox's superuser.
const SuperuserPrefix = "drillgres_"

// newSuperuser returns a random name for the sandbox's superuser. Production may have
// a role of any fixed name: as an owner in the dump, as a role that the dump creates,
// or as the application's. The name needs no quotes in SQL.
func newSuperuser() string { return SuperuserPrefix + strings.ToLower(rand.Text()[:16]) }
