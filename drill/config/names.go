package config

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"
)

// NamesIn returns the sorted names of the databases in a config file. It reads
// nothing else of it: the file may refer to variables that are not set. It
// returns an error if the file cannot be read or is not YAML.
func NamesIn(path string) ([]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Databases map[string]yaml.Node `yaml:"databases"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return slices.Sorted(maps.Keys(file.Databases)), nil
}
