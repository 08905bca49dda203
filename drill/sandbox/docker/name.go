package docker

// PostgresName returns the name of the Postgres container of a run.
func PostgresName(runID string) string { return nameOf(runID, rolePostgres) }

func nameOf(runID, what string) string { return "drillgres-" + runID + "-" + what }
