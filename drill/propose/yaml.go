package propose

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/drillgres/drillgres/drill/config"
)

// writer writes lines of YAML. A level of indentation is two spaces.
type writer struct{ text strings.Builder }

func (w *writer) line(level int, format string, args ...any) {
	w.text.WriteString(strings.Repeat("  ", level) + fmt.Sprintf(format, args...) + "\n")
}

func (w *writer) blank() { w.text.WriteString("\n") }

// comment writes a comment. What a backup states may be in it.
func (w *writer) comment(level int, format string, args ...any) {
	w.line(level, "# %s", oneLine(fmt.Sprintf(format, args...)))
}

// inSection is the level of the keys in a section of a database.
const inSection = 3

// remark writes a key of a section with a comment behind it.
func (w *writer) remark(remark, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if remark != "" {
		text += "  # " + oneLine(remark)
	}
	w.line(inSection, "%s", text)
}

// optional writes a key of a section whose value is not empty.
func (w *writer) optional(key, value string) {
	if value != "" {
		w.line(inSection, "%s: %s", key, scalar(value))
	}
}

// oneLine replaces what would end a comment or change a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\uFEFF' {
			return ' '
		}
		return r
	}, text)
}

var (
	// plain matches text that YAML reads as the same string without quotes: it begins with a
	// letter, / or ./ and has no character with a meaning.
	plain = regexp.MustCompile(`^(?:[A-Za-z_/]|\.{1,2}/)[A-Za-z0-9_./-]*$`)
	// words are what YAML 1.1 reads as something else than a string.
	words = regexp.MustCompile(`(?i)^(?:y|n|yes|no|true|false|on|off|null)$`)
)

// scalar returns a value as YAML, quoted if it has to be. A ${ in it refers to nothing.
func scalar(text string) string { return name(strings.ReplaceAll(text, "${", "$${")) }

// name is scalar for the key of a mapping, in which ${ has no meaning.
func name(text string) string {
	if plain.MatchString(text) && !words.MatchString(text) {
		return text
	}
	return quoted(text)
}

// simple matches text that needs no escapes in single quotes.
var simple = regexp.MustCompile(`^[ -&(-~]*$`)

// quoted returns a string in quotes: in single quotes if it has double ones. YAML reads double quotes like JSON.
func quoted(text string) string {
	if strings.ContainsAny(text, "\"\\") && simple.MatchString(text) {
		return "'" + text + "'"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string can always be encoded
	written := strings.TrimSuffix(b.String(), "\n")
	return strings.NewReplacer("\u007f", `\u007f`, "\u0085", `\u0085`, "\u00a0", `\u00a0`, "\ufeff", `\ufeff`).Replace(written)
}

// location is scalar for a path, a URL or an image, whose colon has no space behind it.
func location(text string) string {
	if image.MatchString(text) {
		return text
	}
	if scheme, rest, isURL := strings.Cut(text, "://"); isURL && plain.MatchString(scheme) && urlRest.MatchString(rest) {
		return text
	}
	return scalar(text)
}

// image matches an image with a tag that needs no quotes.
var image = regexp.MustCompile(`^[a-z][a-z0-9_./-]*:[a-z0-9][A-Za-z0-9_.-]*$`)

// urlRest matches what follows :// in a URL that needs no quotes.
var urlRest = regexp.MustCompile(`^[A-Za-z0-9_.@/-]*(?::[0-9]+)?[A-Za-z0-9_./-]*$`)

// key returns a key by reference: its file, and where its passphrase is.
func key(k config.Key) string {
	for _, kind := range []struct {
		name string
		file *config.KeyFile
	}{{"age", k.Age}, {"openpgp", k.OpenPGP}, {"databasus", k.Databasus}, {"zip", k.Zip}} {
		if kind.file != nil {
			return "{" + kind.name + ": {" + keyFile(*kind.file) + "}}"
		}
	}
	options := passphrase
	if o := k.OpenSSL; o != nil && o.PBKDF2 != nil && !*o.PBKDF2 {
		options += ", pbkdf2: false"
	}
	return "{openssl: {" + options + "}}"
}

// PassphraseVariable is the environment variable that a proposed config reads a passphrase
// from. A config never contains one.
const PassphraseVariable = "BACKUP_PASSPHRASE"

const passphrase = `passphrase: "${` + PassphraseVariable + `}"`

func keyFile(f config.KeyFile) string {
	switch {
	case f.File == "":
		return passphrase
	case f.Passphrase == "":
		return "file: " + location(string(f.File))
	}
	return "file: " + location(string(f.File)) + ", " + passphrase
}
