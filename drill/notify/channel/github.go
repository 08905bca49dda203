package channel

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
)

// githubIssue shows the state of each database as one issue, which it finds again by a
// hidden marker in its body. The marker holds the open problems, so that nothing else has
// to be remembered.
type githubIssue struct {
	client *client
	config config.GitHubIssue
	api    string
}

const gitHubAPI = "https://api.github.com"

func newGitHubIssue(c *client, g config.GitHubIssue) githubIssue {
	api := strings.TrimRight(string(g.API), "/")
	if api == "" {
		api = gitHubAPI
	}
	return githubIssue{c, g, api}
}

// Wants reports whether a result says how a database stands.
func (githubIssue) Wants(kind outcome.Kind) bool {
	return kind == outcome.KindDrill || kind == outcome.KindCheck
}

// issue is an issue as the API describes it.
type issue struct {
	Number      int             `json:"number"`
	State       string          `json:"state"`
	Body        string          `json:"body"`
	PullRequest json.RawMessage `json:"pull_request"`
}

// problems are the open problems of a database, by kind: those that the marker holds.
type problems map[outcome.Kind]outcome.Code

var problemKinds = []outcome.Kind{outcome.KindDrill, outcome.KindCheck}

var marker = regexp.MustCompile(`(?m)^<!-- drillgres database=(\S*) drill=(\S*) check=(\S*) -->\s*$`)

func (p problems) marker(database string) string {
	return fmt.Sprintf("<!-- drillgres database=%s drill=%s check=%s -->", database, p[outcome.KindDrill], p[outcome.KindCheck])
}

// parseMarker returns the database and the problems that the marker in a body holds.
func parseMarker(body string) (database string, p problems, ok bool) {
	m := marker.FindStringSubmatch(body)
	if m == nil {
		return "", nil, false
	}
	p = problems{}
	for i, kind := range problemKinds {
		if m[2+i] != "" {
			p[kind] = outcome.Code(m[2+i])
		}
	}
	return m[1], p, true
}

// Tell opens, comments, closes or reopens the issue of a database.
func (g githubIssue) Tell(ctx context.Context, m notify.Message) error {
	if m.Database == "" {
		return errors.New("no issue is opened for a run whose databases are unknown, because no drill would close it")
	}
	found, err := g.find(ctx, m.Database)
	if err != nil {
		return err
	}
	isOpen := found != nil && found.State == "open"
	open := problems{}
	if isOpen {
		_, open, _ = parseMarker(found.Body)
	}
	before := open[m.Kind]
	if m.Event.IsProblem() {
		open[m.Kind] = m.Code
	} else {
		delete(open, m.Kind)
	}
	switch {
	case found == nil && m.Event.IsProblem():
		return g.create(ctx, m, open)
	case !isOpen && !m.Event.IsProblem(), isOpen && before == open[m.Kind]:
		return nil // it shows that already
	}
	if err := g.comment(ctx, found.Number, m); err != nil {
		return err
	}
	change := map[string]any{"state": "open"}
	if m.Event.IsProblem() {
		change["title"], change["body"] = issueTitle(m), issueBody(m, open)
	} else {
		change["body"] = marker.ReplaceAllLiteralString(found.Body, open.marker(m.Database))
	}
	if len(open) == 0 {
		change["state"], change["state_reason"] = "closed", "completed"
	}
	return g.change(ctx, found.Number, change)
}

// Test opens an issue and closes it.
func (g githubIssue) Test(ctx context.Context, m notify.Message) error {
	var made issue
	err := g.call(ctx, http.MethodPost, g.issues(""), map[string]any{"title": m.Title, "body": issueBody(m, nil), "labels": g.config.Labels}, &made)
	if err != nil {
		return err
	}
	return g.change(ctx, made.Number, map[string]any{"state": "closed", "state_reason": "not_planned"})
}

func issueTitle(m notify.Message) string { return cut(m.Title, 250) }

// issueBody returns the body of an issue. Texts of the result are in code blocks, in
// which nothing is a mention or a link.
func issueBody(m notify.Message, open problems) string {
	return commentBody(m) + "\nThis issue is updated and closed by drillgres.\n\n" + open.marker(m.Database) + "\n"
}

func commentBody(m notify.Message) string {
	var b strings.Builder
	b.WriteString("**" + inlineCode(m.Title) + "**\n\n" + inlineCode(m.Meaning) + "\n\n")
	if m.Cause != "" {
		b.WriteString("**cause**\n" + fenced(cut(m.Cause, 4000)))
	}
	if m.Hint != "" {
		b.WriteString("**hint**\n" + fenced(cut(m.Hint, 2000)))
	}
	for _, f := range m.Facts {
		b.WriteString("- " + f.Label + ": " + inlineCode(f.Text) + "\n")
	}
	if m.Link != "" {
		b.WriteString("\n" + m.Link + "\n")
	}
	return b.String()
}

