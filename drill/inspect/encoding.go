package inspect

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/drillgres/drillgres/drill/outcome"
)

// encodings holds the encodings of dumps by their Postgres names, in lower case and
// without signs (PostgreSQL, Character Set Support). UTF8 needs no conversion, and
// SQL_ASCII states no encoding.
var encodings = map[string]encoding.Encoding{
	"latin1": charmap.ISO8859_1, "latin2": charmap.ISO8859_2, "latin3": charmap.ISO8859_3, "latin4": charmap.ISO8859_4,
	"latin5": charmap.ISO8859_9, "latin6": charmap.ISO8859_10, "latin7": charmap.ISO8859_13, "latin8": charmap.ISO8859_14,
	"latin9": charmap.ISO8859_15, "latin10": charmap.ISO8859_16,
	"iso88595": charmap.ISO8859_5, "iso88596": charmap.ISO8859_6, "iso88597": charmap.ISO8859_7, "iso88598": charmap.ISO8859_8,
	"win1250": charmap.Windows1250, "win1251": charmap.Windows1251, "win1252": charmap.Windows1252, "win1253": charmap.Windows1253,
	"win1254": charmap.Windows1254, "win1255": charmap.Windows1255, "win1256": charmap.Windows1256, "win1257": charmap.Windows1257,
	"win1258": charmap.Windows1258, "win866": charmap.CodePage866, "win874": charmap.Windows874,
	"koi8r": charmap.KOI8R, "koi8u": charmap.KOI8U,
	"eucjp": japanese.EUCJP, "sjis": japanese.ShiftJIS, "euckr": korean.EUCKR, "uhc": korean.EUCKR,
	"euccn": simplifiedchinese.GBK, "gbk": simplifiedchinese.GBK, "gb18030": simplifiedchinese.GB18030, "big5": traditionalchinese.Big5,
}

var signRemover = strings.NewReplacer("_", "", "-", "", " ", "")

// asUTF8 holds the encodings whose names are taken as they are: SQL_ASCII states none.
var asUTF8 = []string{"", "utf8", "unicode", "sqlascii"}

// convertToUTF8 converts the names from the dump's encoding to UTF-8, because the
// restored catalog returns UTF-8. It keeps a name that does not decode. Where the tables
// of Go and those of Postgres may differ, it notes the name for the server to convert.
func (c *gathered) convertToUTF8() {
	encoding := cmp.Or(c.namesEncoding, c.Database.Encoding) // pg_dump --encoding
	name := signRemover.Replace(strings.ToLower(encoding))
	if slices.Contains(asUTF8, name) {
		return
	}
	dumped, ok := encodings[name]
	_, exact := dumped.(*charmap.Charmap)
	unread := UnreadNames{Encoding: encoding, Bytes: map[string]string{}}
	for _, text := range c.texts() {
		raw := *text
		if isASCII(raw) {
			continue
		}
		certain := false
		if ok {
			if decoded, err := dumped.NewDecoder().String(raw); err == nil && !strings.ContainsRune(decoded, utf8.RuneError) {
				*text, certain = decoded, exact
			}
		}
		if !certain {
			unread.Bytes[*text] = raw
		}
	}
	if len(unread.Bytes) > 0 {
		c.Unread = unread
	}
	for _, text := range []*string{&c.Database.Name, &c.Database.Owner} {
		if !utf8.ValidString(*text) {
			*text = ""
		}
	}
	slices.Sort(c.Roles)
	slices.Sort(c.CreatedRoles)
	slices.Sort(c.Grantees)
	slices.Sort(c.Tablespaces)
	slices.Sort(c.CreatedTablespaces)
}

// checkEncoding fails for a database of which no client can read the names in UTF-8.
func checkEncoding(c Contents, _ Policy) error {
	if signRemover.Replace(strings.ToLower(c.Needs.Database.Encoding)) != "muleinternal" {
		return nil
	}
	return outcome.Fail(outcome.FormatUnsupported, "the database has the encoding MULE_INTERNAL, which Postgres cannot convert to UTF-8").
		WithHint("convert production's database to another encoding, such as UTF8")
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// texts returns pointers to all names of the dump and to SQL that contains names.
func (c *gathered) texts() []*string {
	list := []*string{&c.Database.Name, &c.Database.Owner, &c.Properties, &c.Privileges, &c.Comment}
	if c.Public != nil {
		list = append(list, &c.Public.Owner)
	}
	for i := range c.Refreshes {
		list = append(list, &c.Refreshes[i].Schema, &c.Refreshes[i].Name)
	}
	for _, names := range [][]string{c.Roles, c.CreatedRoles, c.Grantees, c.Tablespaces, c.CreatedTablespaces} {
		for i := range names {
			list = append(list, &names[i])
		}
	}
	for i := range c.Extensions {
		list = append(list, &c.Extensions[i].Name, &c.Extensions[i].Schema)
	}
	for i := range c.Objects {
		o := &c.Objects[i]
		list = append(list, &o.Schema, &o.Name, &o.Table, &o.Owner)
	}
	for i := range c.Tables {
		t := &c.Tables[i]
		list = append(list, &t.Schema, &t.Name, &t.PartOf.Schema, &t.PartOf.Name)
		for j := range t.Columns {
			list = append(list, &t.Columns[j])
		}
	}
	for i := range c.Sequences {
		list = append(list, &c.Sequences[i].Schema, &c.Sequences[i].Name)
	}
	for i := range c.Lacks {
		list = append(list, &c.Lacks[i].Schema, &c.Lacks[i].Name)
	}
	return list
}
