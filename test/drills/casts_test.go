package drills

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/repository"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

// casts are the recordings of a newcomer's terminal, in their order. They are files of
// asciinema in docs/casts, and the documentation shows their commands.
var casts = []struct {
	name, title string
	before      func(s *newcomer, t *testing.T)
	commands    []string
}{
	{"first-verdict", "A first verdict on a dump, without a config", nil, []string{"drillgres run ./shop.dump"}},
	{"init", "A config for the backups in a bucket", nil, []string{"drillgres init s3://acme-backups/prod/", "cat drillgres.yaml"}},
	{"run", "The first drill with a config", (*newcomer).nameImage, []string{"drillgres config validate", "drillgres check", "drillgres run", "drillgres history"}},
	{"broken", "The newest backup is broken", (*newcomer).breakBackup, []string{"drillgres run", "echo $?", "drillgres explain dump_truncated"}},
}

// TestCasts runs the commands of the recordings again, and compares what they print. With
// -update it records those that differ. The bucket is a real one, and its policy is that of
// docs/first-drill.md.
func TestCasts(t *testing.T) {
	s := newNewcomer(t)
	for _, c := range casts {
		if c.before != nil {
			c.before(s, t)
		}
		got := s.record(t, c.title, c.commands)
		path := castPath(t, c.name)
		want := readCast(t, path)
		diff := cmp.Diff(normalized(want), normalized(textOf(t, got)))
		switch {
		case diff == "":
		case *update:
			if err := os.WriteFile(path, got, 0o644); err != nil { //nolint:gosec // a page of the documentation
				t.Fatal(err)
			}
		default:
			t.Errorf("%s is stale, run make casts:\n%s", path, diff)
		}
	}
}

// newcomer is somebody with a dump, a bucket with the same dump, and an empty directory.
type newcomer struct {
	dir, image string
	store      *s3server.Server
}

func newNewcomer(t *testing.T) *newcomer {
	t.Helper()
	s := &newcomer{image: images.Postgres(t, "15"), dir: t.TempDir(), store: program.NewStore(t)}
	dump := program.ShopDump(t)
	if err := os.WriteFile(filepath.Join(s.dir, "shop.dump"), dump, 0o600); err != nil {
		t.Fatal(err)
	}
	s.store.Put(t, bucket, "prod/shop-2026-11-28.dump", dump)
	access, secret := s.store.AddUser(t)
	s.store.SetPolicy(t, bucket, documentedPolicy(t, access))
	s3server.Setenv(t, access, secret)
	t.Setenv("AWS_ENDPOINT_URL_S3", s.store.Endpoint)
	t.Setenv("AWS_REGION", s3server.Region)
	return s
}

