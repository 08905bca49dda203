package redact

import (
	"net/http"
	"regexp"
	"strings"
	"syscall"
)

// Output shows the output of a program that reads production's data, such as the
// application's log. It shows a word only if it is known not to be data: a word of an
// error message, a place in source code, the name of an exception, a name of the
// database in one of Postgres' messages, or one of Names. The zero value is ready to use.
type Output struct {
	Names   []string  // other words to show, such as the names of services
	Secrets *Redactor // of the run: any text can look like the name of an exception; nil: none
}

// Hidden stands for words that Output does not show.
const Hidden = "[…]"

var (
	// word is what is shown or hidden as a whole. Everything between words is shown.
	word = regexp.MustCompile(`[\pL\pN_][\pL\pN_.:/@%+$#~&*\\-]*`)

	// fromPostgres are messages of Postgres that name an object or a role, and no value.
	// In a log of JSON the quotes are escaped.
	fromPostgres = regexp.MustCompile(strings.ReplaceAll(
		`(?:relation|table|view|index|sequence|role|database|schema|type|extension|constraint|column) "[\w. -]{1,63}"(?: of relation "[\w. -]{1,63}")? (?:does not exist|already exists)|`+
			`column [\w."]{1,130} does not exist|permission denied for (?:table|schema|database|sequence|function|view|relation) [\w."]{1,63}|`+
			`(?:password authentication failed for user|role) "[\w. -]{1,63}"(?: is not permitted to log in)?|SQLSTATE:? [0-9A-Z]{5}`, `"`, `\\?"`))

	sourcePlace = regexp.MustCompile(`^[\w./@-]+\.(?:go|rb|py|js|mjs|ts|java|php|rs|exs?|cs|kt|scala|cc?|cpp|p[lm]|sh|sql|clj):\d+(?::\d+)*[:,.]?$`)
	exception   = regexp.MustCompile(`^[A-Za-z_]\w*(?:(?:::|\.|\\)[A-Za-z_]\w*)*(?:Error|Exception|Failure)[:.]?$|^[A-Z]\w*(?:::[A-Z]\w*)+:?$`)
	fewDigits   = regexp.MustCompile(`^\d{1,3}[.:%]?$`)
	loopback    = regexp.MustCompile(`^(?:127\.0\.0\.1|localhost|0\.0\.0\.0)(?::\d{1,5})?[.:/]*$`)
	timeOfLine  = regexp.MustCompile(`^(?:\{"(?:time|ts|@?timestamp)":")?[\[(]?20\d{2}[-/]\d{2}[-/]\d{2}[T _]\d{2}:\d{2}:\d{2}[\w.,:+-]*(?: UTC)?`)
	hiddenWords = regexp.MustCompile(`\[…\](?:[\s,;:.='"|!?*-]*\[…\])+`)
)

// Line returns one line without secrets and data. The time at its beginning is shown.
func (o Output) Line(line string) string {
	if o.Secrets != nil { // first: a part of a secret cannot be found
		line = o.Secrets.Text(line)
	}
	var b strings.Builder
	time := timeOfLine.FindString(line)
	b.WriteString(time)
	for rest := line[len(time):]; rest != ""; {
		at := fromPostgres.FindStringIndex(rest)
		if at == nil {
			at = []int{len(rest), len(rest)}
		}
		b.WriteString(o.words(rest[:at[0]]))
		b.WriteString(rest[at[0]:at[1]])
		rest = rest[at[1]:]
	}
	return hiddenWords.ReplaceAllString(b.String(), Hidden)
}

// words hides the words that may be data.
func (o Output) words(text string) string {
	return word.ReplaceAllStringFunc(text, func(w string) string {
		if o.shows(w) {
			return w
		}
		return Hidden
	})
}

// shows reports whether a word is known not to be data.
func (o Output) shows(w string) bool {
	if sourcePlace.MatchString(w) || exception.MatchString(w) || fewDigits.MatchString(w) || loopback.MatchString(w) {
		return true
	}
	bare := strings.ToLower(strings.TrimRight(w, ".:-/*"))
	if vocabulary[bare] || bare == "" {
		return true
	}
	for _, name := range o.Names {
		if name != "" && strings.EqualFold(name, bare) {
			return true
		}
	}
	return false
}

// vocabulary holds the words of messages about errors: those of the operating system and
// of HTTP, and those that programs write in their logs.
var vocabulary = func() map[string]bool {
	known := map[string]bool{}
	add := func(text string) {
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" /()'\n", r) }) {
			known[w] = true
		}
	}
	const lastErrno, lastStatus = 140, 511
	for n := syscall.Errno(1); n <= lastErrno; n++ {
		add(n.Error())
	}
	for status := 100; status <= lastStatus; status++ {
		add(http.StatusText(status))
	}
	add(logWords)
	return known
}()

