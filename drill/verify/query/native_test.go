package query

import (
	"math"
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
)

func TestNative(t *testing.T) {
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	cases := []struct{ pgx, want any }{
		{nil, nil},
		{int16(3), 3},
		{int64(math.MaxInt64), math.MaxInt64},
		{float32(1.5), 1.5},
		{pgtype.Numeric{Int: big.NewInt(1250), Exp: -2, Valid: true}, 12.5},
		{pgtype.Numeric{Int: big.NewInt(1200), Exp: -2, Valid: true}, 12},
		{pgtype.Numeric{Int: big.NewInt(12), Exp: 3, Valid: true}, 12000},
		{pgtype.Numeric{Int: huge, Valid: true}, 1.2345678901234568e29},
		{pgtype.Numeric{InfinityModifier: pgtype.NegativeInfinity, Valid: true}, math.Inf(-1)},
		{pgtype.Numeric{}, nil},
		{pgtype.Interval{Months: 1, Days: 2, Microseconds: 3, Valid: true}, 32*24*time.Hour + 3*time.Microsecond},
		{[16]byte{0xa0, 15: 1}, "a0000000-0000-0000-0000-000000000001"},
		{[]byte{0xde, 0xad}, "dead"},
		{netip.MustParsePrefix("10.0.0.1/32"), "10.0.0.1"},
		{netip.MustParsePrefix("10.0.0.0/8"), "10.0.0.0/8"},
		{pgtype.Infinity, "infinity"},
		{pgtype.Time{Microseconds: 3_600_000_000, Valid: true}, "01:00:00.000000"},
		{[]any{int32(1), []any{nil, "x"}}, []any{1, []any{nil, "x"}}},
		{map[string]any{"n": float64(2), "deep": []any{int64(1)}}, map[string]any{"n": 2.0, "deep": []any{1}}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, native(c.pgx)); diff != "" {
			t.Errorf("%#v (-want +got):\n%s", c.pgx, diff)
		}
	}
	if f, ok := native(pgtype.Numeric{NaN: true, Valid: true}).(float64); !ok || !math.IsNaN(f) {
		t.Errorf("NaN became %v", f)
	}
}

func TestResultString(t *testing.T) {
	row := map[string]any{"a": 1}
	cases := []struct {
		result Result
		want   string
	}{
		{Result{}, "no rows"},
		{Result{Value: 7, Rows: []map[string]any{row}}, "7"},
		{Result{Value: "x", Rows: []map[string]any{row}}, `"x"`},
		{Result{Rows: []map[string]any{row}}, "null"},
		{Result{Value: 7, Rows: []map[string]any{row, row}}, "2 rows"},
		{Result{Value: 7, Rows: []map[string]any{row}, More: true}, "more than 1000 rows"},
	}
	for _, c := range cases {
		if got := c.result.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
