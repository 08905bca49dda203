package config

import (
	"fmt"
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// SplitTable parses a table's name as SQL would: schema.table, with parts that have
// capitals or other special characters in double quotes. It returns the parts as the
// catalog stores them.
func SplitTable(name string) (schema, table string, err error) {
	first, rest, err := namePart(name)
	if err == nil && rest == "" {
		return "", "", fmt.Errorf("%s has no schema (want schema.table, such as public.%s)", quoted(name), words.Shorten(name, 40))
	}
	if err == nil && rest[0] == '.' {
		schema = first
		table, rest, err = namePart(rest[1:])
	}
	if err != nil {
		return "", "", fmt.Errorf("%s is not a table: %w", quoted(name), err)
	}
	if rest != "" || schema == "" {
		return "", "", fmt.Errorf(`%s is not a table (want schema.table, with special names quoted: public."Order Items")`, quoted(name))
	}
	return schema, table, nil
}

// namePart parses one part of a name and returns the remainder. Capitals without
// quotes are an error, because SQL would read another name.
func namePart(s string) (part, rest string, err error) {
	part, rest, isQuoted, err := sqltext.CutPart(s)
	if err == nil && !isQuoted && part != strings.ToLower(part) {
		return "", "", fmt.Errorf(`%s has capitals, which SQL folds to lower case (write "%s" in double quotes to keep them)`, part, part)
	}
	return part, rest, err
}
