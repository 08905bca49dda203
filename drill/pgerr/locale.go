package pgerr

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// posixLocale returns the name that the C library has for a locale of Windows, such as
// English_India.1252 or en-US, or "" if the name is another one. A database that was
// moved from Windows, or that a program created, has such a locale.
func posixLocale(name string) string {
	words, _, hasCodePage := strings.Cut(name, ".")
	if tag, err := language.Parse(words); err == nil && strings.Contains(words, "-") && !hasCodePage {
		base, _ := tag.Base()
		region, _ := tag.Region()
		return base.String() + "_" + region.String() + ".UTF-8"
	}
	languageName, regionName, ok := strings.Cut(words, "_")
	if !ok {
		return ""
	}
	base, region := languageNamed(languageName), regionNamed(regionName)
	if base == "" || region == "" {
		return ""
	}
	return base + "_" + region + ".UTF-8"
}

var localeInMessage = regexp.MustCompile(`locale(?: name:)? "([^"]+)"`)

// localeHint returns the hint for a message about a locale that Windows names in its own
// way, or "".
func localeHint(message string) string {
	m := localeInMessage.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	return HintForLocale(m[1])
}

// HintForLocale returns the hint for a locale that the server does not have and that
// Windows names in its own way, or "".
func HintForLocale(name string) string {
	posix := posixLocale(name)
	if posix == "" {
		return ""
	}
	return fmt.Sprintf("set postgres.locale to %s, in an image that has it: %s is its name on Windows", posix, name)
}

// languageNamed returns the code of a language by its English name, or "".
func languageNamed(name string) string {
	names := display.English.Languages()
	for _, tag := range display.Supported.Tags() {
		if base, _ := tag.Base(); names.Name(base) == name {
			return base.String()
		}
	}
	return ""
}

// regionNamed returns the code of a region by its English name, or "".
func regionNamed(name string) string {
	names := display.English.Regions()
	for _, region := range language.Supported.Regions() {
		if region == region.Canonicalize() && region.IsCountry() && names.Name(region) == name {
			return region.String()
		}
	}
	return ""
}
