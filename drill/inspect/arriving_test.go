package inspect

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/layers"
)

// arrivingDump has rows of a table and of a partition, and grants a role that is named nowhere before the rows.
const arrivingDump = `--
-- PostgreSQL database dump
--
-- Dumped from database version 15.18
-- Dumped by pg_dump version 15.18
SET client_encoding = 'UTF8';
CREATE TABLE public.a (id integer, note text);
ALTER TABLE public.a OWNER TO shop;
CREATE TABLE public.p (id integer) PARTITION BY RANGE (id);
CREATE TABLE public.b (id integer);
ALTER TABLE ONLY public.p ATTACH PARTITION public.b FOR VALUES FROM (0) TO (9);
COPY public.a (id, note) FROM stdin;
1	one
2	two
\.
COPY public.b (id) FROM stdin;
1
\.
ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);
GRANT SELECT ON TABLE public.a TO reader;
--
-- PostgreSQL database dump complete
--
`

// pipe is a dump that arrives in pieces.
type pipe struct {
	*io.PipeWriter
	a       *Arriving
	scanned chan Contents
	err     error
}

func arrive(t *testing.T) *pipe {
	t.Helper()
	r, w := io.Pipe()
	p := &pipe{PipeWriter: w, a: NewArriving(), scanned: make(chan Contents, 1)}
	p.a.Follow(func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil })
	set := NewSet(&layers.Opener{})
	set.FollowedBy(p.a)
	go func() {
		var c Contents
		c, p.err = set.Scan(t.Context(), r)
		p.scanned <- c
	}()
	return p
}

// begin writes a dump up to its first row, and returns the rest.
func (p *pipe) begin(t *testing.T, dump string) (rest string) {
	t.Helper()
	const row = "1\tone\n"
	long := strings.Repeat("-- a comment\n", 10_000) // the layers look at the beginning before anything is read
	begin, rest, _ := strings.Cut(strings.Replace(dump, "SET client", long+"SET client", 1), row)
	if _, err := io.WriteString(p, begin+row); err != nil {
		t.Fatal(err)
	}
	return rest
}

func (p *pipe) end(rest string) {
	_, _ = io.WriteString(p, rest) // the scan may end before
	_ = p.Close()
}

// hasNoMore checks that more than some of the first rows has not arrived.
func (p *pipe) hasNoMore(t *testing.T, some Rows) {
	t.Helper()
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if r, err := p.a.More(short, 0, some.Data.Size); err == nil {
		t.Errorf("more than has arrived: %+v", r)
	}
}

func TestFollowADumpThatArrives(t *testing.T) {
	p := arrive(t)
	rest := p.begin(t, arrivingDump)
	head, ok := p.a.Head(t.Context())
	if !ok || !head.Needs.Unfinished || !cmp.Equal(head.Needs.Roles, []string{"shop"}) || head.Source.Outline == nil {
		t.Fatalf("followed: %v, contents %+v", ok, head)
	}
	r, found, err := p.a.Rows(t.Context(), 0)
	if err != nil || !found || r.Table.Name != "a" || !r.Fresh || r.End != 0 {
		t.Fatalf("rows %+v, %v, %v", r, found, err)
	}
	if r, err = p.a.More(t.Context(), 0, 0); err != nil || r.Data.Size != int64(len("1\tone\n")) || r.End != 0 {
		t.Errorf("rows %+v, %v", r, err)
	}
	p.hasNoMore(t, r)

	p.end(rest)
	p.checkWhole(t)
}

// checkWhole checks what followers hear once the dump has arrived.
func (p *pipe) checkWhole(t *testing.T) {
	t.Helper()
	whole := <-p.scanned
	if p.err != nil || !p.a.Agrees(whole.Source) {
		t.Fatalf("the dump does not agree with its beginning: %v, %+v", p.err, whole.Source.Outline)
	}
	if !cmp.Equal(whole.Needs.Roles, []string{"reader", "shop"}) {
		t.Errorf("roles %q", whole.Needs.Roles)
	}
	if r, err := p.a.More(t.Context(), 0, 1<<20); err != nil || r != whole.Source.Outline.Rows[0] {
		t.Errorf("rows %+v, %v", r, err)
	}
	if r, found, err := p.a.Rows(t.Context(), 2); found || err != nil {
		t.Errorf("rows %+v, %v", r, err)
	}
}

