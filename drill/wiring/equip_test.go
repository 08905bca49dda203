package wiring

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
)

// TestEquip makes the image that a backup needs ahead of its drill. It is the one of the
// corpus, so that one of them finds it.
func TestEquip(t *testing.T) {
	base := images.Postgres(t, "15")
	w := wired(t, "", base)
	db := w.Config.Databases["shop0"]
	if image, err := w.Equip(t.Context(), db); err != nil || image.Ref != "" {
		t.Errorf("a backup without extensions: %+v, %v", image, err)
	}
	backup := filepath.Join(w.Config.Dir, "shop.sql")
	with := strings.Replace(dump, "CREATE TABLE", "CREATE EXTENSION IF NOT EXISTS ip4r WITH SCHEMA public;\n\nCREATE TABLE", 1)
	if err := os.WriteFile(backup, []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	image, err := w.Equip(t.Context(), db)
	if err != nil || !slices.Equal(image.Extensions, []string{"ip4r"}) || image.Base != base {
		t.Fatalf("made %+v, %v", image, err)
	}
	engine, err := w.Engine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all, err := Images(t.Context(), engine); err != nil || !slices.ContainsFunc(all, func(i equip.Image) bool { return i.Ref == image.Ref }) {
		t.Errorf("%v is not in %+v, %v", image.Ref, all, err)
	}
	db.Postgres.Build.Off = true
	if _, err := w.Equip(t.Context(), db); err == nil || outcome.AsFailure(err).Code != outcome.ConfigInvalid {
		t.Errorf("off: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(w.workRoot, "*-*")); err != nil || len(left) > 0 {
		t.Errorf("left in the work directory: %q, %v", left, err)
	}
}
