package provision

import (
	"testing"
)

func TestSettings(t *testing.T) {
	usual := sizing{Memory: 4 * gib, Shm: gib}
	tests := []struct {
		name string
		user map[string]string
		size sizing
		want map[string]string // empty: not set
	}{
		{"a rehearsal keeps durability", nil, usual, map[string]string{
			"wal_level": "minimal", "max_wal_senders": "0", "archive_mode": "off", "fsync": "", "full_page_writes": "", "synchronous_commit": "",
			"shared_buffers": "1024MB", "maintenance_work_mem": "", "logging_collector": "on", "autovacuum": "",
		}},
		{"fast gives up durability", nil, sizing{Memory: 4 * gib, Shm: gib, Fast: true}, map[string]string{
			"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
		}},
		{"shared buffers fit in memory", nil, sizing{Memory: gib, Shm: 64 * mib}, map[string]string{"shared_buffers": "256MB"}},
		{"the user's settings win, in whatever case", map[string]string{"Shared_Buffers": "77MB", "Maintenance_Work_Mem": "33MB"}, usual, map[string]string{
			"shared_buffers": "77MB", "Shared_Buffers": "", "maintenance_work_mem": "33MB",
		}},
		{"but not over the log", map[string]string{"lc_messages": "de_DE", "log_min_messages": "panic"}, usual, map[string]string{
			"lc_messages": "C", "log_min_messages": "error",
		}},
		{"archiving needs more than minimal WAL", map[string]string{"archive_mode": "on"}, usual, map[string]string{"wal_level": "replica"}},
		{"so do senders", map[string]string{"max_wal_senders": "4"}, usual, map[string]string{"wal_level": "replica"}},
		{"the user's level stays", map[string]string{"max_wal_senders": "4", "wal_level": "logical"}, usual, map[string]string{"wal_level": "logical"}},
		{"restored cron jobs do not run", map[string]string{"shared_preload_libraries": "pg_stat_statements, pg_cron"}, usual, map[string]string{
			"cron.database_name": "shop", "cron.launch_active_jobs": "off",
		}},
		{"no settings of pg_cron without it", map[string]string{"shared_preload_libraries": "not_pg_cron"}, usual, map[string]string{
			"cron.database_name": "",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := serverSettings(tt.user, tt.size, "shop")
			for name, want := range tt.want {
				if got[name] != want {
					t.Errorf("%s is %q, want %q", name, got[name], want)
				}
			}
		})
	}
}

// TestDefaultJobs checks how many jobs load by default, and the maintenance_work_mem of each.
func TestDefaultJobs(t *testing.T) {
	usual := sizing{Memory: defaultMemory, Shm: defaultShm}
	for name, tt := range map[string]struct {
		cpus, connections int
		size              sizing
		want              int
		memory            string
	}{
		"one CPU":                              {1, 100, usual, 1, "768MB"},
		"each CPU":                             {2, 100, usual, 2, "384MB"},
		"up to four":                           {4, 100, usual, 4, "192MB"},
		"more, within memory":                  {6, 100, usual, 6, "128MB"},
		"as many as /dev/shm is for":           {64, 100, usual, 8, "96MB"},
		"which more memory alone does not add": {64, 100, sizing{Memory: 16 * gib, Shm: gib}, 8, "96MB"},
		"as many as memory is for":             {64, 100, sizing{Memory: 2 * gib, Shm: 2 * gib}, 5, "102MB"},
		"all of many":                          {64, 100, sizing{Memory: 32 * gib, Shm: 16 * gib}, 64, "128MB"},
		"four in little memory":                {64, 100, sizing{Memory: gib, Shm: gib}, 4, "64MB"},
		"four in the least memory":             {64, 100, sizing{Memory: 256 * mib, Shm: gib}, 4, "16MB"},
		"four in the least /dev/shm":           {64, 100, sizing{Memory: 4 * gib, Shm: mib}, 4, "8MB"},
		"two in little memory":                 {2, 100, sizing{Memory: 256 * mib, Shm: gib}, 2, "32MB"},
		"never more than a gigabyte":           {2, 100, sizing{Memory: 32 * gib, Shm: 16 * gib}, 2, "1024MB"},
		"within the connections":               {128, 100, sizing{Memory: 64 * gib, Shm: 32 * gib}, 97, "168MB"},
		"within few connections":               {8, 6, usual, 3, "256MB"},
		"at least one":                         {8, 2, usual, 1, "768MB"},
	} {
		jobs := defaultJobs(tt.cpus, tt.connections, tt.size)
		if memory := inMB(maintenanceMemory(jobs, tt.size)); jobs != tt.want || memory != tt.memory {
			t.Errorf("%s: %d jobs of %s, want %d of %s", name, jobs, memory, tt.want, tt.memory)
		}
	}
}
