package layers

import (
	"bufio"
	"context"
	"io"

	"github.com/drillgres/drillgres/drill/layers/codec"
	"github.com/drillgres/drillgres/drill/layers/zipfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

// opened is what a layer is opened from: the inside of the layer around it.
type opened struct {
	ctx   context.Context
	br    *bufio.Reader
	head  []byte
	raw   io.Reader // of the backup itself, if no layer is around it
	outer failing
}

// peel opens the outermost layer. It returns nil if there is none.
func (o Opener) peel(s *Stream, in opened) (*level, error) {
	if name := codec.Detect(in.head); name != "" {
		return openCodec(s, in, name)
	}
	if l, err := o.decrypt(in); l != nil || err != nil {
		return l, err
	}
	switch {
	case zipfile.Detect(in.head):
		return o.openZip(s, in)
	case isTar(in.head) && o.KeepTar && beginsDumpTar(in.head):
		return nil, nil
	case isTar(in.head):
		return o.openTar(in)
	}
	return nil, rejectWrapped(in.head)
}

// rejectWrapped returns the Failure for a layer that this version does not open. It proves
// nothing about what is inside, so the Failure is never the backup's.
func rejectWrapped(head []byte) error {
	if name := encryptionOf(head); name != "" {
		return outcome.Fail(outcome.KeyMissing, "the backup is encrypted with %s, which this version does not decrypt", name).
			WithHint("decrypt the backup and drill the copy")
	}
	if name := codec.Unsupported(head); name != "" {
		return outcome.Fail(outcome.FormatUnsupported, "the backup is compressed with %s, which this version does not read", name)
	}
	if name := NameOf(head, containers); name != "" {
		return unopened(name)
	}
	if name := physicalOf(head); name != "" {
		return physicalBackup(name)
	}
	return rejectBase64(head)
}
