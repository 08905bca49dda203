package config

import (
	"fmt"
	"strings"
)

// SplitTable takes a table's name apart as SQL would: schema.table, parts with
// capitals or other special characters in double quotes. The parts are as the
// catalog holds them.
func SplitTable(name string) (schema, table string, err error) {
	first, rest, err := namePart(name)
	if err == nil && rest == "" {
		return "", "", fmt.Errorf("%s has no schema (want schema.table, such as public.%s)", quoted(name), cut(name))
	}
	if err == nil && rest[0] == '.' {
		schema = first
		table, rest, err = namePart(rest[1:])
	}
	if err != nil {
		return "", "", fmt.Errorf("%s is not a table: %w", quoted(name), err)
	}
	if rest != "" || schema == "" {
		return "", "", fmt.Errorf(`%s is not a table (want schema.table, special parts quoted: public."Order Items")`, quoted(name))
	}
	return schema, table, nil
}

// namePart reads one part of a name and returns what follows it.
func namePart(s string) (part, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		return quotedPart(s[1:])
	}
	end := strings.IndexFunc(s, func(r rune) bool { return !isPlain(r) })
	if end < 0 {
		end = len(s)
	}
	part, rest = s[:end], s[end:]
	switch {
	case part == "":
		return "", "", fmt.Errorf("a part of it is empty or needs double quotes")
	case part != strings.ToLower(part):
		return "", "", fmt.Errorf(`%s has capitals, which SQL reads as small letters (want "%s" in double quotes if they are meant)`, part, part)
	}
	return part, rest, nil
}

func isPlain(r rune) bool {
	return r == '_' || r == '$' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 127
}

func quotedPart(s string) (part, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		if b.Len() == 0 {
			return "", "", fmt.Errorf("a part of it is empty")
		}
		return b.String(), s[i+1:], nil
	}
	return "", "", fmt.Errorf("a double quote is not closed")
}

func cut(s string) string {
	const most = 40
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
