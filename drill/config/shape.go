package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var shapes = map[yaml.Kind]string{
	yaml.MappingNode:  "a mapping",
	yaml.SequenceNode: "a list",
	yaml.ScalarNode:   "a single value",
}

// wanted says what a value of type t looks like in the file.
func wanted(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Value]():
		return `a text, "" for an empty one, or {file: path}`
	case reflect.TypeFor[Duration]():
		return "a duration such as 26h, 7d, 2w"
	case reflect.TypeFor[Size]():
		return "a size such as 512MiB, 4GiB, 20GB"
	case reflect.TypeFor[Percent]():
		return "a share such as 20%, or off"
	case reflect.TypeFor[Expr]():
		return "an expression"
	case reflect.TypeFor[Table]():
		return "a mapping, {} if the table need only be there"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	default:
		return "a text"
	}
}

// fieldsOf are the keys of a section, with the index of their field.
func fieldsOf(t reflect.Type) map[string]int {
	fields := map[string]int{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			fields[name] = i
		}
	}
	return fields
}

func sortedKeys(fields map[string]int) string {
	return strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
}

// nearest is the key that was probably meant by name; empty if none is near.
func nearest(name string, fields map[string]int) string {
	best, near := 1+max(1, len(name)/3), ""
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if d := distance(strings.ToLower(name), key); d < best {
			best, near = d, key
		}
	}
	return near
}

// distance is the Levenshtein distance of a and b, in bytes.
func distance(a, b string) int {
	const longest = 64
	if len(a) > longest {
		return longest
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
