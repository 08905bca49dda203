package sqltext

import (
	"errors"
	"strings"
)

// Name is that of an object as the catalog holds it: without quotes, case kept.
// Schema is empty for what is in none, and where none was given.
type Name struct{ Schema, Name string }

// String returns the name for a person, quoted where SQL would misread it.
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

// Quote returns a name for a person, in quotes where SQL would misread it.
func Quote(name string) string {
	if isBare(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// isBare reports whether SQL reads a name as it stands. Keywords are left to
// those who read it: which are reserved differs between majors.
func isBare(name string) bool {
	for i := range len(name) {
		if c := classes[name[i]]; name[i] >= 0x80 || c&isUpper != 0 || c&nameRest == 0 || i == 0 && c&nameStart == 0 {
			return false
		}
	}
	return name != ""
}

// Identifier returns a name for a statement: its parts in quotes, joined by
// dots. A zero byte, which no name can hold, is left out.
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

// Literal returns a text for a statement, which reads the same however
// standard_conforming_strings is set.
func Literal(text string) string {
	return " E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// Errors of names that are written by hand.
var (
	ErrNoName    = errors.New("a part of it is empty or needs double quotes")
	ErrEmptyPart = errors.New("a part of it is empty")
	ErrNotClosed = errors.New("a double quote is not closed")
)

// CutPart reads the name that a text begins with. It returns the name as it is
// written, without its quotes but not folded, whether it was quoted, and what
// follows it.
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

// ParseName reads a name as SQL does, such as public."Odd ""Name""". One part
// alone is in the schema given; of more than two the last two count.
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
		n = Name{n.Name, part}
		if rest == "" {
			return n, nil
		}
		if text = strings.TrimPrefix(rest, "."); text == rest {
			return Name{}, ErrNoName
		}
	}
}

// Unquote returns the name that a text is, or the text itself, folded.
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

// Fold folds a name without quotes as the server does: of letters beyond ASCII
// it folds some only, in some encodings only, and none in UTF-8.
func Fold(name string) string {
	for i := range len(name) {
		if classes[name[i]]&isUpper != 0 {
			return string(fold([]byte(name)))
		}
	}
	return name
}

// fold folds in place.
func fold(name []byte) []byte {
	for i, b := range name {
		if b >= 'A' && b <= 'Z' {
			name[i] = b + 'a' - 'A'
		}
	}
	return name
}
