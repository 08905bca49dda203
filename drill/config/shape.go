package config

import (
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

var shapes = map[yaml.Kind]string{
	yaml.MappingNode:  "a mapping",
	yaml.SequenceNode: "a list",
	yaml.ScalarNode:   "a single value",
}

// wanted describes how a value of type t is written in the file.
func wanted(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Value]():
		return `a string, "" for an empty one, or {file: path}`
	case reflect.TypeFor[SQL]():
		return "SQL, or {file: path}"
	case reflect.TypeFor[Duration]():
		return "a duration such as 26h, 7d, 2w"
	case reflect.TypeFor[Size]():
		return "a size such as 512MiB, 4GiB, 20GB"
	case reflect.TypeFor[Percent]():
		return "a percentage such as 20%, or off"
	case reflect.TypeFor[Expr]():
		return "an expression"
	case reflect.TypeFor[Build]():
		return "auto, off, or a mapping with packages, repository"
	case reflect.TypeFor[Control]():
		return "the name of a control such as soc2:A1.2, or a mapping with control, every"
	case reflect.TypeFor[Table]():
		return "a mapping, {} if the table only has to exist"
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
		return "a string"
	}
}

// fieldsOf returns the keys of a section, with the index of each field.
func fieldsOf(t reflect.Type) map[string]int {
	fields := map[string]int{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			fields[name] = i
		}
	}
	return fields
}

func sortedKeys(fields map[string]int) []string { return slices.Sorted(maps.Keys(fields)) }
