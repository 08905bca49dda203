package query

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// native converts a value decoded by pgx to a type of expressions: int, float64,
// bool, string, time.Time, time.Duration, nil, and lists and maps of these.
func native(v any) any {
	switch v := v.(type) {
	case nil, bool, string, int, float64, time.Time:
		return v
	case int16:
		return int(v)
	case int32:
		return int(v)
	case int64:
		return int(v)
	case uint32:
		return int(v)
	case float32:
		return float64(v)
	case pgtype.Numeric:
		return number(v)
	case pgtype.Interval:
		return interval(v)
	case [16]byte:
		return pgtype.UUID{Bytes: v, Valid: true}.String()
	case []byte:
		return hex.EncodeToString(v)
	case netip.Prefix:
		return address(v)
	case pgtype.InfinityModifier:
		return v.String()
	case []any:
		return list(v)
	case map[string]any:
		return dictionary(v)
	case driver.Valuer:
		return valued(v)
	}
	return fmt.Sprint(v)
}

// number returns an int for a whole number that fits, or else a float64.
func number(n pgtype.Numeric) any {
	if !n.Valid {
		return nil
	}
	if n.NaN {
		return math.NaN()
	}
	if n.InfinityModifier != pgtype.Finite {
		return math.Inf(int(n.InfinityModifier))
	}
	if n.Exp > -1000 && n.Exp < 1000 {
		if whole, ok := wholeNumber(n); ok {
			return whole
		}
	}
	f, err := n.Float64Value()
	if err != nil {
		return math.NaN()
	}
	return f.Float64
}

func wholeNumber(n pgtype.Numeric) (int, bool) {
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n.Exp, -n.Exp))), nil)
	whole := new(big.Int)
	if n.Exp >= 0 {
		whole.Mul(n.Int, ten)
	} else if _, rest := whole.QuoRem(n.Int, ten, new(big.Int)); rest.Sign() != 0 {
		return 0, false
	}
	if !whole.IsInt64() {
		return 0, false
	}
	return int(whole.Int64()), true
}

// interval returns a duration. A month counts as 30 days, as in comparisons of
// Postgres.
func interval(i pgtype.Interval) any {
	if !i.Valid {
		return nil
	}
	days := int64(i.Days) + 30*int64(i.Months)
	return time.Duration(days)*24*time.Hour + time.Duration(i.Microseconds)*time.Microsecond
}

// address returns the network, or only the address for a single host.
func address(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

func list(values []any) []any {
	natives := make([]any, len(values))
	for i, v := range values {
		natives[i] = native(v)
	}
	return natives
}

func dictionary(values map[string]any) map[string]any {
	natives := make(map[string]any, len(values))
	for k, v := range values {
		natives[k] = native(v)
	}
	return natives
}

// valued formats types that implement driver.Valuer: time of day, ranges,
// geometry.
func valued(v driver.Valuer) any {
	value, err := v.Value()
	if err != nil {
		return fmt.Sprint(v)
	}
	if text, ok := value.([]byte); ok {
		return string(text)
	}
	return value
}
