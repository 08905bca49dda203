package restore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/words"
)

// skeleton is an archive as a plain dump without its rows: the SQL of pg_restore, with a COPY
// for each block of the archive.
type skeleton struct {
	sql     []byte
	outline *inspect.Outline // with the sizes of the archive's rows
	splices []inspect.Splice
}

// maxSkeleton bounds the SQL of an archive with its large objects, in bytes.
const maxSkeleton = 16 << 20

// readSkeleton has pg_restore write the SQL of the archive. It returns why the archive cannot
// be loaded with it, or an empty string.
func (r *run) readSkeleton(ctx context.Context) (s skeleton, why string, err error) {
	blocks := r.dump.Blocks
	sql, why, err := r.writeSQL(ctx)
	if why != "" || err != nil {
		return skeleton{}, why, err
	}
	at, ok := beginOfLater(sql, r.dump.AfterRows)
	if !ok {
		return skeleton{}, "the SQL of pg_restore is not as expected", nil
	}
	s.sql = slices.Concat(sql[:at], copies(blocks), sql[at:])
	contents, err := inspect.Scan(ctx, bytes.NewReader(s.sql), layers.Opener{})
	if ctx.Err() != nil {
		return skeleton{}, "", context.Cause(ctx)
	}
	s.outline, s.splices = contents.Source.Outline, contents.Source.Splices
	switch {
	case err != nil:
		return skeleton{}, "its SQL is not understood", nil //nolint:nilerr // pg_restore loads it, or explains the error
	case s.outline == nil:
		return skeleton{}, contents.Source.NoOutline, nil
	case len(s.outline.Rows) != len(blocks):
		return skeleton{}, "its SQL has other rows than its blocks", nil
	}
	s.outline = s.outlineFor(blocks)
	return s, "", nil
}

// outlineFor returns the outline with the sizes of the blocks.
func (s skeleton) outlineFor(blocks []inspect.Block) *inspect.Outline {
	o := *s.outline
	o.Rows = slices.Clone(o.Rows)
	for i, b := range blocks {
		o.Rows[i].Data.Size = b.Size
	}
	return &o
}

// writeSQL returns the SQL of the archive without its rows, as pg_restore writes it, or why there is
// none. Each entry begins with a comment that has its number.
func (r *run) writeSQL(ctx context.Context) (sql []byte, why string, err error) {
	omitted := r.omitted()
	for _, b := range r.dump.Blocks {
		omitted = append(omitted, b.Entry)
	}
	list, err := r.writeList(ctx, omitted)
	if err != nil || list == "" {
		return nil, "its entries cannot be listed", err
	}
	written := &limitedBuffer{most: maxSkeleton}
	args := []string{r.plan.Tool, "--verbose", "--file=-", "--use-list=" + list, r.archive}
	code, err := r.server.Exec(ctx, sandbox.Command{Args: args, Env: r.plan.Env, Stdout: written})
	switch {
	case errors.Is(err, errTooLong):
		return nil, "its SQL is longer than " + words.Size(maxSkeleton), nil
	case err != nil:
		return nil, "", asFailure(err, "write the SQL of the archive")
	case code != 0:
		return nil, "pg_restore cannot write its SQL", nil
	}
	return written.Bytes(), "", nil
}

// copies returns a COPY without rows for each block.
func copies(blocks []inspect.Block) []byte {
	var b bytes.Buffer
	for _, block := range blocks {
		fmt.Fprintf(&b, "%s\n\\.\n\n", strings.TrimSpace(block.Copy))
	}
	return b.Bytes()
}

// endOfDump is what pg_restore writes last.
const endOfDump = "\n--\n-- PostgreSQL database dump complete\n"

// beginOfLater returns where the SQL of pg_restore has the first entry that comes after the
// rows; 0: there is none, and rows come last.
func beginOfLater(sql []byte, entry int64) (at int, ok bool) {
	mark := endOfDump
	if entry != 0 {
		mark = fmt.Sprintf("\n--\n-- TOC entry %d (class ", entry)
	}
	at = bytes.Index(sql, []byte(mark))
	return at + 1, at >= 0 && at == bytes.LastIndex(sql, []byte(mark))
}

var errTooLong = errors.New("too long")

// limitedBuffer is a buffer that fails when it becomes too long.
type limitedBuffer struct {
	bytes.Buffer
	most int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, errTooLong
	}
	return b.Buffer.Write(p)
}
