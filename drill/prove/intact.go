package prove

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/dir"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
)

// intact wraps two stages of the drill of the intact backup, and keeps what was
// fetched and restored.
type intact struct {
	drill.Fetcher
	drill.Verifier

	backup     locate.Backup
	file       fetch.File
	promised   inspect.Promise
	content    Content
	contentErr error
	restorer   drill.Restorer
}

// Fetch fetches the backup.
func (k *intact) Fetch(ctx context.Context, b locate.Backup, p outcome.Progress) (fetch.File, error) {
	f, err := k.Fetcher.Fetch(ctx, b, p)
	k.file, k.backup = f, b
	return f, err
}

// opener returns what opened the layers of the backup.
func (k *intact) opener(maxDecoded int64) layers.Opener {
	if r, ok := k.restorer.(restore.Restorer); ok && r.Opener != nil {
		return *r.Opener
	}
	return layers.Opener{MaxDecoded: maxDecoded}
}

// Verify verifies the restored database. If that passes, it lists what a control can
// remove. An error of that is not a failure of the backup.
func (k *intact) Verify(ctx context.Context, s provision.Server, promised inspect.Promise, taken snapshot.Range, p outcome.Progress) (verify.Report, error) {
	report, err := k.Verifier.Verify(ctx, s, promised, taken, p)
	k.promised = promised
	if err == nil {
		k.content, k.contentErr = readContent(ctx, s)
	}
	return report, err
}

// VerifyPromise verifies another database of a cluster.
func (k *intact) VerifyPromise(ctx context.Context, s provision.Server, promised inspect.Promise, report *verify.Report) error {
	return k.Verifier.VerifyPromise(ctx, s, promised, report)
}

// unchanged returns an error if the backup is read in place and was replaced in the
// meantime.
func (k *intact) unchanged(ctx context.Context) error {
	if _, inPlace := k.backup.Source.(locate.LocalPath); !inPlace {
		return nil
	}
	return k.backup.CheckUnchanged(ctx)
}

// room returns how much of a limit is left for a copy after the fetch.
func (k *intact) room(limit int64) int64 {
	if _, inPlace := k.backup.Source.(locate.LocalPath); limit == 0 || inPlace {
		return limit
	}
	return max(limit-k.file.Size, 1)
}

// copyLocator locates a broken copy.
type copyLocator struct {
	Copy
	now func() time.Time
}

func (l copyLocator) Locate(ctx context.Context) (locate.Backup, error) {
	source, err := dir.New(l.Dir)
	if err != nil {
		return locate.Backup{}, err
	}
	b, err := locate.Locator{Source: source, Rules: locate.Rules{Want: l.Name}, Now: l.now}.Locate(ctx)
	for i, role := range l.Roles {
		part, partErr := locate.Locator{Source: source, Rules: locate.Rules{Want: partName(i)}, Now: l.now}.Locate(ctx)
		b.Before = append(b.Before, locate.Part{Object: part.Object, Members: part.Members, Role: role, URI: part.URI})
		err = errors.Join(err, partErr)
	}
	return b, err
}

// fetchedBefore replaces the first two stages of a drill with a loss. It returns the
// intact backup, which promises what a dump of a database after the loss would
// promise.
type fetchedBefore struct {
	Backup
	loss loss
}

func (k fetchedBefore) Locate(context.Context) (locate.Backup, error) { return k.Located, nil }

func (k fetchedBefore) Fetch(context.Context, locate.Backup, outcome.Progress) (fetch.File, error) {
	f := k.File
	f.Contents.Promises = slices.Clone(f.Contents.Promises)
	for i, p := range f.Contents.Promises {
		if p.DatabaseName == k.Promised.DatabaseName {
			f.Contents.Promises[i] = k.loss.promise(p)
		}
	}
	return f, nil
}

// losing is a Restorer that applies a loss after the restore.
type losing struct {
	drill.Restorer
	loss loss
}

func (l losing) Restore(ctx context.Context, s provision.Server, dump restore.Dump, p outcome.Progress) (restore.Restored, error) {
	restored, err := l.Restorer.Restore(ctx, s, dump, p)
	if err == nil {
		err = inflict(ctx, s, l.loss)
	}
	return restored, err
}
