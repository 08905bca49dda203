package outcome

// The exit codes that are no class's.
const (
	ExitPassed  = 0
	ExitNotTold = 7 // the drill passed, but recording or notifying it did not work
)

// ExitCode is the process's exit code after a failure of this class.
func (c Class) ExitCode() int {
	switch c {
	case ClassUsage:
		return 2
	case ClassBackup, ClassSchema:
		return 3
	case ClassApp:
		return 4
	case ClassEnvironment:
		return 5
	case ClassBudget:
		return 6
	case ClassSignal:
		return 130
	default:
		return 1
	}
}
