package snapshot

import (
	"encoding/json"
	"testing"
	"time"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	v, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

const mib = 1 << 20

// TestTaken gives each case a dump and its object. The time zone of the machine
// that runs the drill must not matter.
func TestTaken(t *testing.T) {
	for name, c := range map[string]struct {
		clock, abbreviation string
		dst                 DST
		timezone            string
		object              string // its time, UTC
		size                int64
		earliest, latest    string
		guessed             bool
	}{
		"archive made in UTC":                  {clock: "2026-11-23 12:00:00", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"archive made in New York":             {clock: "2026-11-23 07:00:00", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"archive made in Tokyo":                {clock: "2026-11-23 21:00:00", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"archive made in Kiritimati":           {clock: "2026-11-24 02:00:00", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"archive made at the date line's west": {clock: "2026-11-23 00:00:00", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"archive made in Kolkata":              {clock: "2026-11-23 17:30:00", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"archive made in Kathmandu":            {clock: "2026-11-23 17:45:00", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"archive made on the Chatham Islands":  {clock: "2026-11-24 01:45:00", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"archive, zone known":                  {clock: "2026-11-23 07:00:00", timezone: "America/New_York", object: "2026-11-23 15:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},
		"archive of a clock that is ahead":     {clock: "2026-11-23 12:00:30", object: "2026-11-23 12:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"large archive of two hours":           {clock: "2026-11-23 07:00:00", object: "2026-11-23 14:00:00", size: 8000 * mib, earliest: "2026-11-23 12:00:00", latest: "2026-11-23 14:00:00", guessed: true},
		"large archive, zone known":            {clock: "2026-11-23 07:00:00", timezone: "America/New_York", object: "2026-11-23 14:00:00", size: 8000 * mib, earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},
		"small archive that took long":         {clock: "2026-11-23 12:00:00", object: "2026-11-23 12:25:00", earliest: "2026-11-22 22:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"small archive of yesterday":           {clock: "2026-11-22 12:00:00", object: "2026-11-23 12:00:00", earliest: "2026-11-21 22:00:00", latest: "2026-11-23 00:00:00", guessed: true},
		"archive of a year ago":                {clock: "2025-11-23 12:00:00", object: "2026-11-23 12:00:00", earliest: "2025-11-22 22:00:00", latest: "2025-11-24 00:00:00", guessed: true},
		"archive from the future":              {clock: "2027-11-23 12:00:00", object: "2026-11-23 12:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"archive of an object without a time":  {clock: "2026-11-23 12:00:00", earliest: "2026-11-22 22:00:00", latest: "2026-11-23 18:00:00", guessed: true}, // seen at 18:00
		"known zone, object without a time":    {clock: "2026-11-23 07:00:00", timezone: "America/New_York", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},

		"plain in UTC":                      {clock: "2026-11-23 12:00:00", abbreviation: "UTC", object: "2026-11-23 15:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},
		"plain in EST":                      {clock: "2026-11-23 07:00:00", abbreviation: "EST", object: "2026-11-23 15:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},
		"plain with an offset":              {clock: "2026-11-23 17:45:00", abbreviation: "+0545", object: "2026-11-23 15:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},
		"plain with an offset of hours":     {clock: "2026-11-23 09:00:00", abbreviation: "-03", object: "2026-11-23 15:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},
		"plain with an offset in two parts": {clock: "2026-11-23 02:30:00", abbreviation: "-09:30", object: "2026-11-23 15:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},
		"plain, exact, against the config":  {clock: "2026-11-23 12:00:00", abbreviation: "UTC", timezone: "America/New_York", object: "2026-11-23 18:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},
		"plain in CST of Chicago":           {clock: "2026-11-23 06:00:00", abbreviation: "CST", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"plain in CST of Shanghai":          {clock: "2026-11-23 20:00:00", abbreviation: "CST", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"plain in CST of Havana":            {clock: "2026-11-23 07:00:00", abbreviation: "CST", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"plain in CST, copied later":        {clock: "2026-11-23 06:00:00", abbreviation: "CST", object: "2026-11-23 18:00:00", earliest: "2026-11-22 22:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"plain in CST, zone known":          {clock: "2026-11-23 20:00:00", abbreviation: "CST", timezone: "Asia/Shanghai", object: "2026-11-24 12:00:00", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00"},
		"plain in IST of Jerusalem":         {clock: "2026-11-23 14:00:00", abbreviation: "IST", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"plain in IST of Kolkata":           {clock: "2026-11-23 17:30:00", abbreviation: "IST", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"plain in IST, against the config":  {clock: "2026-11-23 17:30:00", abbreviation: "IST", timezone: "America/New_York", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"plain in an unknown zone":          {clock: "2026-11-23 14:00:00", abbreviation: "XYZ", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},
		"plain on Windows":                  {clock: "2026-11-23 14:00:00", object: "2026-11-23 12:00:40", earliest: "2026-11-23 12:00:00", latest: "2026-11-23 12:00:00", guessed: true},

		"clocks set back, either":          {clock: "2026-11-01 01:30:00", timezone: "America/New_York", object: "2026-11-01 12:00:00", earliest: "2026-11-01 05:30:00", latest: "2026-11-01 06:30:00"},
		"clocks set back, the first":       {clock: "2026-11-01 01:30:00", timezone: "America/New_York", dst: DSTOn, object: "2026-11-01 12:00:00", earliest: "2026-11-01 05:30:00", latest: "2026-11-01 05:30:00"},
		"clocks set back, the second":      {clock: "2026-11-01 01:30:00", timezone: "America/New_York", dst: DSTOff, object: "2026-11-01 12:00:00", earliest: "2026-11-01 06:30:00", latest: "2026-11-01 06:30:00"},
		"clocks set back, by the object":   {clock: "2026-11-01 01:30:00", timezone: "America/New_York", object: "2026-11-01 05:31:00", earliest: "2026-11-01 05:30:00", latest: "2026-11-01 05:30:00"},
		"clocks set back, an abbreviation": {clock: "2026-11-01 01:30:00", abbreviation: "CDT", timezone: "America/Chicago", object: "2026-11-01 12:00:00", earliest: "2026-11-01 06:30:00", latest: "2026-11-01 06:30:00"},
		"clocks set back by half an hour":  {clock: "2026-04-05 01:45:00", timezone: "Australia/Lord_Howe", object: "2026-04-05 12:00:00", earliest: "2026-04-04 14:45:00", latest: "2026-04-04 15:15:00"},
		"a time that clocks skipped":       {clock: "2026-03-08 02:30:00", timezone: "America/New_York", object: "2026-03-08 12:00:00", earliest: "2026-03-08 06:30:00", latest: "2026-03-08 06:30:00"},
		"summer in Dublin":                 {clock: "2026-07-01 13:00:00", abbreviation: "IST", timezone: "Europe/Dublin", object: "2026-07-01 20:00:00", earliest: "2026-07-01 12:00:00", latest: "2026-07-01 12:00:00"},

		"small, nothing stated":     {object: "2026-11-23 12:00:00", earliest: "2026-11-23 11:50:00", latest: "2026-11-23 12:00:00"},
		"large, nothing stated":     {object: "2026-11-23 14:00:00", size: 7200 * mib, earliest: "2026-11-23 11:50:00", latest: "2026-11-23 14:00:00"},
		"nothing stated, no object": {},
	} {
		t.Run(name, func(t *testing.T) {
			stated := Stated{Clock: at(t, c.clock), Zone: c.abbreviation, DST: c.dst}
			object := Object{ModifiedAt: at(t, c.object), Size: c.size, SeenAt: at(t, "2026-11-23 18:00:00")}
			got := stated.Taken(zone(t, c.timezone), object)
			if !got.Earliest.Equal(at(t, c.earliest)) || !got.Latest.Equal(at(t, c.latest)) || got.Guessed != c.guessed {
				t.Errorf("got %s to %s, guessed %t", got.Earliest, got.Latest, got.Guessed)
			}
		})
	}
}

// TestTakenIgnoresTheLocalZone changes Go's local zone.
func TestTakenIgnoresTheLocalZone(t *testing.T) {
	local := time.Local
	t.Cleanup(func() { time.Local = local })
	stated := Stated{Clock: at(t, "2026-11-23 06:00:00"), Zone: "CST"}
	object := Object{ModifiedAt: at(t, "2026-11-23 12:00:40")}
	for _, name := range []string{"UTC", "Asia/Tokyo", "Asia/Shanghai", "Asia/Kolkata", "America/New_York"} {
		time.Local = zone(t, name)
		for _, s := range []Stated{stated, {Clock: stated.Clock}} {
			if got := s.Taken(nil, object); !got.Best().Equal(at(t, "2026-11-23 12:00:00")) {
				t.Errorf("in %s: %s", name, got.Best())
			}
		}
	}
}

// TestTablesMatchTheZoneDatabase checks that offsets and abbreviations contain
// what zones of the database use in winter and summer.
func TestTablesMatchTheZoneDatabase(t *testing.T) {
	for _, name := range []string{
		"UTC", "Pacific/Kiritimati", "Pacific/Chatham", "Pacific/Apia", "Pacific/Auckland", "Australia/Lord_Howe", "Australia/Sydney",
		"Australia/Adelaide", "Australia/Eucla", "Asia/Tokyo", "Asia/Seoul", "Asia/Shanghai", "Asia/Manila", "Asia/Hong_Kong", "Asia/Yangon", "Asia/Dhaka",
		"Asia/Kathmandu", "Asia/Kolkata", "Asia/Karachi", "Asia/Kabul", "Asia/Dubai", "Asia/Tehran", "Europe/Moscow", "Europe/Istanbul", "Asia/Jerusalem",
		"Europe/Athens", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Africa/Lagos", "Africa/Nairobi", "Africa/Johannesburg",
		"Atlantic/Azores", "America/Nuuk", "America/Noronha", "America/St_Johns", "America/Sao_Paulo", "America/Halifax", "America/New_York",
		"America/Havana", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage", "Pacific/Marquesas", "Pacific/Honolulu",
		"America/Adak", "Pacific/Pago_Pago", "Etc/GMT+12",
	} {
		for _, day := range []string{"2026-01-15 12:00:00", "2026-07-15 12:00:00"} {
			abbreviation, seconds := at(t, day).In(zone(t, name)).Zone()
			for what, s := range map[string]Stated{"zone": {Zone: abbreviation}, "no zone": {}} {
				s.Clock = at(t, day).Add(time.Duration(seconds) * time.Second)
				possible, _ := s.instants(nil)
				found := false
				for i, instant := range possible {
					found = found || instant.Equal(at(t, day))
					if i > 0 && !possible[i-1].Before(instant) {
						t.Fatalf("%s: not in order: %v", name, possible)
					}
				}
				if !found {
					t.Errorf("%s on %s: %s (%s) is not possible", name, day, abbreviation, what)
				}
			}
		}
	}
}

func TestLoadZone(t *testing.T) {
	for _, name := range []string{"Local", "Mars/Olympus", "../etc/passwd", "CST", "+02:00"} {
		if z, err := LoadZone(name); err == nil {
			t.Errorf("%s is taken for %s", name, z)
		}
	}
	if z, err := LoadZone(""); z != nil || err != nil {
		t.Errorf("%v, %v", z, err)
	}
}

func TestAge(t *testing.T) {
	now := at(t, "2026-11-23 12:01:00")
	archive := Stated{Clock: at(t, "2026-11-23 07:00:00")}.Taken(nil, Object{ModifiedAt: at(t, "2026-11-23 12:00:02")})
	if archive.Age(now) != time.Minute {
		t.Errorf("an archive of a minute ago is %s old", archive.Age(now))
	}
	for name, c := range map[string]struct {
		r    Range
		want bool
	}{
		"as old as allowed": {At(now.Add(-time.Hour)), false},
		"older":             {At(now.Add(-time.Hour - 1)), true},
		"by the latest":     {Range{Earliest: now.Add(-3 * time.Hour), Latest: now.Add(-time.Minute)}, false},
		"unknown":           {Range{}, true},
		"a clock ahead":     {At(now.Add(time.Minute)), false},
		"in the future":     {At(now.Add(20 * time.Hour)), true},
	} {
		if got := c.r.OlderThan(time.Hour, now); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestAnObjectFromTheFuture: a dump was taken when it was seen, or earlier.
func TestAnObjectFromTheFuture(t *testing.T) {
	seen := at(t, "2026-11-23 12:00:00")
	object := Object{ModifiedAt: seen.Add(20 * time.Hour), SeenAt: seen}
	for name, s := range map[string]Stated{"script": {}, "archive": {Clock: at(t, "2026-11-23 07:00:00")}} {
		if r := s.Taken(nil, object); r.Best().After(seen.Add(skew)) || r.Earliest.After(r.Latest) {
			t.Errorf("%s: %s to %s", name, r.Earliest, r.Latest)
		}
	}
}

func TestRecorded(t *testing.T) {
	early, late, object := at(t, "2026-11-23 10:00:00"), at(t, "2026-11-23 11:00:00"), at(t, "2026-11-23 12:00:00")
	for name, c := range map[string]struct {
		recorded Recorded
		want     Range
	}{
		"a range":                {Recorded{Between: []time.Time{early, late}, TakenAt: late, ModifiedAt: object}, Range{Earliest: early, Latest: late}},
		"of drillgres 0.1":       {Recorded{TakenAt: late, ModifiedAt: object}, At(late)},
		"its dump states none":   {Recorded{ModifiedAt: object}, At(object)},
		"its archive":            {Recorded{TakenAt: late, ModifiedAt: object, Archive: true}, Range{Earliest: late.Add(-14 * time.Hour), Latest: object, Guessed: true}},
		"after the object":       {Recorded{TakenAt: object.Add(time.Hour), ModifiedAt: object}, At(object)},
		"nothing":                {Recorded{}, Range{}},
		"an archive, no time":    {Recorded{ModifiedAt: object, Archive: true}, At(object)},
		"an object without time": {Recorded{TakenAt: late}, At(late)},
	} {
		if got := c.recorded.Range(); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestStatedIsWrittenAsJSONAndText(t *testing.T) {
	for _, c := range []struct {
		stated     Stated
		json, text string
	}{
		{Exactly(at(t, "2026-11-23 12:00:00")), `"2026-11-23T12:00:00Z"`, "2026-11-23 12:00 UTC"},
		{Stated{Clock: at(t, "2026-11-23 07:00:00"), Zone: "EST"}, `"2026-11-23T12:00:00Z"`, "2026-11-23 12:00 UTC"},
		{Stated{Clock: at(t, "2026-11-23 07:00:00"), Zone: "CST"}, `"2026-11-23T07:00:00"`, "2026-11-23 07:00 in CST"},
		{Stated{Clock: at(t, "2026-11-23 07:00:00")}, `"2026-11-23T07:00:00"`, "2026-11-23 07:00 in an unknown time zone"},
	} {
		got, err := json.Marshal(c.stated)
		if err != nil || string(got) != c.json || c.stated.String() != c.text {
			t.Errorf("%s, %q, %v; want %s, %q", got, c.stated, err, c.json, c.text)
		}
	}
	if !Exactly(time.Time{}).IsZero() {
		t.Error("the zero time is stated")
	}
}
