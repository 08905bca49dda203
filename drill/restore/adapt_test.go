package restore

import "testing"

func TestSetsOwnParameter(t *testing.T) {
	for sql, want := range map[string]bool{
		`ALTER DATABASE shop SET "app.tenant" TO '7';`:                true,
		`ALTER DATABASE "set" SET app.tenant TO '7';`:                 true,
		`ALTER DATABASE shop SET search_path TO 'a.b', 'public';`:     false,
		`ALTER DATABASE shop SET default_transaction_read_only = on;`: false,
		`ALTER ROLE r IN DATABASE shop SET "app.tenant" TO '7';`:      false,
		`ALTER DATABASE shop OWNER TO "a.b";`:                         false,
		`ALTER DATABASE shop SET`:                                     false,
		``:                                                            false,
	} {
		if got := setsOwnParameter(sql); got != want {
			t.Errorf("%s: %t", sql, got)
		}
	}
}