// TestWhatComesLaterContradicts changes how rows that have arrived are to be loaded, or breaks the dump.
func TestWhatComesLaterContradicts(t *testing.T) {
	for name, changed := range map[string]string{
		"rows of a table again":      strings.Replace(arrivingDump, "ALTER TABLE ONLY", "COPY public.a (id, note) FROM stdin;\n3\tthree\n\\.\nALTER TABLE ONLY", 1),
		"a setting between the rows": strings.Replace(arrivingDump, "COPY public.b", "SET client_encoding = 'LATIN1';\nCOPY public.b", 1),
		"rows after an index":        strings.Replace(arrivingDump, "COPY public.b", "CREATE INDEX i ON public.a USING btree (id);\nCOPY public.b", 1),
		"a role":                     strings.Replace(arrivingDump, "GRANT", "CREATE ROLE reader;\nGRANT", 1),
		"another dump":               arrivingDump + arrivingDump,
		"not the end":                strings.Replace(arrivingDump, "-- PostgreSQL database dump complete\n", "", 1),
		"rows without an end":        arrivingDump[:strings.Index(arrivingDump, "1\n\\.\nALTER")],
		"something else":             strings.Replace(arrivingDump, "GRANT", "Segmentation fault\nGRANT", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if changed == arrivingDump {
				t.Fatal("the dump was not changed")
			}
			p := arrive(t)
			rest := p.begin(t, changed)
			if _, ok := p.a.Head(t.Context()); !ok {
				t.Fatal("it cannot be followed")
			}
			p.end(rest)
			whole := <-p.scanned
			if p.a.Agrees(whole.Source) {
				t.Errorf("it agrees: %v, %+v", p.err, whole.Source.Outline)
			}
		})
	}
}

// TestDumpsThatCannotBeFollowed has none that a restore could begin before it was read.
func TestDumpsThatCannotBeFollowed(t *testing.T) {
	for name, dump := range map[string]string{
		"no rows":             "CREATE TABLE public.a (id integer);\n",
		"not of pg_dump":      "CREATE TABLE public.a (id integer);\nCOPY public.a (id) FROM stdin;\n1\n\\.\n",
		"a role":              strings.Replace(arrivingDump, "CREATE TABLE", "CREATE ROLE shop;\nCREATE TABLE", 1),
		"another database":    strings.Replace(arrivingDump, "CREATE TABLE", "\\connect shop\nCREATE TABLE", 1),
		"rows without a text": strings.Replace(arrivingDump, "(id, note) FROM stdin;", "(id, note) FROM stdin WITH (FORMAT csv);", 1),
		"nothing":             "",
		"half a header":       "PGDMP\x01\x0e",
		"large objects":       archived(t, "custom-18.dump"),
		"rows as INSERTs":     archived(t, "inserts-15.dump"),
	} {
		t.Run(name, func(t *testing.T) {
			if dump == arrivingDump {
				t.Fatal("the dump was not changed")
			}
			p := arrive(t)
			go p.end(dump)
			if head, ok := p.a.Head(t.Context()); ok {
				t.Errorf("it can be followed: %+v", head)
			}
			<-p.scanned
		})
	}
}

