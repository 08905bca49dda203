package layers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/outcome"
)

// fileDecrypter decrypts the files of a dump, each by itself.
type fileDecrypter struct {
	Opener
	ctx    context.Context
	stream *Stream
	next   func() (File, error)
	outer  failing // around the files

	current  *level             // of the current file; nil: it is not encrypted
	trailing int64              // of the files before
	proved   *opensslenc.Opened // the first file of openssl enc, whose key opens the others; nil: none yet
}

// decryptFiles decrypts those files of s whose names say that they are encrypted. Others may
// begin like an encryption: a large object has any content.
func (o Opener) decryptFiles(ctx context.Context, s *Stream) {
	d := &fileDecrypter{Opener: o, ctx: ctx, stream: s, next: s.Files.next, outer: s.outermost()}
	first, err := d.open()
	opened := false
	s.Files = &Files{Format: s.Files.Format, next: func() (File, error) {
		if !opened {
			opened = true
			return first, err
		}
		return d.open()
	}}
}

// open returns the next file.
func (d *fileDecrypter) open() (File, error) {
	d.trailing, d.current = d.trailingBytes(), nil
	file, err := d.next()
	if err != nil {
		return file, err
	}
	name := file.Name
	if dumpfile.Decrypted(name) == name {
		return file, nil
	}
	l, err := d.decryptFile(file)
	if err != nil {
		return File{}, d.stream.failure(inFile(err, name))
	}
	l.outer, l.budget, d.current = d.outer, Budget{Max: d.MaxDecoded}, l
	if !slices.ContainsFunc(d.stream.Layers, func(other Layer) bool { return other.Name == l.Name }) {
		d.stream.Layers = append(d.stream.Layers, l.Layer)
		d.stream.levels = append(d.stream.levels, &level{Layer: l.Layer, outer: d.outer, findings: l.findings, trailing: d.trailingBytes})
	}
	return File{
		Name: dumpfile.Decrypted(name), Size: file.Size,
		Reader: explained{l, func(err error) error { return inFile(err, name) }},
	}, nil
}

// decryptFile opens the encryption of a file, which its name promises.
func (d *fileDecrypter) decryptFile(file File) (*level, error) {
	br := bufio.NewReaderSize(file, bufferSize)
	head, err := br.Peek(sniffLength)
	switch {
	case len(head) == 0 && err != io.EOF: //nolint:errorlint // an error of the source may wrap it
		return nil, err
	case len(head) == 0:
		return nil, outcome.Fail(outcome.StreamTruncated, "the file is empty")
	case d.proved != nil && opensslenc.Detect(head):
		again, err := d.proved.OpenAnother(br)
		if err != nil {
			return nil, err
		}
		return &level{Layer: Layer{Name: OpenSSL, Key: again.Fingerprint}, r: again, trailing: again.Trailing}, nil
	}
	l, err := d.decrypt(opened{ctx: d.ctx, br: br, head: head, outer: d.outer})
	switch {
	case err != nil:
		return nil, err
	case l == nil:
		return nil, outcome.Fail(outcome.StreamCorrupt, "the file is not encrypted, although its name says so")
	}
	if in, ok := l.r.(decrypted); ok {
		d.proved, _ = in.Reader.(*opensslenc.Opened)
	}
	return l, nil
}

func (d *fileDecrypter) trailingBytes() int64 {
	if d.current == nil || d.current.trailing == nil {
		return d.trailing
	}
	return d.trailing + d.current.trailing()
}

// inFile adds the name of the file to a Failure. The file's own error stays as it is.
func inFile(err error, name string) error {
	var f *outcome.Failure
	if !errors.As(err, &f) {
		return err
	}
	named := *f
	named.Err = fmt.Errorf("%w, in its file %s", f.Err, clean(name))
	return &named
}

// explained is a reader whose errors are explained.
type explained struct {
	r       io.Reader
	explain func(error) error
}

func (e explained) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // the reader's own end
		err = e.explain(err)
	}
	return n, err
}
