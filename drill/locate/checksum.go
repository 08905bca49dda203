package locate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Limits on reading a checksum file, which has one line or a few.
const (
	maxChecksumFile = 64 << 10
	checksumTimeout = 30 * time.Second
)

// readSidecar returns the checksum in the sidecar file KEY.sha256 of o, or an
// empty string if there is none. A sidecar that cannot be read or parsed is a
// finding, because the backup may still be good.
func (l Locator) readSidecar(ctx context.Context, o Object, listed []Object) (string, *outcome.Finding, error) {
	i := slices.IndexFunc(listed, func(s Object) bool { return s.Key == o.Key+".sha256" })
	if i < 0 {
		return "", nil, nil
	}
	text, err := l.readSmall(ctx, listed[i])
	if ctx.Err() != nil {
		return "", nil, context.Cause(ctx)
	}
	if err != nil {
		return "", checksumFinding("checksum_unreadable", listed[i], err), nil
	}
	sum, err := parseChecksum(text, path.Base(o.Key))
	if err != nil {
		return "", checksumFinding("checksum_malformed", listed[i], err), nil
	}
	return sum, nil, nil
}

func checksumFinding(code string, sidecar Object, err error) *outcome.Finding {
	return &outcome.Finding{
		Code:    code,
		Message: fmt.Sprintf("the checksum in %s was not compared: %v", Show(sidecar.Key), err),
		Hint:    "write it with sha256sum after the backup is complete, or remove it",
	}
}

func (l Locator) readSmall(ctx context.Context, o Object) (text string, err error) {
	if o.Size > maxChecksumFile {
		return "", fmt.Errorf("it has %s, too large for a checksum", words.Size(o.Size))
	}
	if o.Size == 0 {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, checksumTimeout)
	defer cancel()
	r, err := l.Source.ReadRange(ctx, o, 0, o.Size)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	content, err := io.ReadAll(io.LimitReader(r, maxChecksumFile))
	return string(content), err
}

// The output of sha256sum (a leading backslash marks an escaped name) or a bare
// sum, and the output of sha256sum --tag.
var (
	gnuLine = regexp.MustCompile(`^\\?([0-9a-fA-F]{64})(?:[ \t]+\*?(.+))?$`)
	bsdLine = regexp.MustCompile(`^\\?SHA256 ?\((.+)\) ?= ?([0-9a-fA-F]{64})$`)
)

// parseChecksum returns the sum for name. A single line counts whatever its name,
// because backups are renamed. Among several lines, the one with the name counts.
func parseChecksum(text, name string) (string, error) {
	sums := map[string]string{}
	lines := strings.FieldsFunc(strings.TrimSpace(text), func(r rune) bool { return r == '\n' || r == '\r' })
	for _, line := range lines {
		sum, file, ok := parseChecksumLine(strings.TrimSpace(line))
		if !ok {
			return "", errors.New("it contains a line that is not a sha256 sum")
		}
		sums[path.Base(strings.ReplaceAll(file, `\`, "/"))] = sum
		if len(lines) == 1 {
			return sum, nil
		}
	}
	if len(lines) == 0 {
		return "", errors.New("it is empty")
	}
	if sum, ok := sums[name]; ok {
		return sum, nil
	}
	return "", fmt.Errorf("it contains %d sums and none for %s", len(lines), Show(name))
}

func parseChecksumLine(line string) (sum, file string, ok bool) {
	if m := gnuLine.FindStringSubmatch(line); m != nil {
		sum, file = m[1], m[2]
	} else if m := bsdLine.FindStringSubmatch(line); m != nil {
		sum, file = m[2], m[1]
	}
	return strings.ToLower(sum), file, sum != ""
}
