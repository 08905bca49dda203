package bucket_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/lifecycle"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

// factsOf returns the answers as name: value, or name: ?why?permission.
func factsOf(p locate.Posture) map[outcome.FactName]string {
	facts := map[outcome.FactName]string{}
	for _, f := range p.Facts {
		facts[f.Name] = f.Value
		if f.Value == "" {
			facts[f.Name] = "?" + f.Why + "?" + f.Permission
		}
	}
	return facts
}

// TestPostureOfARealServer asks a real S3 server, which does not know lifecycle rules.
func TestPostureOfARealServer(t *testing.T) {
	server := start(t)
	const unanswered = "?" + outcome.Unanswered + "?"
	want := map[outcome.FactName]string{
		outcome.FactVersioning: "off", outcome.FactObjectLock: "off", outcome.FactPublic: "no", outcome.FactEncryption: unanswered,
		outcome.FactRegion: s3server.Region, outcome.FactLifecycle: unanswered,
	}
	check := func(name string) {
		t.Helper()
		if diff := cmp.Diff(want, factsOf(open(t, server.Endpoint).Posture(t.Context(), ""))); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	check("a new bucket")
	server.KeepVersions(t, name)
	want[outcome.FactVersioning] = "on"
	check("with versions")
	_, err := server.Client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(name), Policy: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme/*"]}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	want[outcome.FactPublic] = "yes, by its policy"
	check("with a public policy")
	const locked = "locked"
	_, err = server.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(locked), ObjectLockEnabledForBucket: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = server.Client.PutObjectLockConfiguration(t.Context(), &s3.PutObjectLockConfigurationInput{Bucket: aws.String(locked), ObjectLockConfiguration: &types.ObjectLockConfiguration{
		ObjectLockEnabled: types.ObjectLockEnabledEnabled,
		Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: aws.Int32(30)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := factsOf(openURL(t, server.Endpoint, "s3://"+locked).Posture(t.Context(), ""))[outcome.FactObjectLock]; got != "governance, 30d" {
		t.Errorf("object lock: %s", got)
	}
}

// TestPostureOfAUserWithFewPermissions: what is refused is unknown, and names the permission.
func TestPostureOfAUserWithFewPermissions(t *testing.T) {
	server := start(t)
	key, secret := server.AddUser(t)
	server.Allow(t, name, key, "s3:ListBucket", name)
	s3server.Setenv(t, key, secret)
	got := factsOf(open(t, server.Endpoint).Posture(t.Context(), ""))
	for fact, permission := range map[outcome.FactName]string{
		outcome.FactVersioning: "s3:GetBucketVersioning", outcome.FactObjectLock: "s3:GetBucketObjectLockConfiguration", outcome.FactPublic: "s3:GetBucketPolicyStatus",
	} {
		if want := "?refused (AccessDenied)?" + permission; got[fact] != want {
			t.Errorf("%s: %s, want %s", fact, got[fact], want)
		}
	}
}

// answering returns a proxy that answers requests with this query by itself. An answer
// begins with its status.
func answering(t *testing.T, server *s3server.Server, answers map[string]string) string {
	t.Helper()
	return server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
		for query, answer := range answers {
			if !r.URL.Query().Has(query) {
				continue
			}
			if answer == "hang" {
				<-r.Context().Done()
				return true
			}
			status, body := 0, ""
			if _, err := fmt.Sscanf(answer, "%d", &status); err != nil {
				t.Error(err)
			}
			_, body, _ = strings.Cut(answer, " ")
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
			return true
		}
		return false
	})
}

func refusal(status int, code string) string {
	return fmt.Sprintf("%d <Error><Code>%s</Code><Message>no</Message></Error>", status, code)
}

// TestPostureAnswers checks answers of AWS that the server at hand does not give.
func TestPostureAnswers(t *testing.T) {
	server := start(t)
	const block = "200 <PublicAccessBlockConfiguration><BlockPublicAcls>%t</BlockPublicAcls><IgnorePublicAcls>%[1]t</IgnorePublicAcls><BlockPublicPolicy>%[1]t</BlockPublicPolicy><RestrictPublicBuckets>%[1]t</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
	const public = "200 <PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>"
	const everybody = `200 <AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`
	for name, c := range map[string]struct {
		answers map[string]string
		fact    outcome.FactName
		want    string
	}{
		"public policy":           {map[string]string{"policyStatus": public, "publicAccessBlock": fmt.Sprintf(block, false)}, outcome.FactPublic, "yes, by its policy"},
		"blocked":                 {map[string]string{"policyStatus": public, "acl": everybody, "publicAccessBlock": fmt.Sprintf(block, true)}, outcome.FactPublic, "no"},
		"public list":             {map[string]string{"policyStatus": refusal(404, "NoSuchBucketPolicy"), "acl": everybody, "publicAccessBlock": refusal(404, "NoSuchPublicAccessBlockConfiguration")}, outcome.FactPublic, "yes, by its access control list"},
		"block unknown, public":   {map[string]string{"policyStatus": public, "publicAccessBlock": refusal(403, "AccessDenied")}, outcome.FactPublic, "?refused (AccessDenied)?s3:GetBucketPublicAccessBlock"},
		"block unknown, private":  {map[string]string{"policyStatus": refusal(404, "NoSuchBucketPolicy"), "publicAccessBlock": refusal(403, "AccessDenied")}, outcome.FactPublic, "no"},
		"list unknown":            {map[string]string{"acl": refusal(403, "AccessDenied")}, outcome.FactPublic, "?refused (AccessDenied)?s3:GetBucketAcl"},
		"encrypted":               {map[string]string{"encryption": "200 <ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"}, outcome.FactEncryption, "aws:kms"},
		"not encrypted":           {map[string]string{"encryption": refusal(404, "ServerSideEncryptionConfigurationNotFoundError")}, outcome.FactEncryption, "off"},
		"suspended":               {map[string]string{"versioning": "200 <VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"}, outcome.FactVersioning, "suspended"},
		"no rules":                {map[string]string{"lifecycle": refusal(404, "NoSuchLifecycleConfiguration")}, outcome.FactLifecycle, "no rules"},
		"rules unknown":           {map[string]string{"lifecycle": refusal(403, "AccessDenied")}, outcome.FactLifecycle, "?refused (AccessDenied)?s3:GetLifecycleConfiguration"},
		"a server that is broken": {map[string]string{"lifecycle": "500 "}, outcome.FactLifecycle, "?"},
	} {
		t.Run(name, func(t *testing.T) {
			got := factsOf(open(t, answering(t, server, c.answers)).Posture(t.Context(), ""))[c.fact]
			if got != c.want && (c.want != "?" || !strings.HasPrefix(got, "?") || strings.HasPrefix(got, "??")) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestPostureThatHangs checks that one question without an answer delays the check by
// seconds only, and is unknown.
func TestPostureThatHangs(t *testing.T) {
	server := start(t)
	began := time.Now()
	got := factsOf(open(t, answering(t, server, map[string]string{"versioning": "hang"})).Posture(t.Context(), ""))
	if took := time.Since(began); took > 30*time.Second || got[outcome.FactVersioning] != "?no answer within 10s?" || got[outcome.FactObjectLock] != "off" {
		t.Errorf("after %s: %v", took, got)
	}
}

// TestAccount: S3 refuses the listing of a bucket whose owner is not the expected one; other
// stores ignore the question.
func TestAccount(t *testing.T) {
	server := start(t)
	const own = "123456789012"
	for name, c := range map[string]struct {
		owner func(expected string) bool // whether the server answers
		want  string
	}{
		"the same account":          {func(expected string) bool { return expected == "" || expected == own }, own},
		"another account":           {func(expected string) bool { return expected == "" }, "another"},
		"a store that ignores it":   {func(string) bool { return true }, "?" + outcome.Unanswered + "?"},
		"a listing that is refused": {func(string) bool { return false }, "?refused (AccessDenied)?s3:ListBucket"},
	} {
		proxy := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
			if !r.URL.Query().Has("list-type") {
				return false
			}
			if c.owner(r.Header.Get("X-Amz-Expected-Bucket-Owner")) {
				_, _ = fmt.Fprint(w, "<ListBucketResult><Name>acme</Name></ListBucketResult>")
				return true
			}
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(w, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
			return true
		})
		if got := factsOf(open(t, proxy).Posture(t.Context(), own))[outcome.FactAccount]; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestRules reads rules as S3 returns them. The examples are those of its documentation:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html
func TestRules(t *testing.T) {
	server := start(t)
	documents, err := os.ReadFile("testdata/lifecycle.xml")
	if err != nil {
		t.Fatal(err)
	}
	days := func(n int) *lifecycle.When { return &lifecycle.When{Days: n} }
	glacier := func(n int) []lifecycle.Archive {
		return []lifecycle.Archive{{When: lifecycle.When{Days: n}, Class: "GLACIER"}}
	}
	want := []lifecycle.Rule{
		{ID: "Transition and Expiration Rule", Prefixes: []string{"tax/"}, Expire: days(3650), Archives: glacier(365)},
		{ID: "Archive all object same-day upon creation", Archives: glacier(0)},
		{ID: "tags", Prefixes: []string{"logs/"}, Unclear: "objects with certain tags", Expire: days(365)},
		{ID: "one tag", Unclear: "objects with certain tags", Expire: days(1)},
		{ID: "sizes", Prefixes: []string{"tax/"}, Larger: 500, Smaller: 64000, Expire: days(30), Archives: glacier(3)},
		{ID: "versions", Noncurrent: &lifecycle.Noncurrent{Days: 10}, Expire: days(60)},
		{ID: "newer versions", Noncurrent: &lifecycle.Noncurrent{Days: 10, Unclear: "versions that have newer ones"}},
		{ID: "on a day", Expire: &lifecycle.When{Date: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{ID: "of old", Prefixes: []string{"prod/"}, Expire: days(7)},
		{ID: "uploads and markers"},
		{ID: "warm", Archives: []lifecycle.Archive{{When: lifecycle.When{Days: 90}, Class: "DEEP_ARCHIVE"}}},
	}
	for small, least := range map[string]int64{"": 0, "varies_by_storage_class": 0, "all_storage_classes_128K": 128 << 10} {
		proxy := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
			if !r.URL.Query().Has("lifecycle") {
				return false
			}
			if small != "" {
				w.Header().Set("X-Amz-Transition-Default-Minimum-Object-Size", small)
			}
			_, _ = w.Write(documents)
			return true
		})
		p := open(t, proxy).Posture(t.Context(), "")
		for i := range want {
			for j := range want[i].Archives {
				if want[i].Archives[j].Least = least; want[i].Larger > 0 {
					want[i].Archives[j].Least = 0
				}
			}
		}
		if diff := cmp.Diff(want, p.Rules); diff != "" || factsOf(p)[outcome.FactLifecycle] != "11 rules" {
			t.Errorf("%s: %s\n%s", small, factsOf(p)[outcome.FactLifecycle], diff)
		}
	}
}