const logWords = `
a about abort aborted aborting above access accept accepted acquire across active actual adapter add added address after again against agent all allocate
allow allowed already also alter an and another any api app application applied apply applying are argument arguments array as assert assertion at attempt attempted attempts
auth authenticate authenticated authentication authorization authorized available await back backend background bad base be because been before begin being below between bind binding
block blocked body boolean boot booted booting bootstrap broken bug build built busy but by bytes cache cached call called caller caller's callback can can't cancel canceled cancelled cannot case
cause caused caught cert certificate change changed channel character check checked checking checksum child class client clients close closed closing cluster code collation column columns command commit
compile complete completed component config configuration configured conflict connect connected connecting connection connections constraint consumer container content context
continue controller converted could couldn't count cpu crash crashed create created creating creation critical cron current cursor daemon data database databases date db dead deadlock debug
default delete deleted denied dependency deprecated destination detail details detected development dial did didn't different directory disabled disconnect disconnected disk dns do does doesn't
don't done down driver drop dropped due dump duplicate duration during each either empty enable enabled encoding encountered end ended endpoint ends engine enough ensure entity entry env environment
eof err error errors event events exact exceeded except exception exceptions exec execute executed executing execution exhausted exist existing exists exit exited exiting exits expected expired extension
fail failed failing fails failure false fatal fetch field fields file files finish finished first flush for force foreign format found frame from full function generate get given go
goroutine graceful gracefully granted grpc halt handle handler handling handshake has have header healthy heap hello help here hint host hostname hosts hook how http https id idle if
ignore ignored illegal image import in inactive incompatible incorrect index info init initial initialise initialised initialize initialized initializing input insert inside install instance insufficient integer
internal interrupt interrupted into invalid io is isn't it items its job jobs join json key keys kill killed known large last later launch ldap left length less level library limit line lines link list listen
listener listening load loaded loading local localhost lock locked log logged logger logging login long lookup lost machine made main make malformed manager mandatory many map mark match max maximum may
maybe memory message messages metadata method middleware migrate migrated migrating migration migrations min minimum mismatch missing mode model module more must name named names
native need needed needs network never new next nil no node none not notice nothing now null number object objects of off offline ok old on once one online only open opened opening operation operator
operations option options or order origin other out output over own owner package page panic parameter parameters parent parse parsed parsing partition password path pending perform
permission permissions permitted pid ping pipe plain please plugin pod pool port postgres postgresql pre prepare prepared present previous primary privilege process processes processing production
program progress property protocol provide provided provider proxy public publish pull push query queries queue quit quitting raise raised range reached read reading ready real reason receive
received recent recheck reconnect reconnecting record recover recovered recovering recovery redis redirect ref refused reject rejected relation release released reload remaining remote remove removed
replica request requests require required requires reset resolve resolved resource resources respond response restart restarting restarted result resume retries retry retrying return returned
returning role rollback root route routes row rows run runner running runs runtime same save schema script search second seconds section secret see segmentation select semaphore send sent sequence serve
server servers service services session set setting settings setup several shared shell should shut shutdown shutting sigkill signal sigsegv sigterm since size skip skipped skipping sleep slow small smtp socket some
source space spawn specified spring sql sqlstate ssl stack stage stale standby start started starting startup state statement statements static status still stop stopped stopping storage store stream string strict
subprocess succeeded success successful successfully such suddenly superuser supported syntax system table tables tail target task tcp template temporary terminate terminated terminating termination test text than that the
their them then there these they this thread threads threw through throw thrown time timed timeout timestamp tls to token tokens too took tool trace traceback transaction transport tried
trigger true truncated try trying two type types unable unauthorized unavailable undefined under unexpected unhandled unhealthy unique unix unknown unless unreachable unrecognized unsupported until up update updated
upgrade upstream url usage use used user users using uuid valid validate validation value values version via view violates violation volume wait waited waiting want warm warn warning was web were what
when where whether which while will with within without won't worker workers would write writing wrong yes yet you your zone
redacted crashing serving msg sasl scram md5 psql django rails activerecord gunicorn uvicorn puma sidekiq celery node npm java jvm hibernate flyway liquibase knex prisma sequelize typeorm alembic goose pgx psycopg psycopg2 pq jdbc odbc nginx apache php symfony laravel
get post put patch delete head ms s us ns kb mb gb kib mib gib
`
