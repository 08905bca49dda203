package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/place"
)

// written returns a section as the config has it: paths from the directory of the config,
// and only keys of the encryption that the backup has.
func (s *survey) written(section config.Backup, source inspect.Source) config.Backup {
	section.From = config.Text(s.fromConfig(string(section.From)))
	keys, encryption := section.Keys, source.Encryption()
	if encryption == "" && source.Key != "" && slices.Contains(source.Layers, layers.Zip) {
		encryption = layers.Zip
	}
	section.Keys = nil
	for _, k := range keys {
		if k = s.keyFromConfig(k); opens(k, encryption) {
			section.Keys = append(section.Keys, k)
		}
	}
	return section
}

// fromConfig returns a path of the command line as seen from the directory of the config.
func (s *survey) fromConfig(target string) string {
	if place.Scheme(target) != "" || filepath.IsAbs(target) || s.output == standardOutput {
		return target
	}
	relative, err := filepath.Rel(filepath.Dir(s.output), target)
	if err != nil {
		return target
	}
	if relative = filepath.ToSlash(relative); relative == ".." || strings.HasPrefix(relative, "../") {
		return relative
	}
	if relative == "." {
		return relative
	}
	return "./" + strings.TrimPrefix(relative, "./")
}

func (s *survey) keyFromConfig(k config.Key) config.Key {
	for _, f := range []**config.KeyFile{&k.Age, &k.OpenPGP, &k.Databasus, &k.Zip} {
		if *f != nil && (*f).File != "" {
			moved := **f
			moved.File = config.Text(strings.TrimPrefix(s.fromConfig(string(moved.File)), "./"))
			*f = &moved
		}
	}
	return k
}

// opens reports whether a key is of an encryption.
func opens(k config.Key, encryption string) bool {
	return map[string]bool{
		layers.Age: k.Age != nil, layers.OpenPGP: k.OpenPGP != nil, layers.OpenSSL: k.OpenSSL != nil, layers.Databasus: k.Databasus != nil, layers.Zip: k.Zip != nil,
	}[encryption]
}
