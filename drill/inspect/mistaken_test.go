package inspect_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/layers/pgp"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestOtherDatabases checks that SQL of another database is recognised by what Postgres
// does not have, with the comments of its tool and without.
func TestOtherDatabases(t *testing.T) {
	for name, c := range map[string]struct{ text, whose string }{
		"mysqldump":            {"-- MySQL dump 10.13  Distrib 8.0.39\n\nDROP TABLE IF EXISTS `t`;\n", "MySQL"},
		"mariadb-dump":         {"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n", "MariaDB"},
		"phpMyAdmin":           {"-- phpMyAdmin SQL Dump\n-- version 5.2.1\n\nSET SQL_MODE = \"NO_AUTO_VALUE_ON_ZERO\";\n", "MySQL"},
		"mysqldump --compact":  {"/*!40101 SET @saved_cs_client = @@character_set_client */;\nCREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\nINSERT INTO `t` VALUES (1,'It\\'s');\n", "MySQL"},
		"without quotes":       {"CREATE TABLE t (\n  id int NOT NULL,\n  name varchar(20)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\nINSERT INTO t VALUES (1,'a');\n", "MySQL"},
		"auto_increment":       {"CREATE TABLE t (id int NOT NULL auto_increment, PRIMARY KEY (id));\n", "MySQL"},
		"only inserts":         {"INSERT INTO `t` VALUES (1,'a'),(2,'It\\'s \\! x');\n", "MySQL"},
		"with locks":           {"LOCK TABLES t WRITE;\nINSERT INTO t VALUES (1);\nUNLOCK TABLES;\n", "MySQL"},
		"with a database":      {"CREATE DATABASE IF NOT EXISTS shop;\nUSE shop;\n", "MySQL"},
		"settings of MySQL":    {"SET FOREIGN_KEY_CHECKS=0;\nSET NAMES utf8mb4;\n", "MySQL"},
		"SQLite":               {"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(id INTEGER PRIMARY KEY);\nINSERT INTO t VALUES(1);\nCOMMIT;\n", "SQLite"},
		"SQLite, by a library": {"BEGIN TRANSACTION;\nCREATE TABLE \"t\" (id INTEGER PRIMARY KEY AUTOINCREMENT);\nINSERT INTO \"sqlite_sequence\" VALUES('t',1);\nCOMMIT;\n", "SQLite"},
		"SQL Server":           {"USE [shop]\nGO\n/****** Object:  Table [dbo].[t] ******/\nSET ANSI_NULLS ON\nGO\nCREATE TABLE [dbo].[t]([id] [int] NOT NULL)\nGO\n", "SQL Server"},
		"SQL Server, no USE":   {"SET ANSI_NULLS ON\nGO\nCREATE TABLE [dbo].[t]([id] [int] NOT NULL)\nGO\nINSERT [dbo].[t] ([id]) VALUES (1)\nGO\n", "SQL Server"},
		"SQL Server, rows":     {"INSERT [dbo].[t] ([id], [n]) VALUES (1, N'it''s')\nGO\n", "SQL Server"},
		"SQL Server, by hand":  {"CREATE TABLE dbo.t(id int)\nGO\nINSERT dbo.t VALUES (1)\nGO\n", "SQL Server"},
		"Oracle":               {"REM INSERTING into HR.T\nSET DEFINE OFF;\nInsert into HR.T (ID) values (1);\n", "Oracle"},
		"SQL Developer":        {"--------------------------------------------------------\n--  DDL for Table T\n--------------------------------------------------------\n\n  CREATE TABLE \"HR\".\"T\" \n   (\t\"ID\" NUMBER(6,0), \n\t\"NAME\" VARCHAR2(20 BYTE)\n   ) SEGMENT CREATION IMMEDIATE ;\n", "Oracle"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scan(t, []byte(c.text))
			if codeOf(err) != outcome.NotADump || !strings.Contains(fmt.Sprint(err), "SQL of "+c.whose) {
				t.Errorf("got %q (%v), want SQL of %s", codeOf(err), err, c.whose)
			}
		})
	}
}

