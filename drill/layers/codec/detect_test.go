package codec

import "testing"

func TestDetect(t *testing.T) {
	for head, want := range map[string][2]string{
		"":                      {"", ""},
		"BZ":                    {"", ""},
		"BZh9":                  {"bzip2", ""},
		"BZh91AY&S":             {"bzip2", ""},
		"BZh91AY&SY\x00":        {"bzip2", ""},
		"BZh9\x17rE8P\x90\x00":  {"bzip2", ""},
		"BZh0s are not streams": {"", ""},
		"BZh9s are not streams": {"", ""},
		"\x50\x2a\x4d\x18\x00":  {"zstd", ""},
		"\x51\x2a\x4d\x18\x01\x00\x00\x00x\x28\xb5\x2f\xfd": {"zstd", ""},
		"\x51\x2a\x4d\x18\x01\x00\x00\x00x\x04\x22\x4d\x18": {"lz4", ""},
		"\x51\x2a\x4d\x18\xff\xff\xff\xffx\x04\x22\x4d\x18": {"zstd", ""},
		"\x03\x21\x4c\x18":       {"", "an old version of lz4"},
		"\x5d\x00\x00\x80\x00":   {"", "lzma"},
		"\x89LZO\x00":            {"", "lzop"},
		"LZIP\x01":               {"", "lzip"},
		"LRZI\x00":               {"", "lrzip"},
		"RZIP\x02":               {"", "rzip"},
		"\x1f\x9d":               {"", "compress"},
		"\xff\x06\x00\x00sNaPpY": {"", "snappy"},
		"\x78\x9c":               {"", "zlib"},
		"PGDMP":                  {"", ""},
	} {
		if got := [2]string{Detect([]byte(head)), Unsupported([]byte(head))}; got != want {
			t.Errorf("%q: %q, want %q", head, got, want)
		}
	}
}