// documentedPolicy returns the policy of docs/first-drill.md, as the policy of a bucket for
// one user.
func documentedPolicy(t *testing.T, user string) string {
	t.Helper()
	_, rest, _ := strings.Cut(readFile(t, repository.Path(t, "docs/first-drill.md")), "```json\n")
	block, _, _ := strings.Cut(rest, "```")
	var policy struct {
		Version   string
		Statement []map[string]any
	}
	if err := json.Unmarshal([]byte(block), &policy); err != nil || len(policy.Statement) == 0 {
		t.Fatalf("no policy in docs/first-drill.md: %v", err)
	}
	for _, statement := range policy.Statement {
		statement["Principal"] = map[string][]string{"AWS": {user}}
	}
	text, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// nameImage has the config of drillgres init name the image of the tests, where no official
// one is available.
func (s *newcomer) nameImage(t *testing.T) {
	t.Helper()
	path := filepath.Join(s.dir, "drillgres.yaml")
	text := readFile(t, path)
	named := strings.Replace(text, "# image: postgres:15", "image: "+s.image, 1)
	if named == text {
		t.Fatalf("no image in\n%s", text)
	}
	if err := os.WriteFile(path, []byte(named), 0o600); err != nil {
		t.Fatal(err)
	}
}

// breakBackup adds a newer backup, which is cut.
func (s *newcomer) breakBackup(t *testing.T) {
	t.Helper()
	dump := program.ShopDump(t)
	s.store.Put(t, bucket, "prod/shop-2026-11-29.dump", dump[:len(dump)/2])
}

// official is the name of the image in the recordings, whatever its name here.
const official = "postgres:15"

// record runs the commands and returns the recording. Standard error, the progress, is not
// part of it: on a terminal it is gone when the report appears.
func (s *newcomer) record(t *testing.T, title string, commands []string) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	write := func(line any) {
		if err := encoder.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	write(castHeader{Version: 2, Width: 100, Height: 45, IdleTimeLimit: 2, Title: title})
	shown := strings.NewReplacer(" --image "+s.image, "", s.image, official, s.dir, "/srv/shop")
	clock, exit := time.Duration(0), 0
	for _, command := range commands {
		line := command
		if strings.HasSuffix(line, ".dump") && s.image != official {
			line += " --image " + s.image
		}
		started := time.Now()
		stdout, code, stderr := program.Shell(t, s.dir, fmt.Sprintf("(exit %d); %s", exit, line), "XDG_CACHE_HOME="+filepath.Join(s.dir, "cache"))
		took := time.Since(started)
		if stdout == "" {
			t.Fatalf("%s: exit code %d\n%s", line, code, stderr)
		}
		write(castEvent(clock, "$ "+command+"\n"))
		write(castEvent(clock+took, shown.Replace(stdout)))
		clock, exit = clock+took+time.Second, code
	}
	return out.Bytes()
}

// castHeader is the first line of a recording: https://docs.asciinema.org/manual/asciicast/v2
type castHeader struct {
	Version       int    `json:"version"`
	Width         int    `json:"width"`
	Height        int    `json:"height"`
	IdleTimeLimit int    `json:"idle_time_limit"`
	Title         string `json:"title"`
}

func castEvent(at time.Duration, text string) []any {
	return []any{float64(at.Milliseconds()) / 1000, "o", strings.ReplaceAll(text, "\n", "\r\n")}
}

func castPath(t *testing.T, name string) string {
	t.Helper()
	return repository.Path(t, "docs/casts/"+name+".cast")
}

// readCast returns the text of a recording, which is empty if there is none yet.
func readCast(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if *update && errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return textOf(t, content)
}

// textOf returns what is on the screen at the end of a recording.
func textOf(t *testing.T, content []byte) string {
	t.Helper()
	var text strings.Builder
	header, events, _ := strings.Cut(string(content), "\n")
	var h castHeader
	if err := json.Unmarshal([]byte(header), &h); err != nil || h.Version != 2 {
		t.Fatalf("not a recording: %v, %q", err, header)
	}
	for line := range strings.Lines(events) {
		var event [3]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		output, ok := event[2].(string)
		if !ok || event[1] != "o" {
			t.Fatalf("not an output: %q", line)
		}
		text.WriteString(strings.ReplaceAll(output, "\r\n", "\n"))
	}
	return text.String()
}

// varying matches what differs from one run to the next.
var varying = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\b\d{8}-\d{6}-[0-9a-f]{8}\b`), "RUN"},
	{regexp.MustCompile(`RUN, drillgres \S+`), "RUN, drillgres VERSION"},
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?( UTC|Z)?`), "TIME"},
	{regexp.MustCompile(`on 20\d\d-\d\d-\d\d`), "on DATE"},
	{regexp.MustCompile(`, [\d.,]+ (B|KiB|MiB)/s`), ""}, // only of a download that took a while
	{regexp.MustCompile(`\b[\d.,]+ (B|KiB|MiB)\b`), "SIZE"},
	{regexp.MustCompile(`\bbyte [\d,]+`), "byte N"},
	{regexp.MustCompile(`\bevents_20\d\d_\d\d\b`), "events_MONTH"},
	{regexp.MustCompile(`\b[\d.]+(ms|s|m|h)( [\d.]+[sm])?\b`), "DURATION"},
	{regexp.MustCompile(`\b15\.\d+`), "15.MINOR"},
	{regexp.MustCompile(`[ \n]+`), " "}, // columns are as wide as what is in them
}

func normalized(text string) []string {
	commands := commandsIn(text)
	for i := range commands {
		for _, v := range varying {
			commands[i] = v.what.ReplaceAllString(commands[i], v.with)
		}
	}
	return commands
}

var prompt = regexp.MustCompile(`(?m)^\$ `)

// commandsIn splits a session into its commands, each with its output.
func commandsIn(text string) (commands []string) {
	starts := prompt.FindAllStringIndex(text, -1)
	for i, start := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		commands = append(commands, text[start[0]:end])
	}
	return commands
}

var shownCast = regexp.MustCompile("(?ms)^<!-- (?:docs/)?casts/([a-z-]+)\\.cast -->\n```console\n(.*?)^```$")

// TestCastsInPages compares the parts of recordings in the documentation with the recordings:
// each command of a block must be there, with its whole output. With -update it rewrites the
// outputs.
func TestCastsInPages(t *testing.T) {
	used := map[string]bool{}
	pages, err := filepath.Glob(repository.Path(t, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, repository.Path(t, "README.md")) {
		text := readFile(t, page)
		want := shownCast.ReplaceAllStringFunc(text, func(block string) string {
			m := shownCast.FindStringSubmatch(block)
			used[m[1]] = true
			return strings.Replace(block, m[2], excerpt(t, page, m[1], m[2]), 1)
		})
		if text == want {
			continue
		}
		if !*update {
			t.Errorf("%s is stale, run make casts:\n%s", page, cmp.Diff(want, text))
		} else if err := os.WriteFile(page, []byte(want), 0o644); err != nil { //nolint:gosec // a page of the documentation
			t.Fatal(err)
		}
	}
	for _, c := range casts {
		if !used[c.name] {
			t.Errorf("no page shows %s", c.name)
		}
	}
}

// excerpt returns the commands of a block with the outputs that the recording has.
func excerpt(t *testing.T, page, name, block string) string {
	t.Helper()
	recorded := map[string]string{}
	for _, c := range commandsIn(readCast(t, castPath(t, name))) {
		command, _, _ := strings.Cut(c, "\n")
		recorded[command] = c
	}
	var text strings.Builder
	for _, c := range commandsIn(block) {
		command, _, _ := strings.Cut(c, "\n")
		if recorded[command] == "" {
			t.Fatalf("%s: %s.cast does not have %q", page, name, command)
		}
		text.WriteString(recorded[command])
	}
	return text.String()
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
