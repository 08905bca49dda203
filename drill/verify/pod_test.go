package verify

import (
	"os"
	"testing"

	"github.com/drillgres/drillgres/fixtures/pgserver"
)

// shared is the server of all tests. Each test has its own database.
var shared = pgserver.Shared{Major: "15"}

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }
