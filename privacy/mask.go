package privacy

import (
	"strings"

	"postolka/match"
)

// Masked stands where a datum was taken out; neutral in every language.
const Masked = "█████"

// masker takes identifiers out of texts.
type masker struct{ matcher *match.Matcher }

func newMasker(sel []match.Identifier) (masker, error) {
	m, err := match.NewMatcher(sel)
	return masker{m}, err
}

// mask replaces every hit, and looks again: what a mask joined may be a hit too.
func (m masker) mask(text string) string {
	for range 4 {
		hits := m.matcher.Find([]byte(text))
		if len(hits) == 0 {
			return text
		}
		text = m.replace(text, hits)
	}
	return text
}

// blank empties a text that holds a hit.
func (m masker) blank(text string) string {
	if len(m.matcher.Find([]byte(text))) > 0 {
		return ""
	}
	return text
}

func (m masker) replace(text string, hits []match.Hit) string {
	var b strings.Builder
	at := 0
	for _, h := range hits {
		if h.To <= at {
			continue // inside the one before
		}
		if h.From > at {
			b.WriteString(text[at:h.From])
		}
		b.WriteString(Masked)
		at = h.To
	}
	b.WriteString(text[at:])
	return b.String()
}
