package config

import (
	"regexp"
	"strconv"
	"strings"
)

const (
	oldestMajor = 13
	latestMajor = 99 // beyond it, a number is a mistake
	leastMemory = 256 << 20
	leastShm    = 1 << 20
)

var (
	settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*$`)
	minorPart   = regexp.MustCompile(`^([0-9]{1,2})\.[0-9.]+$`)
	encoding    = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// ownSettings are those that the sandbox needs for itself, or that would make
// a rehearsal's durations dishonest.
var ownSettings = map[string]string{
	"listen_addresses":         "the sandbox listens on its own loopback only",
	"port":                     "the sandbox listens on 5432",
	"unix_socket_directories":  "the sandbox places its socket itself",
	"data_directory":           "the sandbox places its data itself",
	"config_file":              "the sandbox writes its configuration itself",
	"hba_file":                 "the sandbox writes its access rules itself",
	"ident_file":               "the sandbox writes its access rules itself",
	"logging_collector":        "the drill reads the server's log itself",
	"log_destination":          "the drill reads the server's log itself",
	"log_directory":            "the drill reads the server's log itself",
	"log_filename":             "the drill reads the server's log itself",
	"log_rotation_age":         "the drill reads the server's log itself",
	"log_rotation_size":        "the drill reads the server's log itself",
	"log_truncate_on_rotation": "the drill reads the server's log itself",
	"log_min_messages":         "the drill reads the server's log itself",
	"log_min_error_statement":  "the drill reads the server's log itself",
	"log_error_verbosity":      "the drill reads the server's log itself",
	"log_checkpoints":          "the drill reads the server's log itself",
	"lc_messages":              "the drill reads the server's log itself",
	"fsync":                    "no real recovery runs so; set restore.profile to fast",
	"full_page_writes":         "no real recovery runs so; set restore.profile to fast",
}

func (l *loader) checkPostgres(at *path, p *Postgres) {
	l.checkMajor(at.key("version"), p.Version)
	l.checkImage(at.key("image"), string(p.Image), false)
	l.checkName(at.key("owner"), p.Owner)
	if e := at.key("encoding"); l.given(e) && !encoding.MatchString(p.Encoding) {
		l.bad(e, "%s is not an encoding (want its Postgres name, such as UTF8)", quoted(p.Encoding))
	}
	l.checkName(at.key("locale"), p.Locale)
	for i, name := range p.Extensions {
		l.checkName(at.key("extensions").at(i), name)
	}
	l.checkSettings(at.key("settings"), p.Settings)
	l.atLeast(at.key("memory"), p.Memory, leastMemory)
	l.atLeast(at.key("shm_size"), p.ShmSize, leastShm)
	if c := at.key("cpus"); l.given(c) && p.CPUs < 0.1 {
		l.bad(c, "%g is not a number of CPUs (want 0.1 or more)", p.CPUs)
	}
}

func (l *loader) checkMajor(at *path, version string) {
	major, err := strconv.Atoi(version)
	minor := minorPart.FindStringSubmatch(version)
	switch {
	case version == "":
		l.bad(at, `is missing (want production's major, such as "16")`)
	case minor != nil && len(minor[1]) > 1:
		l.bad(at, `%s names a minor version (want the major only: "%s")`, quoted(version), minor[1])
	case err != nil && minor == nil, major > latestMajor, strings.HasPrefix(version, "+"):
		l.bad(at, `%s is not a major version of Postgres (want a number such as "16")`, quoted(version))
	case major < oldestMajor:
		l.bad(at, "%s is older than the oldest major that this version drills (want %d or later)", quoted(version), oldestMajor)
	}
}

func (l *loader) checkImage(at *path, image string, required bool) {
	switch {
	case !l.given(at):
		if required {
			l.bad(at, "is missing (want an image such as ghcr.io/acme/shop:1.42)")
		}
	case image == "":
		l.bad(at, "is empty (want an image such as postgres:16)")
	case !IsImage(image):
		l.bad(at, "is not an image reference (want one such as ghcr.io/acme/shop:1.42)")
	}
}

// IsImage tells what can be the reference of an image from what cannot.
func IsImage(ref string) bool {
	return ref != "" && !strings.Contains(ref, "://") && !strings.ContainsAny(ref, " \t\n") && !hasControl(ref) && !strings.HasPrefix(ref, "-")
}

func (l *loader) checkSettings(at *path, settings map[string]string) {
	for _, name := range sortedNames(settings) {
		switch why, own := ownSettings[strings.ToLower(name)]; {
		case !settingName.MatchString(name):
			l.bad(at.key(name), "is not the name of a Postgres setting")
		case own:
			l.bad(at.key(name), "cannot be set here: %s", why)
		case strings.ContainsAny(settings[name], "\x00\n\r"):
			l.bad(at.key(name), "holds a line break")
		}
	}
}

func (l *loader) atLeast(at *path, s, least Size) {
	if l.given(at) && s < least {
		l.bad(at, "%s is too little for a server (want %s or more)", s, least)
	}
}