// archived returns a dump of testdata.
func archived(t *testing.T, name string) string {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join("testdata", "dumps", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(dump)
}

func TestFollowAnArchiveThatArrives(t *testing.T) {
	dump := archived(t, "rows-18.dump")
	p := arrive(t)
	go p.end(dump)
	head, ok := p.a.Head(t.Context())
	if !ok || !head.Needs.Unfinished || len(head.Source.Blocks) < 2 || head.Source.Blocks[0].At != 0 {
		t.Fatalf("followed: %v, contents %+v", ok, head.Source)
	}
	whole := <-p.scanned
	if p.err != nil || !p.a.Agrees(whole.Source) {
		t.Fatalf("the archive does not agree with its beginning: %v, %+v", p.err, whole.Source.Blocks)
	}
	toc := &bytes.Buffer{}
	rows, err := ReadArchive(strings.NewReader(dump), toc)
	if err != nil || !strings.HasPrefix(dump, toc.String()) || int64(toc.Len()) < whole.Source.Blocks[0].At {
		t.Fatalf("%v, %d bytes of the table of contents", err, toc.Len())
	}
	defer rows.Close()
	path := filepath.Join("testdata", "dumps", "rows-18.dump")
	for i, b := range whole.Source.Blocks {
		arrived, found, err := p.a.Rows(t.Context(), i)
		if err != nil || !found || arrived.Data.Size != b.Size {
			t.Errorf("rows %+v, %v, want %+v", arrived, err, b)
		}
		next, err := rows.Next(head.Source.Blocks[i])
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.LimitReader(next, b.Size))
		opened, failed := whole.Source.OpenBlock(path, b)
		if err = errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(opened)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("block %d: %q, %v, want %q", i, got, err, want)
		}
		_ = opened.Close()
	}
	if r, found, err := p.a.Rows(t.Context(), len(whole.Source.Blocks)); found || err != nil {
		t.Errorf("rows %+v, %v", r, err)
	}
}

// TestBlocksInAnotherOrder can be loaded, but not while they arrive.
func TestBlocksInAnotherOrder(t *testing.T) {
	dump := archived(t, "rows-18.dump")
	blocks, _ := Walk([]byte(dump), 1<<20)
	first, second := blocks.Blocks[0], blocks.Blocks[1]
	swapped := dump[:first.At] + dump[second.At:second.At+second.Size] + dump[first.At:second.At] + dump[second.At+second.Size:]
	p := arrive(t)
	go p.end(swapped)
	if whole := <-p.scanned; p.err != nil || len(whole.Source.Blocks) != len(blocks.Blocks) || p.a.Agrees(whole.Source) {
		t.Errorf("%v, %+v", p.err, whole.Source.Blocks)
	}
	if _, _, err := p.a.Rows(t.Context(), 0); !errors.Is(err, errUnfollowed) {
		t.Errorf("rows: %v", err)
	}
}

// TestAFollowerChangesNothing has names that are not in UTF-8. The contents are taken twice, before the first rows
// and at the end, and no name may be converted twice.
func TestAFollowerChangesNothing(t *testing.T) {
	dump := strings.NewReplacer("'UTF8'", "'LATIN1'", "note", "gr\xf6\xdfe", "CREATE TABLE public.b", "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw;\n"+
		"CREATE MATERIALIZED VIEW public.ma\xdfe AS SELECT 1;\nREFRESH MATERIALIZED VIEW public.ma\xdfe;\nCREATE TABLE public.b").Replace(arrivingDump)
	want, err := NewSet(&layers.Opener{}).Scan(t.Context(), strings.NewReader(dump))
	if err != nil || len(want.Source.Refreshes) == 0 {
		t.Fatalf("%v, %+v", err, want.Source)
	}
	p := arrive(t)
	p.end(dump)
	got := <-p.scanned
	if head, ok := p.a.Head(t.Context()); !ok || len(head.Source.Refreshes) == 0 {
		t.Fatalf("followed: %v", ok)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the contents differ (-alone +followed):\n%s", diff)
	}
}

// TestTheOwnerOfPublicIsConvertedOnce takes the contents of an archive twice, as those who follow it have it done.
func TestTheOwnerOfPublicIsConvertedOnce(t *testing.T) {
	k := newCatalog()
	k.c.namesEncoding, k.c.Public = "LATIN1", &PublicSchema{Owner: "gr\xf6\xdfe"}
	before, after := k.contents(), k.contents()
	if got := []string{before.Source.Public.Owner, after.Source.Public.Owner}; got[0] != "größe" || got[1] != "größe" {
		t.Errorf("owners %q", got)
	}
}
