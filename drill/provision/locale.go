package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
)

// locale is how a database compares and encodes text; what is empty is left
// to the server's default.
type locale struct {
	encoding       string
	provider       string // libc (or empty), icu, builtin
	collate, ctype string // of the C library
	name, rules    string // of ICU or the builtin provider
	assumed        bool   // locale C, for want of knowing better
}

// defaultLocale is that of template0, which a database without options gets.
func defaultLocale(ctx context.Context, conn *pgx.Conn) (locale, error) {
	var l locale
	const sql = "select pg_encoding_to_char(encoding), datcollate, datctype from pg_database where datname = 'template0'"
	if err := conn.QueryRow(ctx, sql).Scan(&l.encoding, &l.collate, &l.ctype); err != nil {
		return l, fmt.Errorf("ask for the server's default locale: %w", err)
	}
	return l, nil
}

// clientOnly are encodings that a dump can be written in, but a database can't have.
var clientOnly = []string{"BIG5", "GB18030", "GBK", "JOHAB", "SJIS", "SHIFT_JIS_2004", "UHC"}

// chooseLocale takes each part from the config, else from the dump, else from
// the server.
func chooseLocale(cfg config.Postgres, dumped inspect.Database, def locale) locale {
	l := locale{
		encoding: dumped.Encoding, provider: dumped.LocaleProvider,
		collate: dumped.Collate, ctype: dumped.CType, name: dumped.Locale, rules: dumped.ICURules,
	}
	if slices.Contains(clientOnly, strings.ToUpper(l.encoding)) {
		l.encoding = ""
	}
	if cfg.Encoding != "" {
		l.encoding = cfg.Encoding
	}
	if cfg.Locale != "" {
		return locale{encoding: l.encoding, provider: "libc", collate: cfg.Locale, ctype: cfg.Locale}
	}
	told := l.collate != "" || l.ctype != "" || l.name != ""
	if !told && l.encoding != "" && !sameEncoding(l.encoding, def.encoding) {
		l.collate, l.ctype, l.assumed = "C", "C", true
	}
	return l
}

// guess is the locale that nobody told, whichever the database has instead;
// empty: it was told.
func (l locale) guess(def locale) string {
	switch {
	case l.assumed:
		return l.collate
	case l.collate == "" && l.name == "":
		return def.collate
	}
	return ""
}

// sameEncoding compares as the server does: letters and digits only, no case.
func sameEncoding(a, b string) bool {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s))
	}
	a, b = plain(a), plain(b)
	return a == b || (a == "unicode" && b == "utf8") || (a == "utf8" && b == "unicode")
}

// supported tells whether this major knows the provider at all.
func (l locale) supported(major int) error {
	since := map[string]int{"icu": 15, "builtin": 17}[l.provider]
	if major >= since {
		return nil
	}
	return outcome.Fail(outcome.CollationMissing, "the dumped database has locale provider %s (%s), which Postgres %d does not know",
		l.provider, l.name, major).
		WithHint("set postgres.version to production's major, at least %d", since)
}

// options are the clauses of CREATE DATABASE.
func (l locale) options(major int) string {
	var b strings.Builder
	add := func(clause, value string) {
		if value != "" {
			b.WriteString(" " + clause + " " + literal(value))
		}
	}
	add("encoding", l.encoding)
	add("lc_collate", l.collate)
	add("lc_ctype", l.ctype)
	if major < 15 {
		return b.String()
	}
	switch l.provider {
	case "icu":
		b.WriteString(" locale_provider icu")
		add("icu_locale", l.name)
		if major >= 16 {
			add("icu_rules", l.rules)
		}
	case "builtin":
		b.WriteString(" locale_provider builtin")
		add("builtin_locale", l.name)
	case "libc":
		b.WriteString(" locale_provider libc")
	}
	return b.String()
}

// ofLocale are the errors of a locale that the server does not accept: an
// invalid name, one of ICU or one that does not fit the encoding, no ICU in this build.
var ofLocale = []string{
	pgerrcode.WrongObjectType, pgerrcode.InvalidParameterValue, pgerrcode.FeatureNotSupported, pgerrcode.UndefinedObject, pgerrcode.InternalError,
}

// explain names the locale that CREATE DATABASE did not accept.
func (l locale) explain(err error, s *Server) error {
	said, ok := pgerr.From(err)
	if !ok {
		return fmt.Errorf("create database %q: %w", s.Database, err)
	}
	if slices.Contains(ofLocale, said.SQLState) {
		f := outcome.Fail(outcome.CollationMissing, "image %s can't make a database with %s: %s", s.Image, l, said.Text())
		f.SQLState = said.SQLState
		return f.WithHint("set postgres.image to one that has this locale, or postgres.locale and postgres.encoding to what production has")
	}
	f := outcome.Fail(outcome.ServerStartFailed, "create database %q: %s", s.Database, said.Text())
	f.SQLState = said.SQLState
	return f
}

func (l locale) String() string {
	var parts []string
	add := func(what, value string) {
		if value != "" {
			parts = append(parts, what+" "+value)
		}
	}
	add("encoding", l.encoding)
	add("locale provider", l.provider)
	add("LC_COLLATE", l.collate)
	add("LC_CTYPE", l.ctype)
	add("locale", l.name)
	return strings.Join(parts, ", ")
}

// literal quotes a string constant for a server whose
// standard_conforming_strings is on, as it is since 9.1.
func literal(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", "''") + "'"
}
