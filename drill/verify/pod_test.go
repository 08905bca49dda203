package verify

import (
	"os"
	"testing"

	"github.com/drillgres/drillgres/fixtures/pgserver"
)

// shared is the server for all tests; each has a database of its own.
var shared = pgserver.Shared{Major: "15"}

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }
