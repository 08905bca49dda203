package place

import (
	"context"
	"errors"
	"slices"
	"testing"
)

var registry = Registry[string, string]{
	{Kind{Schemes: []string{"s3"}, Example: "s3://bucket/prefix", Section: "s3", Secrets: []string{"KEY"}}, opens("bucket")},
	{Kind{Schemes: []string{"postgres", "postgresql"}, Example: "postgres://host/database"}, opens("server")},
	{Kind{Schemes: []string{"file"}, Example: "file:///dir", Path: true}, opens("file")},
}

func opens(what string) func(context.Context, string) (string, error) {
	return func(_ context.Context, section string) (string, error) { return what + " " + section, nil }
}

func TestOpenChoosesByScheme(t *testing.T) {
	for text, want := range map[string]string{
		"s3://b/p": "bucket x", "postgresql://h/d": "server x", "file:///dir": "file x", "/dir/s3://odd": "file x", "C:/dir": "file x", "": "file x",
	} {
		if got, err := registry.Open(t.Context(), text, "x"); got != want || err != nil {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
}

func TestUnknownSchemeListsTheSupportedOnes(t *testing.T) {
	const supported = ": supported are file, postgres, s3, and a path"
	for text, want := range map[string]string{
		"gs://bucket":       "unsupported scheme gs://" + supported,
		"sftp://u:pw@h/dir": "unsupported scheme sftp://" + supported,
		"s3a://bucket":      "unsupported scheme s3a://" + supported + " (did you mean s3://?)",
		"S3://bucket":       "unsupported scheme S3://" + supported + " (did you mean s3://?)",
		"postgress://h":     "unsupported scheme postgress://" + supported + " (did you mean postgres://?)",
		"files:///dir":      "unsupported scheme files://" + supported + " (did you mean file://?)",
	} {
		if _, err := registry.Kinds().Find(text); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
		if opened, err := registry.Open(t.Context(), text, "x"); err == nil || err.Error() != want || opened != "" {
			t.Errorf("%s was opened: %q, %v", text, opened, err)
		}
	}
	if _, err := registry.Kinds()[:2].Find("dir"); err == nil || err.Error() != "is not a URL: supported are postgres, s3" {
		t.Errorf("a path, although no kind has paths: %v", err)
	}
}

func TestOpenReturnsTheErrorOfTheKind(t *testing.T) {
	broken := errors.New("broken")
	r := Registry[string, string]{{Kind{Path: true}, func(context.Context, string) (string, error) { return "", broken }}}
	if _, err := r.Open(t.Context(), "dir", ""); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestKindsCombineFormsSectionsAndSecrets(t *testing.T) {
	kinds := registry.Kinds()
	if got, want := kinds.Forms(), "s3://bucket/prefix, postgres://host/database, file:///dir, or a path relative to this file"; got != want {
		t.Errorf("forms: %s", got)
	}
	if got := kinds.Sections(); !slices.Equal(got, []string{"s3"}) || kinds.With("s3").Forms() != "s3://bucket/prefix" {
		t.Errorf("sections: %v", got)
	}
	if got := kinds.Secrets(); !slices.Equal(got, []string{"KEY"}) {
		t.Errorf("secrets: %v", got)
	}
}
