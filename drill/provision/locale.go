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
	"github.com/drillgres/drillgres/drill/sqltext"
)

// locale holds the encoding and the locale of a database. An empty field stands for
// the server's default.
type locale struct {
	encoding       string
	provider       string // libc (or empty), icu, builtin
	collate, ctype string // of the C library
	name, rules    string // of ICU or the builtin provider
	assumedC       bool   // the dump contains no locale that fits, so it is C
}

// defaultLocale returns the locale of template0, the default of a new database.
func defaultLocale(ctx context.Context, conn *pgx.Conn) (locale, error) {
	var l locale
	const sql = "select pg_encoding_to_char(encoding), datcollate, datctype from pg_database where datname = 'template0'"
	if err := conn.QueryRow(ctx, sql).Scan(&l.encoding, &l.collate, &l.ctype); err != nil {
		return l, fmt.Errorf("ask for the server's default locale: %w", err)
	}
	return l, nil
}

// clientOnlyEncodings lists the encodings that a dump can have but a database cannot.
var clientOnlyEncodings = []string{"BIG5", "GB18030", "GBK", "JOHAB", "SJIS", "SHIFT_JIS_2004", "UHC"}

// chooseLocale takes each part from the config, else from the dump, else from
// the server.
func chooseLocale(cfg config.Postgres, dumped inspect.Database, def locale) locale {
	l := locale{
		encoding: dumped.Encoding, provider: dumped.LocaleProvider,
		collate: dumped.Collate, ctype: dumped.CType, name: dumped.Locale, rules: dumped.ICURules,
	}
	if slices.Contains(clientOnlyEncodings, strings.ToUpper(l.encoding)) {
		l.encoding = ""
	}
	if cfg.Encoding != "" {
		l.encoding = cfg.Encoding
	}
	if cfg.Locale != "" {
		return locale{encoding: l.encoding, provider: "libc", collate: cfg.Locale, ctype: cfg.Locale}
	}
	known := l.collate != "" || l.ctype != "" || l.name != ""
	if !known && l.encoding != "" && !sameEncoding(l.encoding, def.encoding) {
		l.collate, l.ctype, l.assumedC = "C", "C", true
	}
	return l
}

// assumedLocale returns the locale of the database if neither the config nor the dump
// contains one, or else "".
func (l locale) assumedLocale(def locale) string {
	switch {
	case l.assumedC:
		return l.collate
	case l.collate == "" && l.name == "":
		return def.collate
	}
	return ""
}

// sameEncoding compares names as the server does: only letters and digits, without
// case.
func sameEncoding(a, b string) bool {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s))
	}
	a, b = plain(a), plain(b)
	return a == b || (a == "unicode" && b == "utf8") || (a == "utf8" && b == "unicode")
}

// supported returns an error if the major does not support the provider.
func (l locale) supported(major int) error {
	since := map[string]int{"icu": 15, "builtin": 17}[l.provider]
	if major >= since {
		return nil
	}
	return outcome.Fail(outcome.CollationMissing, "the dumped database has locale provider %s (%s), which Postgres %d does not support",
		l.provider, l.name, major).
		WithHint("set postgres.version to production's major, at least %d", since)
}

// options returns the clauses for CREATE DATABASE.
func (l locale) options(major int) string {
	var b strings.Builder
	add := func(clause, value string) {
		if value != "" {
			b.WriteString(" " + clause + " " + sqltext.Literal(value))
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

// localeErrors lists the SQLSTATEs for a locale that the server does not accept: an
// invalid name, a name of ICU, a locale that does not fit the encoding, or a build
// without ICU.
var localeErrors = []string{
	pgerrcode.WrongObjectType, pgerrcode.InvalidParameterValue, pgerrcode.FeatureNotSupported, pgerrcode.UndefinedObject, pgerrcode.InternalError,
}

// explain turns an error of CREATE DATABASE into a failure. It names the locale if
// the server did not accept it.
func (l locale) explain(err error, s *Server) error {
	said, ok := pgerr.From(err)
	if !ok {
		return fmt.Errorf("create database %q: %w", s.Database, err)
	}
	if slices.Contains(localeErrors, said.SQLState) {
		f := outcome.Fail(outcome.CollationMissing, "image %s cannot create a database with %s: %s", s.Image, l, said.Text())
		f.SQLState = said.SQLState
		if hint := pgerr.HintForLocale(l.collate); hint != "" {
			return f.WithHint("%s", hint)
		}
		return f.WithHint("set postgres.image to one that has this locale, or set postgres.locale and postgres.encoding as in production")
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
