package config

import (
	"regexp"
	"strconv"
	"strings"
)

const (
	minMajor   = 13
	maxMajor   = 99 // a larger number is a mistake
	minMemory  = 256 << 20
	minShmSize = 1 << 20
)

var (
	settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*$`)
	minorPart   = regexp.MustCompile(`^([0-9]{1,2})\.[0-9.]+$`)
	encoding    = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// reservedSettings are the settings that the sandbox controls, with the reason.
// Changing them would break it, or make the durations of a rehearsal unrealistic.
var reservedSettings = map[string]string{
	"listen_addresses":         "the sandbox listens on its loopback only",
	"port":                     "the sandbox listens on 5432",
	"unix_socket_directories":  "the sandbox chooses where its socket is",
	"data_directory":           "the sandbox chooses where its data is",
	"config_file":              "the sandbox writes its own configuration",
	"hba_file":                 "the sandbox writes its own access rules",
	"ident_file":               "the sandbox writes its own access rules",
	"logging_collector":        "the drill reads the server's log",
	"log_destination":          "the drill reads the server's log",
	"log_directory":            "the drill reads the server's log",
	"log_filename":             "the drill reads the server's log",
	"log_rotation_age":         "the drill reads the server's log",
	"log_rotation_size":        "the drill reads the server's log",
	"log_truncate_on_rotation": "the drill reads the server's log",
	"log_min_messages":         "the drill reads the server's log",
	"log_min_error_statement":  "the drill reads the server's log",
	"log_error_verbosity":      "the drill reads the server's log",
	"log_checkpoints":          "the drill reads the server's log",
	"lc_messages":              "the drill reads the server's log",
	"fsync":                    "a real recovery keeps it on; set restore.profile to fast to turn it off",
	"full_page_writes":         "a real recovery keeps it on; set restore.profile to fast to turn it off",
}

func (l *loader) checkPostgres(at *path, p *Postgres) {
	l.checkMajor(at.key("version"), p.Version)
	l.checkImage(at.key("image"), string(p.Image), false)
	l.checkName(at.key("owner"), p.Owner)
	if e := at.key("encoding"); l.given(e) && !encoding.MatchString(p.Encoding) {
		l.invalid(e, "%s is not an encoding (want its Postgres name, such as UTF8)", quoted(p.Encoding))
	}
	l.checkName(at.key("locale"), p.Locale)
	for i, name := range p.Extensions {
		l.checkName(at.key("extensions").at(i), name)
	}
	l.checkSettings(at.key("settings"), p.Settings)
	l.checkBuild(at.key("build"), &p.Build)
	l.checkMinimum(at.key("memory"), p.Memory, minMemory)
	l.checkMinimum(at.key("shm_size"), p.ShmSize, minShmSize)
	if c := at.key("cpus"); l.given(c) && p.CPUs < 0.1 {
		l.invalid(c, "%g is not a number of CPUs (want 0.1 or more)", p.CPUs)
	}
}

func (l *loader) checkMajor(at *path, version string) {
	major, err := strconv.Atoi(version)
	minor := minorPart.FindStringSubmatch(version)
	switch {
	case version == "":
		l.invalid(at, `is missing (want production's major, such as "16")`)
	case minor != nil && len(minor[1]) > 1:
		l.invalid(at, `%s names a minor version (want the major only: "%s")`, quoted(version), minor[1])
	case err != nil && minor == nil, major > maxMajor, strings.HasPrefix(version, "+"):
		l.invalid(at, `%s is not a major version of Postgres (want a number such as "16")`, quoted(version))
	case major < minMajor:
		l.invalid(at, "%s is not supported (want %d or later)", quoted(version), minMajor)
	}
}

func (l *loader) checkImage(at *path, image string, required bool) {
	switch {
	case !l.given(at):
		if required {
			l.invalid(at, "is missing (want an image such as ghcr.io/acme/shop:1.42)")
		}
	case image == "":
		l.invalid(at, "is empty (want an image such as postgres:16)")
	case !IsImage(image):
		l.invalid(at, "is not an image reference (want one such as ghcr.io/acme/shop:1.42)")
	}
}

// IsImage reports whether ref can be an image reference.
func IsImage(ref string) bool {
	return ref != "" && !strings.Contains(ref, "://") && !strings.ContainsAny(ref, " \t\n") && !hasControl(ref) && !strings.HasPrefix(ref, "-")
}

func (l *loader) checkSettings(at *path, settings map[string]string) {
	for _, name := range sortedNames(settings) {
		switch why, reserved := reservedSettings[strings.ToLower(name)]; {
		case !settingName.MatchString(name):
			l.invalid(at.key(name), "is not a valid name of a Postgres setting")
		case reserved:
			l.invalid(at.key(name), "cannot be set here: %s", why)
		case strings.ContainsAny(settings[name], "\x00\n\r"):
			l.invalid(at.key(name), "contains a line break")
		}
	}
}

func (l *loader) checkMinimum(at *path, s, minimum Size) {
	if l.given(at) && s < minimum {
		l.invalid(at, "%s is too little for a server (want %s or more)", s, minimum)
	}
}
