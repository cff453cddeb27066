package privacy

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"postolka/mail"
	"postolka/match"
)

// TestAnyEncodingIsFoundAndRedacted draws a datum, a form of it, a place and what
// mail puts around it: it is found, each hit holds the datum, and after all hits
// were redacted nothing is found and the texts without a hit are as they were.
func TestAnyEncodingIsFoundAndRedacted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		id := match.Identifier{Kind: rapid.SampledFrom(match.Kinds()).Draw(rt, "kind")}
		id.Value = madeUp(r, id.Kind)
		at := rapid.SampledFrom(places).Draw(rt, "place")
		form := rapid.SampledFrom(formsOf(id)).Filter(at.takes).Draw(rt, "form")
		raw := at.mail(r, form.text)
		for range rapid.IntRange(0, 2).Draw(rt, "forwarded") {
			raw = forwarded(r, raw)
		}
		matcher, err := match.NewMatcher([]match.Identifier{id})
		check(t, err)
		before := mail.Extract(mail.Parse(raw), raw)
		hits := placesIn(matcher, 1, before.Encode())
		if len(hits) == 0 {
			rt.Fatalf("%v %q as %q in %s is not found:\n%s", id.Kind, id.Value, form.name, at.name, raw)
		}
		for _, h := range hits {
			if len(matcher.Find([]byte(unescaped.Replace(h.matched)))) == 0 && len(matcher.Find([]byte(h.before+h.matched))) == 0 {
				rt.Errorf("%v %q: hit %q does not hold it", id.Kind, id.Value, h.matched)
			}
		}
		masker, err := newMasker([]match.Identifier{id})
		check(t, err)
		masked, text, err := redactedBytes(raw, masker)
		if err != nil {
			rt.Fatalf("redact: %v", err)
		}
		if left := placesIn(matcher, 1, text); len(left) > 0 {
			rt.Errorf("%v %q as %q in %s: %q is left in %v %s:\n%s", id.Kind, id.Value, form.name, at.name, left[0].matched, left[0].kind, left[0].part, masked)
		}
		othersUnchanged(rt, before, mail.Extract(mail.Parse(masked), masked), hits)
	})
}

// unescaped: a card's escapes mean nothing when a hit stands alone. (A label that a
// short number needs stands before it.)
var unescaped = strings.NewReplacer(`\,`, ",", `\;`, ";", "\r\n ", "", "\n ", "")

// forwarded puts a mail into another one: as a message, or as a file.
func forwarded(r *rand.Rand, raw []byte) []byte {
	if r.IntN(2) == 0 {
		return attached("message/rfc822", "", "7bit", raw)
	}
	return attached("application/octet-stream", "posta.eml", "base64", raw)
}

// othersUnchanged: texts in which nothing was found stand in the redacted mail too,
// but for how a part is encoded, and a file that was withheld.
func othersUnchanged(rt *rapid.T, before, after mail.Text, hits []place) {
	touched := map[string]bool{}
	for _, h := range hits {
		touched[h.part] = true
	}
	left := map[string]int{}
	for _, p := range after.Parts {
		left[p.Kind.String()+p.Path+p.Name+p.Text]++
	}
	for _, p := range before.Parts {
		if strings.HasPrefix(p.Name, "Content-") || p.Path != "" && touched[p.Path] {
			continue // how it is encoded now, and what else is in the file
		}
		if hit := inHits(hits, p); !hit && left[p.Kind.String()+p.Path+p.Name+p.Text] == 0 {
			rt.Errorf("%v %q %q has changed: %q", p.Kind, p.Path, p.Name, p.Text)
		}
	}
}

func inHits(hits []place, p mail.TextPart) bool {
	for _, h := range hits {
		if h.kind == p.Kind && h.part == p.Path && h.name == p.Name {
			return true
		}
	}
	return false
}
