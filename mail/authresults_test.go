package mail

import (
	"strings"
	"testing"
)

func TestReadAuthResults(t *testing.T) {
	const ours, theirs = "Received: from a.example by mx.shop.example with ESMTPS; now\n", "Received: from b.example by relay.evil.example; now\n"
	for name, c := range map[string]struct {
		header string
		want   AuthResults
	}{
		"above every Received line": {"Authentication-Results: mx.shop.example; spf=pass smtp.mailfrom=x.example; dkim=pass header.d=x.example; dmarc=pass header.from=x.example\n" + ours,
			AuthResults{"shop.example", true, Pass, Pass, Pass}},
		"below the server's own Received line": {ours + "Authentication-Results: mx.shop.example; dmarc=fail header.from=x.example\n" + theirs,
			AuthResults{"shop.example", false, NoVerdict, NoVerdict, Fail}},
		"below internal machines": {"Received: from mx by localhost (mx.shop.example [127.0.0.1]); now\nReceived: by 2002:a05:6a10:1::2 with SMTP id x; now\n" + ours + "Authentication-Results: mx.shop.example; dmarc=pass header.from=x.example\n",
			AuthResults{"shop.example", false, NoVerdict, NoVerdict, Pass}},
		"of a forwarder": {ours + "Authentication-Results: mx.forwarder.example; dmarc=pass header.from=x.example\n", AuthResults{}},
		"below a Received line of another server": {ours + theirs + "Authentication-Results: mx.shop.example; dmarc=pass header.from=x.example\n", AuthResults{}},
		"a forged one below the server's": {"Authentication-Results: mx.shop.example; dmarc=fail header.from=x.example\n" + ours + "Authentication-Results: mx.shop.example; dmarc=pass header.from=x.example\n" + theirs,
			AuthResults{"shop.example", true, NoVerdict, NoVerdict, Fail}},
		"a forged one right below the server's": {ours + "Authentication-Results: mx.shop.example; spf=fail smtp.mailfrom=x.example; dmarc=fail\nAuthentication-Results: mx.shop.example; spf=pass smtp.mailfrom=x.example; dmarc=pass\n",
			AuthResults{"shop.example", false, Fail, NoVerdict, Fail}},
		"one line a method": {"Authentication-Results: spf.icloud.example; spf=pass smtp.mailfrom=x.example\nAuthentication-Results: dkim.icloud.example; dkim=pass header.i=@mail.x.example\n" + theirs,
			AuthResults{"icloud.example", true, Pass, Pass, NoVerdict}},
		"Microsoft names no server": {"Received: from A by B.eurprd.prod.outlook.com; now\nAuthentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=x.example; dkim=pass (signature was verified) header.d=x.example;dmarc=pass action=none header.from=x.example;compauth=pass reason=100\n" + theirs,
			AuthResults{"outlook.com", false, Pass, Pass, Pass}},
		"what names no server and no Microsoft": {ours + "Authentication-Results: dmarc=pass header.from=x.example\n", AuthResults{}},
		"a signature of another domain":         {"Authentication-Results: mx; dkim=pass header.d=sender.example; spf=pass smtp.mailfrom=bounce@sender.example\n", AuthResults{Server: "mx", OnTop: true}},
		"one of two signatures holds":           {"Authentication-Results: mx; dkim=fail header.d=x.example; dkim=pass header.d=x.example\n", AuthResults{"mx", true, NoVerdict, Pass, NoVerdict}},
		"comments and quotes are free text": {"Authentication-Results: mx (dmarc=pass; (spf=pass)) 1; dmarc=fail (p=none; dmarc=pass) reason=\"x; dmarc=pass\" header.from=x.example\n",
			AuthResults{"mx", true, NoVerdict, NoVerdict, Fail}},
		"nothing definite":                    {"Authentication-Results: mx; spf=softfail smtp.mailfrom=x.example; dkim=neutral; dmarc=temperror\n", AuthResults{Server: "mx", OnTop: true}},
		"none":                                {"Authentication-Results: mx 1; none\n", AuthResults{Server: "mx", OnTop: true}},
		"no host but something personal":      {"Authentication-Results: jan@x.example; dmarc=pass\n", AuthResults{}},
		"a second From of another domain":     {"Authentication-Results: mx; dmarc=pass header.from=x.example\nFrom: evil@e.example\n", AuthResults{Server: "mx", OnTop: true}},
		"a version after the method and name": {"Authentication-Results: mx 1; dkim/1=pass header.d=X.example\n", AuthResults{"mx", true, NoVerdict, Pass, NoVerdict}},
	} {
		t.Run(name, func(t *testing.T) {
			m := Parse([]byte(strings.ReplaceAll(c.header+"From: Jana <jana@x.example>\nSubject: a\n\nb\n", "\n", "\r\n")))
			if got := ReadAuthResults(m); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAuthResultsTogether(t *testing.T) {
	for _, c := range []struct {
		name           string
		a              AuthResults
		failed, passed bool
	}{
		{"DMARC decides for", AuthResults{SPF: Fail, DMARC: Pass}, false, true},
		{"DMARC decides against", AuthResults{SPF: Pass, DMARC: Fail}, true, false},
		{"a forwarder breaks SPF, the signature holds", AuthResults{SPF: Fail, DKIM: Pass}, false, true},
		{"the domain forbids this server", AuthResults{SPF: Fail}, true, false},
		{"a list breaks the signature", AuthResults{DKIM: Fail}, false, false},
		{"nothing", AuthResults{}, false, false},
	} {
		if c.a.Failed() != c.failed || c.a.Passed() != c.passed {
			t.Errorf("%s: got failed %v, passed %v", c.name, c.a.Failed(), c.a.Passed())
		}
	}
}

func FuzzAuthResults(f *testing.F) {
	f.Add("mx (a;b) 1; dkim=pass header.d=x; spf=fail (\\)")
	f.Add("spf=pass (sender IP is 1) smtp.mailfrom=\"a b\"; =; ;;")
	f.Fuzz(func(t *testing.T, value string) {
		ReadAuthResults(Parse([]byte("Received: by x\r\nAuthentication-Results: " + value + "\r\nFrom: a@x.example\r\n\r\n")))
		MixesScripts(value)
		Poses(value, "kolovrat.cz")
		LooksLike("kolovrat.cz", value)
	})
}
