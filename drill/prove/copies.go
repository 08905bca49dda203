package prove

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
	"github.com/drillgres/drillgres/drill/work"
)

// write writes the broken copy in its own directory.
func (t Trials) write(ctx context.Context, b Backup, c Control, copied Copy) error {
	broken := piece{path: b.Path, name: copied.Name, size: b.Size}
	if p, ok := b.single(c.damage.of); ok {
		broken = p
	}
	if err := t.checkSpace(broken.size); err != nil {
		return err
	}
	err := os.Mkdir(copied.Dir, 0o700)
	if err == nil {
		err = b.linkPieces(copied.Dir, broken.name)
	}
	if err == nil && !c.damage.removed {
		err = t.breakFile(ctx, b, broken.path, c.damage, filepath.Join(copied.Dir, broken.name))
	}
	if err == nil && c.damage.summed {
		sum := fmt.Sprintf("%s  %s\n", b.SHA256, copied.Name)
		err = os.WriteFile(filepath.Join(copied.Dir, copied.Name+".sha256"), []byte(sum), 0o600)
	}
	if ctx.Err() != nil {
		return outcome.Fail(outcome.Interrupted, "interrupted while making a broken copy (%s)", c.Name)
	}
	if changed := t.unchanged(ctx); changed != nil {
		return changed
	}
	return work.WriteFailure("make a broken copy ("+c.Name+")", err)
}

func (t Trials) unchanged(ctx context.Context) error {
	if t.Unchanged == nil {
		return nil
	}
	return t.Unchanged(ctx)
}

func (t Trials) checkSpace(size int64) error {
	if t.Limit > 0 && size > t.Limit {
		return outcome.Fail(outcome.DiskBudgetExceeded, "a copy of the backup needs %s, but work.limit leaves only %s", words.Size(size), words.Size(t.Limit)).
			WithHint("raise work.limit: drillgres prove needs space for the backup and a copy of it")
	}
	if free, ok := fetch.FreeSpace(t.Dir); ok && size > free {
		return outcome.Fail(outcome.DiskBudgetExceeded, "a copy of the backup needs %s, but the file system of %s has only %s free", words.Size(size), t.Dir, words.Size(free)).
			WithHint("free space there, or move the work directory with work.dir")
	}
	return nil
}

// breakFile writes a damaged copy of a file of the backup to path. The copy is readable by all,
// because the server in the container has another user id; its directory keeps it
// private. The copy keeps the backup's modification time, which decides how old its
// rows may be.
func (t Trials) breakFile(ctx context.Context, b Backup, intact string, d damage, path string) (err error) {
	from, err := os.Open(intact)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, to.Close())
		if err == nil && !b.Located.ModifiedAt.IsZero() {
			err = os.Chtimes(path, time.Time{}, b.Located.ModifiedAt)
		}
	}()
	if err := to.Chmod(0o644); err != nil { // whatever the umask
		return err
	}
	if !d.decoded {
		return apply(ctx, to, from, d.edits)
	}
	return t.rewrap(ctx, to, from, d.edits)
}

// rewrap applies the edits inside the compression.
func (t Trials) rewrap(ctx context.Context, to io.Writer, from io.Reader, edits []edit) error {
	dump, err := layers.Opener{MaxDecoded: t.MaxDecoded}.Open(ctx, from)
	if err != nil {
		return err
	}
	defer dump.Close()
	w, err := wrap(to, dump.Names()[0])
	if err != nil {
		return err
	}
	return errors.Join(apply(ctx, w, dump, edits), w.Close())
}

// wrap returns a writer that compresses at the fastest level, because a broken copy is
// read only once.
func wrap(w io.Writer, how string) (io.WriteCloser, error) {
	switch how {
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithEncoderCRC(true), zstd.WithZeroFrames(true))
	}
	return nil, fmt.Errorf("compress a copy: unknown compression %q", how)
}