// backquotes matches runs of backquotes.
var backquotes = regexp.MustCompile("`+")

// fenced returns a text as a code block of Markdown.
func fenced(text string) string {
	fence := "```"
	for _, run := range backquotes.FindAllString(text, -1) {
		if len(run) >= len(fence) {
			fence = run + "`"
		}
	}
	return fence + "text\n" + text + "\n" + fence + "\n\n"
}

// inlineCode returns a text as code of Markdown.
func inlineCode(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	fence := "`"
	for _, run := range backquotes.FindAllString(text, -1) {
		if len(run) >= len(fence) {
			fence = run + "`"
		}
	}
	if len(fence) > 1 {
		text = " " + text + " "
	}
	return fence + text + fence
}

func (g githubIssue) issues(rest string) string {
	return g.api + "/repos/" + g.config.Repository + "/issues" + rest
}

// create opens an issue, unless GitHub has opened it although it answered with an error.
func (g githubIssue) create(ctx context.Context, m notify.Message, open problems) error {
	body, err := json.Marshal(map[string]any{"title": issueTitle(m), "body": issueBody(m, open), "labels": g.config.Labels})
	if err != nil {
		return err
	}
	a, err := g.client.doUnless(ctx, request{http.MethodPost, g.issues(""), g.headers(), body}, func(ctx context.Context) (bool, error) {
		found, err := g.find(ctx, m.Database)
		return found != nil, err
	})
	return g.explained(a, err)
}

func (g githubIssue) comment(ctx context.Context, number int, m notify.Message) error {
	return g.call(ctx, http.MethodPost, g.issues(fmt.Sprintf("/%d/comments", number)), map[string]any{"body": commentBody(m)}, nil)
}

func (g githubIssue) change(ctx context.Context, number int, change map[string]any) error {
	return g.call(ctx, http.MethodPatch, g.issues(fmt.Sprintf("/%d", number)), change, nil)
}

// find returns the issue of a database: the open one or, without one, the newest. It
// returns nil if there is none.
func (g githubIssue) find(ctx context.Context, database string) (*issue, error) {
	query := url.Values{"labels": {g.config.Labels[0]}, "state": {"all"}, "per_page": {"100"}, "sort": {"created"}, "direction": {"desc"}}
	var newest *issue
	page := g.issues("?" + query.Encode())
	const mostPages = 50
	for range mostPages {
		var listed []issue
		next, err := g.list(ctx, page, &listed)
		if err != nil {
			return nil, err
		}
		for _, one := range listed {
			of, _, ok := parseMarker(one.Body)
			if !ok || of != database || one.PullRequest != nil {
				continue
			}
			if one.State == "open" {
				return &one, nil
			}
			if newest == nil {
				newest = &one
			}
		}
		if next == "" {
			return newest, nil
		}
		page = next
	}
	return nil, errors.New("more than 5000 issues have the label (use a label of drillgres alone)")
}

var nextPage = regexp.MustCompile(`<([^>]+)>;\s*rel="next"`)

// list reads one page, and returns the address of the next. A page of another host would
// be sent the token.
func (g githubIssue) list(ctx context.Context, page string, into *[]issue) (next string, err error) {
	a, err := g.client.do(ctx, request{method: http.MethodGet, url: page, header: g.headers()})
	if err = cmp.Or(err, a.broken); err != nil {
		return "", err
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return "", errors.New("it did not answer with a list of issues (check the key api)")
	}
	m := nextPage.FindStringSubmatch(a.header.Get("Link"))
	if m == nil {
		return "", nil
	}
	to, err := url.Parse(m[1])
	api, _ := url.Parse(g.api) // checked when the config was loaded
	if err != nil || to.Scheme != api.Scheme || to.Host != api.Host {
		return "", errors.New("the next page of its issues is on another host")
	}
	return m[1], nil
}

func (g githubIssue) headers() map[string]string {
	return map[string]string{
		"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "Authorization": "Bearer " + g.config.Token.Reveal(),
	}
}

func (g githubIssue) call(ctx context.Context, method, to string, document, into any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return err
	}
	a, err := g.client.do(ctx, request{method, to, g.headers(), body})
	if err != nil || into == nil {
		return g.explained(a, err)
	}
	return cmp.Or(a.broken, json.Unmarshal(a.body, into))
}

// explained adds to the error of a token that is not allowed to do something what it needs.
func (g githubIssue) explained(a answer, err error) error {
	if err != nil && slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone}, a.status) {
		return fmt.Errorf("%w (the token must be allowed to write issues of %s, which must have issues)", err, g.config.Repository)
	}
	return err
}
