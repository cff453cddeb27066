package ui

import (
	"embed"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"sync"
	"time"
	_ "time/tzdata" // agents' zones, also on a host without them

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

//go:embed text/*.json
var textFiles embed.FS

// languages the pages speak, the fallback first.
var languages = []language.Tag{language.English, language.Czech}

// pluralForms each counted text must have (CLDR; Czech "many" is for fractions, which
// we never count).
var pluralForms = map[string][]string{"en": {"one", "other"}, "cs": {"one", "few", "other"}}

// phrase is a text of the catalogue: plain, or by plural form of its first argument.
type phrase struct {
	Plain string
	Forms map[string]string
}

func (p *phrase) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &p.Plain)
	}
	return json.Unmarshal(b, &p.Forms)
}

// readTexts reads text/LANG.json.
func readTexts(lang string) (map[string]phrase, error) {
	b, err := textFiles.ReadFile("text/" + lang + ".json")
	if err != nil {
		return nil, err
	}
	texts := map[string]phrase{}
	if err := json.Unmarshal(b, &texts); err != nil {
		return nil, fmt.Errorf("texts of %s: %w", lang, err)
	}
	return texts, nil
}

var words = sync.OnceValue(mustCatalogue)

func mustCatalogue() catalog.Catalog {
	b := catalog.NewBuilder(catalog.Fallback(languages[0]))
	for _, tag := range languages {
		texts, err := readTexts(tag.String())
		if err != nil {
			panic(err)
		}
		for key, p := range texts {
			if err := b.Set(tag, key, p.message(tag)); err != nil {
				panic(fmt.Sprintf("text %s %s: %v", tag, key, err))
			}
		}
	}
	return b
}

func (p phrase) message(tag language.Tag) catalog.Message {
	if p.Forms == nil {
		return catalog.String(p.Plain)
	}
	var cases []any
	for _, form := range pluralForms[tag.String()] {
		cases = append(cases, form, p.Forms[form])
	}
	return plural.Selectf(1, "%d", cases...)
}

// Voice is how one reader is spoken to: language, zone and the clock of this
// page. For one request, one goroutine.
type Voice struct {
	Lang string // "en" or "cs"
	Zone *time.Location
	Now  time.Time
	out  *message.Printer
}

// newVoice speaks lang ("" or unknown: English) with times in zone ("" or unknown: the server's).
func newVoice(lang, zone string, now time.Time) Voice {
	_, i, _ := language.NewMatcher(languages).Match(language.Make(lang))
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "" {
		loc = time.Local
	}
	tag := languages[i]
	return Voice{Lang: tag.String(), Zone: loc, Now: now.In(loc), out: message.NewPrinter(tag, message.Catalog(words()))}
}

// T is the text for key in the reader's language.
func (v Voice) T(key string, args ...any) string { return v.out.Sprintf(key, args...) }

// has says whether the catalogue knows key.
func (v Voice) has(key string) bool { return v.out.Sprintf(key) != key }

// fromAccept picks the language of a browser nobody is signed in with. Slovaks
// read Czech more gladly than English.
func fromAccept(header string) string {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return languages[0].String()
	}
	for _, tag := range tags {
		switch base, _ := tag.Base(); base.String() {
		case "cs", "sk":
			return "cs"
		case "en":
			return "en"
		}
	}
	return languages[0].String()
}

func mapKeys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }
