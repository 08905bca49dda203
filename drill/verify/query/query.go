// Package query reads the result of a query of the config, in the types of
// expressions.
package query

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/words"
)

// Limits of a result.
const (
	maxRows  = 1000
	maxBytes = 16 << 20
)

// Result is the result of a query, as expressions see it.
type Result struct {
	Value any              // the first column of the first row, or nil
	Rows  []map[string]any // by column name
	More  bool             // the query returned more rows than Rows holds
}

// Read reads the first 1,000 rows of a result and closes it. A result of
// more than 16 MiB is an error.
func Read(rows pgx.Rows) (Result, error) {
	defer rows.Close()
	result := Result{Rows: []map[string]any{}}
	size := 0
	for rows.Next() {
		if len(result.Rows) == maxRows {
			result.More = true
			break
		}
		for _, raw := range rows.RawValues() {
			size += len(raw)
		}
		if size > maxBytes {
			return result, errors.New("the result is larger than 16 MiB")
		}
		values, err := rows.Values()
		if err != nil {
			return result, fmt.Errorf("read the result: %w", err)
		}
		result.add(rows, values)
	}
	rows.Close()
	return result, rows.Err()
}

func (r *Result) add(rows pgx.Rows, values []any) {
	row := make(map[string]any, len(values))
	for i, field := range rows.FieldDescriptions() {
		row[field.Name] = native(values[i])
	}
	if len(r.Rows) == 0 && len(values) > 0 {
		r.Value = native(values[0])
	}
	r.Rows = append(r.Rows, row)
}

// String returns the value of a single row, shortened, or the number of rows.
func (r Result) String() string {
	switch {
	case len(r.Rows) == 0:
		return "no rows"
	case r.More:
		return fmt.Sprintf("more than %d rows", maxRows)
	case len(r.Rows) > 1:
		return words.Count(len(r.Rows), "row")
	}
	return showValue(r.Value)
}

func showValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return words.Shorten(strconv.Quote(v), 200)
	case time.Time:
		return v.Format(time.RFC3339)
	}
	return words.Shorten(fmt.Sprint(v), 200)
}
