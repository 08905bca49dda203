package drills

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
)

// canary is a value of a row. No output may contain it.
const canary = "ada-canary"

// TestNoOutputContainsRows searches every output of drills for a value of a row that the
// server, a function of the dump, the application or a migration tool prints.
func TestNoOutputContainsRows(t *testing.T) {
	image := images.Postgres(t, "15")
	const table = "CREATE TABLE public.people (id int PRIMARY KEY, name text);\nINSERT INTO public.people VALUES (1, '" + canary + "');\n"
	raises := func(how string) string {
		return table + "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN " + how + " END$$;\n" +
			"CREATE TRIGGER f BEFORE INSERT ON public.people FOR EACH ROW EXECUTE FUNCTION public.f();\nINSERT INTO public.people VALUES (2, '" + canary + "');\n"
	}
	app := func(command string) string {
		return fmt.Sprintf("    app: {image: %q, command: [sh, -c, %q], ready: {within: 20s}}\n", image, command)
	}
	for _, c := range []struct {
		name, dump, config string
		code               outcome.Code // empty: it passes
	}{
		{"a list of people", "1\t" + canary + "\tada@example.org\n", "", outcome.NotADump},
		{"a statement that is none", table + "INSERT INTO public.people VALUE (2, '" + canary + "');\n" + "CREATE " + canary + ";\n", "", outcome.RestoreFailed},
		{"a row that does not fit", "CREATE TABLE public.t (id int);\nCOPY public.t FROM stdin;\n" + canary + "\n\\.\n", "", outcome.CopyFailed},
		{"a row twice", "CREATE TABLE public.t (name text PRIMARY KEY);\nCOPY public.t FROM stdin;\n" + canary + "\n" + canary + "\n\\.\n", "", outcome.ConstraintViolated},
		{"a check", "CREATE TABLE public.t (name text CHECK (name <> '" + canary + "'));\nINSERT INTO public.t VALUES ('" + canary + "');\n", "", outcome.ConstraintViolated},
		{"a time zone", "CREATE TABLE public.t (z text CHECK ((timestamp '2026-01-01' AT TIME ZONE z) IS NOT NULL));\nINSERT INTO public.t VALUES ('" + canary + "');\n", "", ""},
		{"an exception", raises("RAISE EXCEPTION '%', NEW.name;"), "", ""},
		{"an exception that looks like another", raises("RAISE EXCEPTION 'relation \"%\" does not exist', NEW.name USING ERRCODE = '42P01', HINT = NEW.name, DETAIL = NEW.name, TABLE = NEW.name;"), "", ""},
		{"an assertion", raises("ASSERT false, NEW.name;"), "", ""},
		{"an exception without data", raises("RAISE EXCEPTION USING ERRCODE = '38001', MESSAGE = NEW.name;"), "", ""},
		{"a query that cannot convert", table, "    verify: {queries: [{name: numbers, sql: \"select name::int from people\", expect: value == 1}]}\n", outcome.QueryFailed},
		{"an application that prints rows", table, app("psql -XAtc 'select name from people'; psql -XAtc \"select 'user ' || name || ' is unknown' from people\" >&2; exit 3"), outcome.AppStartFailed},
		{
			"a migration that prints rows", table, fmt.Sprintf("    migrate: {image: %q, command: [sh, -c, %q], timeout: 1m}\n", image, "psql -XAtc 'select name from people'; psql -XAtc 'select name::int from people' >&2; exit 3"),
			outcome.MigrationFailed,
		},
		{"rows that are counted", table, "    verify: {tables: {public.people: {min_rows: 2}}}\n", outcome.RowsMissing},
		{"a backup that passes", table, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := program.DumpConfig(t, "", c.config+"record: {history: history.db}\n", []byte(c.dump))
			outputs, exit := everyOutput(t, config)
			if c.code != "" && (exit != c.code.Class().ExitCode() || !strings.Contains(outputs["text"], string(c.code))) {
				t.Errorf("exit %d, want %s:\n%s", exit, c.code, outputs["text"])
			}
			for name, text := range outputs {
				if i := strings.Index(strings.ToLower(text), canary); i >= 0 {
					t.Errorf("%s contains a row: %s", name, text[max(0, i-200):min(len(text), i+50)])
				}
				if len(text) == 0 {
					t.Errorf("no %s", name)
				}
			}
		})
	}
}

// everyOutput drills in a step of a workflow and returns what the program has printed and
// written.
func everyOutput(t *testing.T, config string) (outputs map[string]string, exit int) {
	t.Helper()
	dir := filepath.Dir(config)
	file := func(name string) string { return filepath.Join(dir, name) }
	cmd := exec.CommandContext(t.Context(), program.Binary(t), "run", "--config", config, "--progress", "plain", "--output", file("result.json"), "--junit", file("junit.xml"))
	cmd.Env = append(os.Environ(), "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+file("summary.md"), "GITHUB_OUTPUT="+file("output"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run() // the exit code says how it ended
	history, _, _ := program.Run(t.Context(), t, "history", "--config", config)
	asJSON, _, _ := program.Run(t.Context(), t, "history", "--config", config, "--format", "json")
	outputs = map[string]string{"text": stdout.String(), "log and annotations": stderr.String(), "history": history, "history in JSON": asJSON}
	for _, name := range []string{"result.json", "junit.xml", "summary.md", "output", "history.db"} {
		text, err := os.ReadFile(file(name))
		if err != nil {
			t.Error(err)
		}
		outputs[name] = string(text)
	}
	return outputs, cmd.ProcessState.ExitCode()
}
