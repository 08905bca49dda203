package drill

import (
	"context"
	"errors"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// ahead is the part of a drill that runs beside the fetch: as soon as the first rows of a dump
// arrive, it provisions a server and begins to load them. The stages take over its results, and
// so the drill ends as it would without it, only sooner.
type ahead struct {
	cancel context.CancelCauseFunc
	known  chan struct{} // closed when it is known whether there is anything to take over
	ended  chan struct{} // closed when nothing runs any more

	begun  bool             // there is
	head   inspect.Contents // what comes before the rows
	server provision.Server
	failed error // of provision
	taken  bool  // the provision stage has returned the server, or it is closed

	accepted chan struct{} // closed when the following two are set
	complete provision.Server
	dump     restore.Dump

	restored restore.Restored
	err      error // of restore
}

// goAhead begins what can run beside the fetch of a backup. It returns nil if nothing can: the
// sandbox, which begun waits for, is all that is begun then.
func (d Drill) goAhead(ctx context.Context, r *runner, b locate.Backup, begun func()) *ahead {
	_, ok := d.Provisioner.(Beginner)
	if !ok || d.Arriving == nil || r.failure != nil || len(b.Before) > 0 || len(b.Members) > 0 || !isLarge(b) {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	a := &ahead{cancel: cancel, known: make(chan struct{}), ended: make(chan struct{}), accepted: make(chan struct{})}
	go func() {
		defer close(a.ended)
		if a.provision(ctx, d, begun); a.begun && a.failed == nil {
			a.restore(ctx, d, r.progress(outcome.Restore))
		}
	}()
	return a
}

// provision waits for the first rows of the dump, and provisions a server for what comes before
// them.
func (a *ahead) provision(ctx context.Context, d Drill, begun func()) {
	defer close(a.known)
	head, ok := d.Arriving.Head(ctx)
	if !ok {
		return
	}
	head, err := head.ForDatabase(d.Policy.Database)
	if err != nil { // the inspect stage reports it
		return
	}
	begun()
	a.begun, a.head = true, head
	a.server, a.failed = recovered(ctx, func(ctx context.Context) (provision.Server, error) {
		return d.Provisioner.Provision(ctx, head.Needs)
	})
}

// restore restores the dump. Before it is accepted, only its rows are loaded, and indexes and keys
// of an archive built.
func (a *ahead) restore(ctx context.Context, d Drill, p outcome.Progress) {
	ctx, release := whileUsable(ctx, a.server.Pod)
	defer release()
	dump := restore.Dump{Source: a.head.Source, Arriving: &restore.Arriving{Arriving: d.Arriving, Accepted: a.awaitAccepted}}
	a.restored, a.err = recovered(ctx, func(ctx context.Context) (restore.Restored, error) {
		return d.Restorer.Restore(ctx, a.server, dump, a.once(p))
	})
}

// awaitAccepted is Accepted of a restore.Arriving.
func (a *ahead) awaitAccepted(ctx context.Context) (provision.Server, restore.Dump, error) {
	select {
	case <-a.accepted:
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // whichever came first
		return provision.Server{}, restore.Dump{}, context.Cause(ctx)
	}
	return a.complete, a.dump, nil
}

// once returns a Progress that reports once the dump is accepted: before that, the fetch does.
func (a *ahead) once(p outcome.Progress) outcome.Progress {
	return func(done, total int64) {
		select {
		case <-a.accepted:
			p.Report(done, total)
		default:
		}
	}
}

// provision runs the provision stage: it completes the server that was begun, or provisions one.
func (d Drill) provision(ctx context.Context, a *ahead, needs inspect.Needs) (provision.Server, error) {
	if a == nil {
		return d.Provisioner.Provision(ctx, needs)
	}
	select {
	case <-a.known:
	case <-ctx.Done():
		return provision.Server{}, context.Cause(ctx)
	}
	if !a.begun { // the sandbox waits
		return d.Provisioner.Provision(ctx, needs)
	}
	if a.failed == nil {
		s, fits, err := d.Provisioner.(Beginner).Complete(ctx, a.server, a.head.Needs, needs)
		// The rows that ran ahead may have ended the server, or locked the drill out: the restore
		// reports that.
		if a.taken = fits && (err == nil || ctx.Err() != nil); a.taken {
			return s, err
		}
	}
	// Also after a failure: the stage must end as it does without what ran ahead.
	if left := d.discard(ctx, a); len(left) > 0 {
		return provision.Server{}, &sandbox.LeftBehind{Err: errors.New("close the sandbox that does not fit the backup"), Things: left}
	}
	return d.Provisioner.Provision(ctx, needs)
}

// restoreFrom restores the dump, or waits for the restore that was begun.
func (d Drill) restoreFrom(ctx context.Context, r *runner, a *ahead, s provision.Server, dump restore.Dump) (restore.Restored, error) {
	if a == nil || !a.begun {
		return d.Restorer.Restore(ctx, s, dump, r.progress(outcome.Restore))
	}
	a.complete, a.dump = s, dump
	accepted := time.Now()
	close(a.accepted)
	select {
	case <-a.ended:
	case <-ctx.Done():
		a.cancel(context.Cause(ctx))
		<-a.ended
	}
	a.restored.CountFrom(accepted)
	return a.restored, a.err
}

// discard ends what runs ahead, and closes its sandbox unless a stage has taken it over. It returns what could not be
// removed.
func (d Drill) discard(ctx context.Context, a *ahead) (leftovers []string) {
	if a == nil {
		return nil
	}
	a.cancel(nil)
	<-a.ended
	a.begun = false
	if !a.taken && a.server.Pod != nil {
		leftovers = a.server.Close(ctx)
		a.taken = len(leftovers) == 0 // or else the next call tries again, and reports what remains
	}
	return append(leftovers, d.Provisioner.(Beginner).Abandon(ctx)...)
}

// discardAtEnd is discard for clean-up, which also runs after the context of the drill has ended.
func (d Drill) discardAtEnd(ctx context.Context, a *ahead) []string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpLimit)
	defer cancel()
	return d.discard(ctx, a)
}
