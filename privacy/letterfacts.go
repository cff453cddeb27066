package privacy

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// LetterFacts is what a letter under Art. 15 says beside what can be computed. A
// lawyer should read it once; nothing of it is about a data subject.
type LetterFacts struct {
	Controller string      `json:"controller"` // lines: name, address, how to be reached
	Officer    string      `json:"officer"`    // contact of the data protection officer; empty: there is none
	Place      string      `json:"place"`      // where letters are written
	Signature  string      `json:"signature"`  // lines: name, position
	Processors string      `json:"processors"` // further recipients, one a line; mail servers are known
	Czech      LetterTexts `json:"cs"`
	English    LetterTexts `json:"en"`
}

// LetterTexts are the points in one language, by GDPR Art. 15.
type LetterTexts struct {
	Purposes   string `json:"purposes"`   // 15(1)(a)
	Bases      string `json:"bases"`      // Art. 6(1), beside the purposes
	Categories string `json:"categories"` // 15(1)(b)
	Retention  string `json:"retention"`  // 15(1)(d)
	Rights     string `json:"rights"`     // 15(1)(e)
	Authority  string `json:"authority"`  // 15(1)(f)
	Source     string `json:"source"`     // 15(1)(g)
	Automated  string `json:"automated"`  // 15(1)(h)
	Transfers  string `json:"transfers"`  // 15(2)
}

// Point is one text of a letter under the key it is asked for by.
type Point struct {
	Key  string
	Text *string
}

// Points are the texts that a letter can't be without, in its order.
func (t *LetterTexts) Points() []Point {
	return []Point{{"purposes", &t.Purposes}, {"bases", &t.Bases}, {"categories", &t.Categories}, {"retention", &t.Retention},
		{"rights", &t.Rights}, {"authority", &t.Authority}, {"source", &t.Source}, {"automated", &t.Automated}, {"transfers", &t.Transfers}}
}

// In gives the texts of a language: "cs" or "en".
func (f *LetterFacts) In(lang string) *LetterTexts {
	if lang == "en" {
		return &f.English
	}
	return &f.Czech
}

// Missing names the points without which no letter is issued in that language.
func (f *LetterFacts) Missing(lang string) []string {
	missing := []string{}
	if strings.TrimSpace(f.Controller) == "" {
		missing = append(missing, "controller")
	}
	for _, p := range f.In(lang).Points() {
		if strings.TrimSpace(*p.Text) == "" {
			missing = append(missing, p.Key)
		}
	}
	return missing
}

const letterSetting = "letter.facts"

// presets, of 2026-11-26: GDPR Art. 15 to 22 and 77, Act 110/2019; the authority's
// address is of uoou.gov.cz. What only the shop knows has none.
var presets = LetterFacts{
	Czech: LetterTexts{
		Categories: "Identifikační a kontaktní údaje, obsah komunikace a jejích příloh, údaje o objednávkách a reklamacích v ní uvedené a technické údaje o doručení zpráv.",
		Rights: "Máte právo požadovat opravu nebo výmaz svých údajů, omezení jejich zpracování, vznést námitku proti zpracování a právo na přenositelnost údajů, " +
			"které jste nám poskytli. Udělený souhlas můžete kdykoli odvolat.",
		Authority: "Máte právo podat stížnost u dozorového úřadu: Úřad pro ochranu osobních údajů, Pplk. Sochora 27, 170 00 Praha 7, www.uoou.gov.cz. Máte také právo na soudní ochranu.",
		Source:    "Údaje máme od vás, z komunikace s vámi, a v rozsahu uvedeném níže od jiných osob, které o vás psaly.",
	},
	English: LetterTexts{
		Categories: "Identification and contact data, the content of the correspondence and its attachments, data on orders and complaints stated in it, and technical data on delivery of the messages.",
		Rights: "You have the right to request rectification or erasure of your data or restriction of its processing, to object to the processing, and the right to portability of the data " +
			"that you provided. Consent that you gave can be withdrawn at any time.",
		Authority: "You have the right to lodge a complaint with a supervisory authority: Úřad pro ochranu osobních údajů (Office for Personal Data Protection), Pplk. Sochora 27, 170 00 Praha 7, www.uoou.gov.cz. You also have the right to a judicial remedy.",
		Source:    "We have the data from you, from the correspondence with you and, as far as stated below, from other people who wrote about you.",
	},
}

// LetterPresets are the facts as they are at the start.
func LetterPresets() LetterFacts { return presets }

// LetterFacts as they are set; presets from the start.
func (p *Privacy) LetterFacts(by account.Agent) (facts LetterFacts, err error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return facts, err
	}
	return p.letterFacts()
}

func (p *Privacy) letterFacts() (facts LetterFacts, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		facts = presets
		id, ok := store.SettingByName.First(tx, store.Key(letterSetting))
		if !ok {
			return nil
		}
		setting, err := store.Settings.Get(tx, id)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(setting.Value, &facts); err != nil {
			return fmt.Errorf("facts of the letter: %w", err)
		}
		return nil
	})
	return facts, err
}

// SetLetterFacts changes them for letters from now on; who runs the shop answers
// for what they say. desk.ErrNotAllowed.
func (p *Privacy) SetLetterFacts(ctx context.Context, by account.Agent, facts LetterFacts) error {
	if err := allowed(by, account.FindPersons); err != nil {
		return err
	}
	e := p.Log.By(by, audit.Setting)
	e.Object = "letter"
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	value, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	return p.Store.Update(func(tx *store.Tx) error {
		setting := store.Setting{Name: letterSetting, Value: value}
		if id, ok := store.SettingByName.First(tx, store.Key(letterSetting)); ok {
			return store.Settings.Put(tx, id, setting)
		}
		_, err := store.Settings.Insert(tx, setting)
		return err
	})
}
