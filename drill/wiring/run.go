package wiring

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/work"
)

// NewRunID returns the id of a run. It consists of the time and random digits, so that
// ids are sortable and unique.
func NewRunID(now time.Time) (string, error) {
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("make run id: %w", err)
	}
	return now.UTC().Format("20060102-150405-") + hex.EncodeToString(random), nil
}

// WorkRoot returns the directory in which each run creates its private directory: that
// of the config, or the default of the user if cfg is nil or names none. It fails with
// config_invalid if the user has no home directory.
func WorkRoot(cfg *config.Config) (string, error) {
	if cfg != nil && cfg.Work.Dir != "" {
		return cfg.Work.Dir, nil
	}
	root, err := work.DefaultRoot()
	if err != nil {
		return "", outcome.Fail(outcome.ConfigInvalid, "%w", err).WithHint("set work.dir in the config, or HOME in the environment")
	}
	return root, nil
}

// NewWorkDir creates the private directory of a run. Failure: work_dir_unusable.
func NewWorkDir(root, runID string) (*work.Dir, error) {
	private, err := work.New(root, runID)
	if err != nil {
		return nil, outcome.Fail(outcome.WorkDirUnusable, "%w", err)
	}
	return private, nil
}

// NewWorkDir creates the private directory of a run below the work root.
func (w *Wiring) NewWorkDir(runID string) (*work.Dir, error) { return NewWorkDir(w.workRoot, runID) }

// DecodedLimit stops a decompression bomb if the config sets no limit: 16 TiB is more
// than can be restored within the deadlines.
const DecodedLimit = 16 << 40

// DecodedLimitOf returns how many bytes a backup may decode to.
func DecodedLimitOf(cfg *config.Config) int64 {
	if cfg.Work.Limit > 0 {
		return int64(cfg.Work.Limit)
	}
	return DecodedLimit
}
