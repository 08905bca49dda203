package httpfile

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// List returns the one file. It asks for the first byte, not for the headers only: a
// link that is signed for GET refuses HEAD, and the answer says whether the server can
// read parts of the file.
func (s *Source) List(ctx context.Context) ([]locate.Object, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	answer, err := s.send(ctx, http.Header{"Range": {"bytes=0-0"}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }() // the rest of the file is not wanted
	var size int64
	switch answer.StatusCode {
	case http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable: // the latter: it is empty
		size = totalOf(answer)
		s.sequential.Store(false)
	case http.StatusOK:
		size = answer.ContentLength
		s.sequential.Store(true)
	default:
		return nil, s.refused(answer, false)
	}
	if isPage(answer) {
		return nil, s.pageFailure()
	}
	if size < 0 {
		return nil, outcome.Fail(outcome.SourceUnreachable, "read %s: the server does not state the size of the file", s.URI(locate.Object{})).
			WithHint("let the server send Content-Length, as it does for a file that it does not compress or generate")
	}
	o := locate.Object{Key: s.key(), Size: size, ETag: etagOf(answer)}
	if o.ModifiedAt = modifiedAt(answer); o.ModifiedAt.IsZero() {
		o.ModifiedAt, o.Undated = s.now(), true
	}
	return []locate.Object{o}, nil
}

var contentRange = regexp.MustCompile(`^bytes (?:\d+-\d+|\*)/(\d{1,18})$`)

// totalOf returns the size of the file that a part is of, or -1 if it is not stated.
func totalOf(answer *http.Response) int64 {
	m := contentRange.FindStringSubmatch(answer.Header.Get("Content-Range"))
	if m == nil {
		return -1
	}
	total, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return -1
	}
	return total
}

// etagOf returns the ETag without its quotes. A weak one keeps its W/, because it does
// not identify bytes.
func etagOf(answer *http.Response) string {
	tag := answer.Header.Get("ETag")
	if weak, ok := strings.CutPrefix(tag, "W/"); ok {
		return "W/" + strings.Trim(weak, `"`)
	}
	return strings.Trim(tag, `"`)
}

// modifiedAt returns the time of the last change, or the zero time if the server does
// not state it.
func modifiedAt(answer *http.Response) time.Time {
	at, err := http.ParseTime(answer.Header.Get("Last-Modified"))
	if err != nil || at.Unix() <= 0 {
		return time.Time{}
	}
	return at
}

// isPage reports whether the answer is a web page, such as a login page: it is declared
// as one and begins as one. A dump that is declared as one begins with something else.
func isPage(answer *http.Response) bool {
	kind := strings.ToLower(answer.Header.Get("Content-Type"))
	if !strings.HasPrefix(kind, "text/html") && !strings.HasPrefix(kind, "application/xhtml") {
		return false
	}
	const enough = 512
	head, _ := io.ReadAll(io.LimitReader(answer.Body, enough))
	return bytes.HasPrefix(bytes.TrimLeft(head, "\ufeff \t\r\n"), []byte("<"))
}
