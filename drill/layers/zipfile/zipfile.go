// Package zipfile reads one member of a zip archive, also of one that is encrypted as
// WinZip does with AES. The names in an archive are untrusted: they are compared and
// printed, and never used as paths.
package zipfile

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Member is a regular file in an archive. What it says about the file is untrusted.
type Member struct {
	Name      string // as it is stored; it may be any bytes
	Size      int64  // decoded bytes
	Encrypted bool
	Method    string // store, deflate, or one that this version does not read
}

// Opened is the content of one member.
type Opened struct {
	io.Reader
	Member     Member
	Key        *Key   // that opened it; nil if it is not encrypted
	Encryption string // for example "AES-256 (AE-2)"; empty if it is not encrypted
}

// Detect reports whether head, the first bytes of a file, begins a zip archive, an empty
// one, or the first part of a split one.
func Detect(head []byte) bool {
	return slices.ContainsFunc([]string{localHeader, endOfDirectory, splitMarker, unsplitMarker + localHeader}, func(magic string) bool {
		return bytes.HasPrefix(head, []byte(magic))
	})
}

// Members returns the regular files in the archive, in the order of its central directory.
// Two may have the same name.
func (a *Archive) Members() []Member {
	var members []Member
	for _, f := range a.zip.File {
		if isFile(f) {
			members = append(members, memberOf(f))
		}
	}
	return members
}

// isFile reports whether a member has content. What zip reads from a pipe is marked as a pipe.
func isFile(f *zip.File) bool {
	return f.Mode().IsRegular() || f.Mode().Type() == fs.ModeNamedPipe
}

func memberOf(f *zip.File) Member {
	method := f.Method
	if field, ok := findAES(f.Extra); ok && f.Method == methodAES {
		method = field.method
	}
	// A size beyond an int64 is one of the lies that reading the member discovers.
	size := int64(min(f.UncompressedSize64, 1<<63-1))
	return Member{Name: f.Name, Size: size, Encrypted: isEncrypted(f), Method: methodName(method)}
}

// Open returns the content of the regular file with this name. Its Read returns io.EOF only
// after the size and the CRC-32 of the content, or its HMAC, have proved right.
//
// It returns format_unsupported if no file or several have
// the name, and for a compression or an encryption that this version does not read;
// key_missing and key_wrong for an encrypted member; and stream_corrupt if the member is
// damaged, as Read does. A wrong key passes the format's check of two bytes once in 65,536
// times, and then looks like damage. Errors of the archive's reader are returned as they are.
func (a *Archive) Open(name string, keys []*Key) (*Opened, error) {
	f, err := a.find(name)
	if err != nil {
		return nil, err
	}
	o := &Opened{Member: memberOf(f)}
	switch {
	case f.Flags&flagStrong != 0:
		return nil, errUnsupported(f.Name, "it is encrypted with PKWARE's strong encryption")
	case f.Method == methodAES:
	case f.Flags&flagEncrypted != 0:
		return nil, errUnsupported(f.Name, "it is encrypted with ZipCrypto").
			WithHint("encrypt the archive with AES-256: ZipCrypto can be broken in minutes")
	}
	if err := a.open(o, f, keys); err != nil {
		return nil, err
	}
	return o, nil
}

// find returns the regular file with this name.
func (a *Archive) find(name string) (*zip.File, error) {
	switch found := a.byName[name]; len(found) {
	case 0:
		return nil, outcome.Fail(outcome.FormatUnsupported, "read zip: the archive has no file named %s", show(name))
	case 1:
		return found[0], nil
	}
	return nil, outcome.Fail(outcome.FormatUnsupported, "read zip: the archive has several files named %s, and which one is meant is unknown", show(name))
}

// open sets the reader of the member, and how it was decrypted.
func (a *Archive) open(o *Opened, f *zip.File, keys []*Key) error {
	stored, err := f.OpenRaw()
	if err != nil {
		return a.fail(err, "read zip: find %s", show(f.Name))
	}
	c := &content{in: a.in, name: f.Name, size: f.UncompressedSize64, crc: f.CRC32, method: f.Method}
	if f.Method == methodAES {
		field, ok := findAES(f.Extra)
		if !ok {
			return errCorrupt(f.Name, "its AES header is damaged")
		}
		if c.sealed, o.Key, err = a.decrypt(f, field, stored, keys); err != nil {
			return err
		}
		stored = c.sealed
		c.method, c.unchecked = field.method, field.version == 2
		o.Encryption = field.String()
	}
	if c.body, err = decoder(c.method, stored); err != nil {
		return errUnsupported(f.Name, err.Error())
	}
	o.Reader = c
	return nil
}

// methodName returns the usual name of a compression method.
func methodName(method uint16) string {
	if name, ok := methodNames[method]; ok {
		return name
	}
	return fmt.Sprintf("method %d", method)
}
