package sqltext

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Name is the name of an object as the catalog stores it: without quotes, with
// its case. Schema is empty if the object has no schema or none was given.
type Name struct{ Schema, Name string }

// String returns the name for messages, quoted where SQL would misread it.
func (n Name) String() string {
	if n.Schema == "" {
		return Quote(n.Name)
	}
	return Quote(n.Schema) + "." + Quote(n.Name)
}

// SQL returns the name for a statement, always quoted.
func (n Name) SQL() string {
	if n.Schema == "" {
		return Identifier(n.Name)
	}
	return Identifier(n.Schema, n.Name)
}

// Quote returns a name for messages, in quotes if SQL would misread it.
func Quote(name string) string {
	if isBare(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// isBare reports whether a name needs no quotes. It ignores keywords: which of
// them are reserved differs between major versions.
func isBare(name string) bool {
	for i := range len(name) {
		if c := classes[name[i]]; name[i] >= 0x80 || c&isUpper != 0 || c&nameRest == 0 || i == 0 && c&nameStart == 0 {
			return false
		}
	}
	return name != ""
}

// Identifier returns a name for a statement: its parts in quotes, joined by
// dots. It omits zero bytes, which no name can contain.
func Identifier(parts ...string) string {
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteByte('"')
		b.WriteString(strings.NewReplacer(`"`, `""`, "\x00", "").Replace(part))
		b.WriteByte('"')
	}
	return b.String()
}

// Literal returns a text as a string for a statement. Its meaning does not
// depend on standard_conforming_strings. It omits zero bytes, which no text can contain.
func Literal(text string) string {
	text = strings.NewReplacer("'", "''", "\x00", "").Replace(text)
	if !strings.Contains(text, `\`) {
		return "'" + text + "'"
	}
	return " E'" + strings.ReplaceAll(text, `\`, `\\`) + "'"
}

// Errors of [CutPart] and [ParseName].
var (
	ErrNoName    = errors.New("a part of it is empty or needs double quotes")
	ErrEmptyPart = errors.New("a part of it is empty")
	ErrNotClosed = errors.New("a double quote is not closed")
)

// CutPart returns the name at the start of a text without its quotes, the text
// after it, and whether it was quoted. It does not fold the name.
func CutPart(text string) (part, rest string, quoted bool, err error) {
	if !strings.HasPrefix(text, `"`) {
		n := 0
		for n < len(text) && classes[text[n]]&nameRest != 0 {
			n++
		}
		if n == 0 {
			return "", text, false, ErrNoName
		}
		return text[:n], text[n:], false, nil
	}
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
		case i+1 < len(text) && text[i+1] == '"':
			i++
		case i == 1:
			return "", text, true, ErrEmptyPart
		default:
			return strings.ReplaceAll(text[1:i], `""`, `"`), text[i+1:], true, nil
		}
	}
	return "", text, true, ErrNotClosed
}

// ParseName parses a name as SQL does, such as public."Odd ""Name""". A name of
// one part is in the given schema. Of more than two parts, the last two count.
func ParseName(text, schema string) (Name, error) {
	n := Name{Name: schema}
	for {
		part, rest, quoted, err := CutPart(text)
		if err != nil {
			return Name{}, err
		}
		if !quoted {
			part = Fold(part)
		}
		n = Name{n.Name, clip(part)}
		if rest == "" {
			return n, nil
		}
		if text = strings.TrimPrefix(rest, "."); text == rest {
			return Name{}, ErrNoName
		}
	}
}

// Unquote returns the name that a text denotes. If the text is not a name, it
// returns the text, folded.
func Unquote(text string) string {
	part, rest, quoted, err := CutPart(text)
	if err != nil || rest != "" {
		part, quoted = text, false
	}
	if !quoted {
		return Fold(part)
	}
	return part
}

// Fold returns an unquoted name in lower case as the server does in UTF-8: it
// folds ASCII letters only.
func Fold(name string) string {
	for i := range len(name) {
		if classes[name[i]]&isUpper != 0 {
			return string(fold([]byte(name)))
		}
	}
	return name
}

// fold is Fold in place.
func fold(name []byte) []byte {
	for i, b := range name {
		if b >= 'A' && b <= 'Z' {
			name[i] = b + 'a' - 'A'
		}
	}
	return name
}

// SplitNames returns the names in a comma-separated list, as the server reads a setting
// such as search_path. It returns false if the text is not such a list.
func SplitNames(text string) (names []string, ok bool) {
	rest := strings.TrimLeft(text, spaces)
	if rest == "" {
		return nil, true
	}
	for {
		var name string
		if name, rest, ok = cutListed(rest); !ok {
			return nil, false
		}
		names = append(names, clip(name))
		rest = strings.TrimLeft(rest, spaces)
		if rest == "" {
			return names, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		rest = strings.TrimLeft(rest[1:], spaces)
	}
}

// cutListed returns the name at the start of a list, and the text after it. Without
// quotes, a name in a list ends only at a comma or white space; in quotes, it may be empty.
func cutListed(text string) (name, rest string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		name, rest, _, err := CutPart(text)
		if errors.Is(err, ErrEmptyPart) {
			return "", strings.TrimPrefix(text, `""`), true
		}
		return name, rest, err == nil
	}
	n := strings.IndexAny(text, ","+spaces)
	if n < 0 {
		n = len(text)
	}
	return Fold(text[:n]), text[n:], n > 0
}

const spaces = " \t\r\n\v\f"

// maxName is how many bytes of a name the server keeps (NAMEDATALEN - 1).
const maxName = 63

// clip returns a name as the server stores it: it cuts a longer one, at the end of a
// character of UTF-8.
func clip(name string) string {
	if len(name) <= maxName {
		return name
	}
	end := maxName
	for end > maxName-utf8.UTFMax && !utf8.RuneStart(name[end]) {
		end--
	}
	return strings.Clone(name[:end])
}
