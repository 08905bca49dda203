package inspect_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

func mapped(t *testing.T, content []byte) (inspect.Layout, error) {
	t.Helper()
	return inspect.Map(context.Background(), bytes.NewReader(content), inspect.Limits{})
}

// TestMapOfRealDumps looks in every dump for what the map says lies there.
func TestMapOfRealDumps(t *testing.T) {
	for _, file := range dumps(t) {
		name := filepath.Base(file)
		content := load(t, file)
		l, err := mapped(t, content)
		if name == "tar-15.tar" {
			if codeOf(err) != outcome.FormatUnsupported {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if l.Archive == nil {
			checkPlainMap(t, name, content, l)
		} else {
			checkArchiveMap(t, name, content, l)
		}
		for _, s := range l.Sequences {
			if text := string(content[s.At : s.At+s.Size]); strings.TrimSpace(text) != "SELECT pg_catalog.setval('public.users_id_seq', 3, true);" || s.Taken != 1 {
				t.Errorf("%s: %q sets the sequence, with %d taken", name, text, s.Taken)
			}
		}
		if diff := cmp.Diff(tablesOf(name), tableNames(l)); diff != "" {
			t.Errorf("%s: tables (-want +got):\n%s", name, diff)
		}
	}
}

func checkPlainMap(t *testing.T, name string, content []byte, l inspect.Layout) {
	t.Helper()
	if !bytes.HasPrefix(content[l.Trailer:], []byte("-- PostgreSQL database dump complete\n")) || l.End != int64(len(content)) {
		t.Errorf("%s: no trailer at byte %d, or no end at %d of %d", name, l.Trailer, l.End, len(content))
	}
	if first := content[l.First:]; !bytes.HasPrefix(first, []byte("SET ")) {
		t.Errorf("%s: the first statement is %.20q", name, first)
	}
	for _, table := range l.Tables {
		for _, e := range table.Extents {
			before, after := content[:e.At], content[e.At+e.Size:]
			copied := bytes.HasSuffix(before, []byte(" FROM stdin;\n")) && bytes.HasPrefix(after, []byte("\\.\n"))
			inserted := bytes.HasPrefix(content[e.At:], []byte("INSERT INTO ")) && bytes.HasSuffix(content[:e.At+e.Size], []byte(";"))
			if e.Copied != copied || e.Copied == inserted {
				t.Errorf("%s: the rows of %s do not lie at %d: %.40q", name, e.Name, e.At, content[e.At:])
			}
		}
	}
}

func checkArchiveMap(t *testing.T, name string, content []byte, l inspect.Layout) {
	t.Helper()
	for _, p := range l.Archive.Pointers {
		if to := int64(binary.LittleEndian.Uint64(content[p.At:])); to != p.To || content[to] != 1 && content[to] != 3 {
			t.Errorf("%s: the pointer at %d leads to %d, said to be %d", name, p.At, to, p.To)
		}
	}
	number := func(at int64) int64 { return int64(binary.LittleEndian.Uint32(content[at+1:])) }
	for _, table := range l.Tables {
		for _, e := range table.Extents {
			chunk := number(e.At)
			if begins := e.At - 1 - 5; content[begins] != 1 || number(e.At+e.Size-5) != 0 || chunk <= 0 || chunk > e.Size-10 {
				t.Errorf("%s: no block of %s at %d", name, e.Name, e.At)
			}
		}
	}
	for _, s := range l.Sequences {
		if number(s.At-5) != s.Size {
			t.Errorf("%s: the definition at %d is not %d bytes long", name, s.At, s.Size)
		}
	}
	if c := l.Archive.Chunk; number(c.At-5) != c.Size || c.Summed != (l.Archive.Pack == "zlib") {
		t.Errorf("%s: chunk %+v of %s", name, c, l.Archive.Pack)
	}
}

// tablesOf are the tables of the source whose rows a dump holds.
func tablesOf(name string) []string {
	if strings.HasPrefix(name, "schema-") {
		return nil
	}
	tables := []string{"ta\nble", "events", "users referenced", "orders"}
	if strings.HasSuffix(name, ".dump") { // has a block for an empty table too
		tables = []string{"ta\nble", "empty_one", "events", "users referenced", "orders"}
	}
	return tables
}

func tableNames(l inspect.Layout) (names []string) {
	for _, t := range l.Tables {
		name := t.Name
		if t.Referenced {
			name += " referenced"
		}
		if !t.Made || len(t.Extents) != 1 {
			name += " unlike the source"
		}
		names = append(names, name)
	}
	return names
}

// TestMapOfSequences lists when a sequence that stands at a value which its
// column holds must be noticed: only then is it mapped.
func TestMapOfSequences(t *testing.T) {
	const (
		serial = "ALTER TABLE ONLY public.t ALTER COLUMN id SET DEFAULT nextval('public.s'::regclass);\n"
		key    = "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n"
		plain  = "CREATE SEQUENCE public.s START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;\n"
	)
	tests := map[string]struct {
		sequence, fills, rows, unique string
		taken                         int64
	}{
		"serial":                    {plain, serial, "7\t1\n8\t1\n", key, 7},
		"identity":                  {"", "ALTER TABLE public.t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME public.s START WITH 1 INCREMENT BY 2 CACHE 1);\n", "1\t1\n2\t2\n3\t3\n", key, 1},
		"unique index":              {plain, serial, "7\t1\n8\t1\n", "CREATE UNIQUE INDEX i ON public.t USING btree (id);\n", 7},
		"counts down":               {"CREATE SEQUENCE public.s INCREMENT BY -1;\n", serial, "7\t1\n8\t1\n", key, 8},
		"no two values in a row":    {plain, serial, "7\t1\n9\t1\n", key, 0},
		"one row":                   {plain, serial, "7\t1\n", key, 0},
		"cycles":                    {"CREATE SEQUENCE public.s CYCLE;\n", serial, "7\t1\n8\t1\n", key, 0},
		"not unique":                {plain, serial, "7\t1\n8\t1\n", "", 0},
		"unique with another":       {plain, serial, "7\t1\n8\t1\n", "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id, n);\n", 0},
		"unique among some":         {plain, serial, "7\t1\n8\t1\n", "CREATE UNIQUE INDEX i ON public.t USING btree (id) WHERE (n > 1);\n", 0},
		"the default computes more": {plain, "ALTER TABLE ONLY public.t ALTER COLUMN id SET DEFAULT nextval('public.s'::regclass) * 2;\n", "7\t1\n8\t1\n", key, 0},
		"fills nothing":             {plain, "", "7\t1\n8\t1\n", key, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sql := fmt.Sprintf("CREATE TABLE public.t (id bigint, n integer);\n%s%sCOPY public.t (id, n) FROM stdin;\n%s\\.\nSELECT pg_catalog.setval('public.s', 100, true);\n%s",
				tt.sequence, tt.fills, tt.rows, tt.unique)
			l, err := mapped(t, []byte("--\n-- PostgreSQL database dump\n--\n"+sql+"--\n-- PostgreSQL database dump complete\n--\n"))
			if err != nil {
				t.Fatal(err)
			}
			got := int64(0)
			if len(l.Sequences) == 1 {
				got = l.Sequences[0].Taken
			}
			if got != tt.taken {
				t.Errorf("%+v, want %d taken", l.Sequences, tt.taken)
			}
		})
	}
}

// TestMapOfBrokenDumps: what is not whole has no map.
func TestMapOfBrokenDumps(t *testing.T) {
	for _, name := range []string{"plain-15.sql", "custom-15.dump"} {
		whole := load(t, name)
		for _, at := range []int{0, len(whole) / 3, len(whole) * 9 / 10} {
			if _, err := mapped(t, whole[:at]); err == nil {
				t.Errorf("%s cut at byte %d of %d has a map", name, at, len(whole))
			}
		}
	}
}

// FuzzMap: what Scan finds whole has a map, all of which lies within the dump,
// each part behind the one before; nothing else makes it stumble.
func FuzzMap(f *testing.F) {
	for _, file := range dumps(f) {
		f.Add(load(f, file))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c, broken := scan(t, content)
		l, err := mapped(t, content)
		known := c.Source.Format == inspect.Plain || c.Source.Format == inspect.Cluster || c.Source.Format == inspect.Custom && c.Source.DumpVersion != ""
		if broken == nil && known && err != nil {
			t.Errorf("it is whole, and yet: %v", err)
		}
		for _, table := range l.Tables {
			at := int64(0)
			for _, e := range table.Extents {
				if e.At < at || e.Size <= 0 || e.At+e.Size > l.End {
					t.Errorf("rows at %d, %d bytes, in a dump of %d", e.At, e.Size, l.End)
				}
				at = e.At + e.Size
			}
		}
	})
}
