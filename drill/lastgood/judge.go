package lastgood

import (
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Judge returns what a drill says about whether its backup restores. A backup that was
// restored and verified is good, whatever the application, the release or a budget said
// afterwards. A drill that could not be carried out says nothing: Untested.
func Judge(r outcome.Result) State {
	f := r.Failure
	switch {
	case r.Kind != outcome.KindDrill && r.Kind != "":
		return Untested
	case r.Verdict == outcome.VerdictPassed:
		return Good
	case f == nil || r.Verdict != outcome.VerdictFailed:
		return Untested
	case wasVerified(r):
		return Good
	case slices.Contains(aboutOthers, f.Code):
		return Untested
	case f.Class == outcome.ClassBackup || f.Class == outcome.ClassSchema:
		return Bad
	default: // the restore did not end in time
		return Untested
	}
}

// aboutOthers are codes of failed drills that say nothing about what is in the backup: it is
// too old to be the newest one, or must be copied out of an archive first.
var aboutOthers = []outcome.Code{
	outcome.BackupStale, outcome.BackupArchived, outcome.BackupMissing, outcome.RetentionShort,
	outcome.LifecycleDeletes, outcome.BackupNotOffsite,
}

// wasVerified reports whether the backup was restored and its content verified.
func wasVerified(r outcome.Result) bool {
	return slices.ContainsFunc(r.Stages, func(s outcome.StageReport) bool {
		return s.Stage == outcome.Verify && s.Status == outcome.StagePassed
	})
}

// aboutBackup are codes of drills that could not be carried out because of this one backup.
// Another backup may well be drilled. Every other code ends a search: the machine, the source
// or the config is at fault, and the next drill would end in the same way.
var aboutBackup = []outcome.Code{
	outcome.BackupChanged, outcome.KeyMissing, outcome.KeyWrong, outcome.MemberMissing, outcome.MemberAmbiguous,
	outcome.FormatUnsupported, outcome.DiskBudgetExceeded, outcome.ExtensionUnavailable, outcome.ClientTooOld,
}

// canGoOn reports whether a search continues after a drill that says nothing about its
// backup.
func canGoOn(f outcome.FailureReport) bool {
	gone := f.Stage == outcome.Locate && f.Code == outcome.ConfigInvalid
	unreadable := f.Stage == outcome.Fetch && f.Code == outcome.SourceDenied // the source could be listed
	return gone || unreadable || slices.Contains(aboutBackup, f.Code)
}