// TestPostgresIsNoOtherDatabase checks names, arrays and rows that look like another
// database's.
func TestPostgresIsNoOtherDatabase(t *testing.T) {
	for _, text := range []string{
		"CREATE TABLE t (auto_increment int, engine text, rowid int, varchar2 text, go int, use int);\nINSERT INTO t VALUES (1, '`a`', '[dbo]');\n",
		"CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (START WITH 1), a int[]);\nINSERT INTO t SELECT 1, ARRAY[1] FROM x;\nSELECT a [1] FROM t;\n",
		"CREATE TABLE t (a text DEFAULT 'ENGINE=InnoDB') WITH (fillfactor=70);\nCOPY t FROM stdin;\nINSERT INTO `t` VALUES\n[dbo].[t]\nPRAGMA x;\n\\.\n",
		"SET names 'UTF8';\nBEGIN TRANSACTION;\nCREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\nCOMMIT;\n",
		"CREATE TABLE t (a int);\nLOCK TABLE t IN ACCESS EXCLUSIVE MODE;\nINSERT INTO t VALUES (1);\n",
		dumpOf("CREATE TABLE \"`\" (\"[\" int, x varchar2);\nINSERT INTO \"`\" VALUES (1);\n"),
	} {
		if _, err := scan(t, []byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestMixedMessages checks that messages of the job in the dump are named as the cause,
// wherever they are.
func TestMixedMessages(t *testing.T) {
	rows := "COPY public.t (a) FROM stdin;\n1\n\\.\n"
	for name, c := range map[string]struct{ text, by string }{
		"a warning in front":        {"pg_dump: warning: there are circular foreign-key constraints on this table:\npg_dump: detail: t\n" + dumpOf(rows), "pg_dump"},
		"verbose in front":          {"pg_dump: last built-in OID is 16383\n" + dumpOf(rows), "pg_dump"},
		"a warning inside":          {dumpOf(rows + "pg_dump: warning: x\n"), "pg_dump"},
		"a question for a password": {"Password: \r\n" + strings.ReplaceAll(dumpOf(rows), "\n", "\r\n"), "asked for a password"},
		"for a user":                {"Password for user shop: \n" + dumpOf(rows), "asked for a password"},
		"of kubectl":                {"Defaulted container \"postgres\" out of: postgres, metrics\n" + dumpOf(rows), "kubectl"},
		"of docker":                 {"Unable to find image 'postgres:15' locally\n15: Pulling from library/postgres\n" + dumpOf(rows), "Docker"},
		"of sudo":                   {"could not change directory to \"/root\": Permission denied\n" + dumpOf(rows), "sudo"},
		"of ssh":                    {"Warning: Permanently added 'db' (ED25519) to the list of known hosts.\n" + dumpOf(rows), "ssh"},
		"of nobody known":           {"connected.\n" + dumpOf(rows), "another program"},
		"of an unknown, cluster":    {"connected.\n-- PostgreSQL database cluster dump\n" + dumpOf(rows) + "-- PostgreSQL database cluster dump complete\n", "another program"},
		"before an archive":         {"pg_dump: warning: x\n" + string(load(t, "custom-15.dump")), "pg_dump"},
		"before a gzip":             {"Password: \n" + string(gzipped(t, []byte(dumpOf(rows)))), "asked for a password"},
		"before a zstd":             {"Password: \n" + string(zstded(t, []byte(dumpOf(rows)))), "asked for a password"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scan(t, []byte(c.text))
			if codeOf(err) != outcome.DumpCorrupt || !strings.Contains(fmt.Sprint(err), "mixed into the dump") || !strings.Contains(err.Error(), c.by) {
				t.Errorf("got %q (%v), want dump_corrupt by %s", codeOf(err), err, c.by)
			}
			if !strings.Contains(outcome.AsFailure(err).Remedy(), "docker exec -t") {
				t.Errorf("hint %q", outcome.AsFailure(err).Remedy())
			}
		})
	}
}

// TestTerminal checks that damage by a terminal is named as the cause.
func TestTerminal(t *testing.T) {
	typed := func(content []byte) []byte { return bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n")) }
	for _, file := range dumps(t) {
		content := load(t, file)
		if !bytes.HasPrefix(content, []byte(archiveMagic)) {
			continue
		}
		_, err := scan(t, typed(content))
		if codeOf(err) != outcome.DumpCorrupt || !strings.Contains(fmt.Sprint(err), "terminal") {
			t.Errorf("%s: %v", file, err)
		}
	}
	text := []byte(dumpOf("COPY t FROM stdin;\n" + noise(20_000) + "\\.\n"))
	for wrap, content := range map[string][]byte{"gzip": gzipped(t, text), "zstd": zstded(t, text)} {
		_, err := scan(t, typed(content))
		if codeOf(err) != outcome.StreamCorrupt || !strings.Contains(fmt.Sprint(err), "terminal") {
			t.Errorf("%s: %v", wrap, err)
		}
		_, err = scan(t, flipped(content, len(content)/2, 1))
		if strings.Contains(fmt.Sprint(err), "terminal") {
			t.Errorf("%s with a flipped bit: %v", wrap, err)
		}
	}
}

// TestRestoreSQL checks that the script of an unpacked tar dump is not hostile, and that
// nothing else passes for it.
func TestRestoreSQL(t *testing.T) {
	note := "--\n-- NOTE:\n--\n-- File paths need to be edited. Search for $$PATH$$ and\n-- replace it with the path to the directory containing\n-- the extracted data files.\n--\n"
	for text, want := range map[string]outcome.Code{
		note + dumpOf("COPY public.t (a) FROM '$$PATH$$/3044.dat';\n"):                         outcome.FormatUnsupported,
		note + dumpOf("COPY public.t (a) FROM '/srv/unpacked/3044.dat';\n"):                    outcome.FormatUnsupported,
		dumpOf("COPY public.t (a) FROM '$$PATH$$/3044.dat';\n"):                                outcome.FormatUnsupported,
		dumpOf("COPY public.t (a) FROM '/srv/unpacked/3044.dat';\n"):                           outcome.DumpHostile,
		dumpOf("COPY public.t (a) FROM '$$PATH$$/../etc/passwd';\n"):                           outcome.DumpHostile,
		dumpOf("COPY public.t (a) TO '$$PATH$$/3044.dat';\n"):                                  outcome.DumpHostile,
		note + dumpOf("COPY public.t (a) FROM PROGRAM '/bin/3044.dat';\n"):                     outcome.DumpHostile,
		"\\restrict (null)\n" + note + dumpOf("COPY public.t (a) FROM '$$PATH$$/3044.dat';\n"): outcome.FormatUnsupported,
		"\\restrict (null)\n" + dumpOf("\\! id\n") + "\\unrestrict (null)\n":                   outcome.DumpHostile,
		note + "\\! id\n" + dumpOf(""):                                                         outcome.DumpHostile,
	} {
		if _, err := scan(t, []byte(text)); codeOf(err) != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestFindingsAboutTheFile checks findings about bytes that do no harm here, but may
// elsewhere.
func TestFindingsAboutTheFile(t *testing.T) {
	whole := []byte(dumpOf("CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n\\.\n"))
	windows := bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n"))
	mark := []byte("\ufeff")
	archive := load(t, "custom-15.dump")
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"garbage behind a gzip":         {append(gzipped(t, whole), "garbage"...), "trailing_garbage"},
		"garbage behind two members":    {slices.Concat(gzipped(t, whole[:50]), gzipped(t, whole[50:]), []byte("\x00\x00x")), "trailing_garbage"},
		"behind an archive in a gzip":   {append(gzipped(t, archive), "\n"...), "trailing_garbage"},
		"padding behind a gzip":         {append(gzipped(t, whole), make([]byte, 1000)...), ""},
		"nothing behind a gzip":         {gzipped(t, whole), ""},
		"by PowerShell":                 {append(mark, windows...), "text_reencoded"},
		"by PowerShell, in a gzip":      {gzipped(t, append(mark, windows...)), "text_reencoded"},
		"a byte order mark alone":       {append(mark, whole...), ""},
		"the line ends of Windows":      {windows, ""},
		"SQL that pg_dump did not make": {[]byte("CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n"), "third_party_dump"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := scan(t, c.content)
			if err != nil {
				t.Fatal(err)
			}
			found, err := inspect.Judge(got, nil, inspect.Policy{})
			if err != nil {
				t.Fatal(err)
			}
			for _, code := range []string{"trailing_garbage", "text_reencoded", "third_party_dump"} {
				has := slices.ContainsFunc(found, func(f outcome.Finding) bool { return f.Code == code })
				if has != (code == c.want) {
					t.Errorf("%s: %t", code, has)
				}
			}
			if got.Source.ProvesEnd() == (c.want == "third_party_dump") {
				t.Errorf("proves its end: %t", got.Source.ProvesEnd())
			}
		})
	}
}

// TestTrailingBytesNameTheirLayer checks the message about bytes behind a layer that is
// not a compression too.
func TestTrailingBytesNameTheirLayer(t *testing.T) {
	const passphrase = "correct horse"
	whole := []byte(dumpOf("CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n\\.\n"))
	message := func(content []byte) []byte {
		var b bytes.Buffer
		w, err := openpgp.SymmetricallyEncrypt(&b, []byte(passphrase), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write(content)
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"behind a message":              {append(message(whole), "garbage"...), "7 bytes behind the end of the openpgp stream, which itself is complete"},
		"behind a message with a gzip":  {append(message(gzipped(t, whole)), "garbage"...), "7 bytes behind the end of the openpgp stream, which itself is complete"},
		"in a message, behind its gzip": {message(append(gzipped(t, whole), "x"...)), "1 byte behind the end of the gzip stream, which itself is complete"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := inspect.Scan(t.Context(), bytes.NewReader(c.content), layers.Opener{Keys: layers.Keyring{OpenPGP: []*pgp.Key{pgp.Passphrase(passphrase)}}})
			if err != nil {
				t.Fatal(err)
			}
			found, err := inspect.Judge(got, nil, inspect.Policy{})
			if err != nil || len(found) != 1 || found[0].Message != c.want {
				t.Errorf("%v, %+v, want %s", err, found, c.want)
			}
		})
	}
}
