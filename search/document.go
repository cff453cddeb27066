package search

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"postolka/match"
)

const (
	fieldWords          = "w"
	fieldAttached       = "a"
	fieldStems          = "s"
	fieldAttachedStems  = "z"
	fieldFrom           = "f"
	fieldTo             = "t"
	fieldIdentifiers    = "i"
	fieldMailbox        = "m"
	fieldWithAttachment = "x"
	fieldDate           = "d"
	optPositions        = index.IndexField | index.IncludeTermVectors
	optPlain            = index.IndexField
	optFlag             = index.IndexField | index.SkipFreqNorm
	optDate             = index.IndexField | index.DocValues | index.SkipFreqNorm
	gapBetweenTexts     = 100 // positions, so that no phrase spans two texts
	longestWord         = 64  // runes of base64 or a URL are no words
	longestHidden       = 24  // bytes of a word in a header: signatures and boundaries are longer
	yes                 = "1"
)

// document builds the Bleve document by hand: no mapping, no reflection.
func (d Doc) document() *document.Document {
	doc := document.NewDocument(key(d.ID))
	own, attached := words{}, words{}
	own.add(d.Subject)
	all, hidden := []string{d.Subject}, []string(nil)
	for _, t := range d.Texts {
		switch t.Kind {
		case Body:
			own.add(t.Text)
		case Attachment:
			attached.add(t.Name)
			attached.add(t.Text)
		default:
			hidden = append(hidden, t.Text)
		}
		all = append(all, t.Name, t.Text)
	}
	all = append(append(all, d.From...), d.To...)
	addTokens(doc, fieldWords, own.tokens, optPositions)
	addTokens(doc, fieldAttached, attached.tokens, optPositions)
	addTokens(doc, fieldStems, own.stems(), optPlain)
	addTokens(doc, fieldAttachedStems, attached.stems(), optPlain)
	addTokens(doc, fieldFrom, people(d.From), optFlag)
	addTokens(doc, fieldTo, people(d.To), optFlag)
	addTokens(doc, fieldIdentifiers, identifiers(all, hidden), optFlag)
	addTokens(doc, fieldMailbox, flag(strconv.FormatUint(uint64(d.Mailbox), 10)), optFlag)
	if d.HasAttachment {
		addTokens(doc, fieldWithAttachment, flag(yes), optFlag)
	}
	doc.AddField(document.NewNumericFieldWithIndexingOptions(fieldDate, nil, float64(d.Date.Unix()), optDate))
	return doc
}

// made is an analyser that has its tokens ready.
type made analysis.TokenStream

func (m made) Analyze([]byte) analysis.TokenStream { return analysis.TokenStream(m) }

func addTokens(doc *document.Document, field string, tokens analysis.TokenStream, options index.FieldIndexingOptions) {
	if len(tokens) > 0 {
		doc.AddField(document.NewTextFieldCustom(field, nil, nil, options, made(tokens)))
	}
}

func flag(term string) analysis.TokenStream {
	return analysis.TokenStream{{Term: []byte(term), Position: 1}}
}

// words collects the folded words of one field. Offsets into the text are left
// out: places in a text are found by match.Find when they are shown.
type words struct {
	tokens analysis.TokenStream
	at     int
}

func (w *words) add(text string) {
	eachWord(string(match.Fold(nil, []byte(text))), func(word string) {
		w.at++
		w.tokens = append(w.tokens, &analysis.Token{Term: []byte(word), Position: w.at})
	})
	w.at += gapBetweenTexts
}

// stems are those of words without digits, once each: how often a stem occurs
// says little more than its words do.
func (w *words) stems() (tokens analysis.TokenStream) {
	seen := map[string]bool{}
	for _, t := range w.tokens {
		for _, stem := range stems(string(t.Term)) {
			if !seen[stem] {
				seen[stem] = true
				tokens = append(tokens, &analysis.Token{Term: []byte(stem), Position: 1})
			}
		}
	}
	return tokens
}

// eachWord splits folded text into words: runs of letters and digits. Signs of
// scripts without spaces are words of their own, so that a row of them is found
// as a phrase.
func eachWord(text string, found func(string)) {
	start := -1
	end := func(at int) {
		if start >= 0 && at-start <= longestWord {
			found(text[start:at])
		}
		start = -1
	}
	for at := 0; at < len(text); {
		c := text[at]
		size := 1
		letter := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if c >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(text[at:])
			letter = unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
			if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
				end(at)
				found(text[at : at+size])
				letter = false
			}
		}
		if letter && start < 0 {
			start = at
		} else if !letter {
			end(at)
		}
		at += size
	}
	end(len(text))
}

// people: words of names and addresses, and the addresses whole.
func people(all []string) analysis.TokenStream {
	return distinct(func(add func(string)) {
		for _, p := range all {
			eachWord(string(match.Fold(nil, []byte(p))), add)
			for _, term := range match.Identifiers(p) {
				add(term)
			}
		}
	})
}

// identifiers of all texts, and the words of hidden ones: a name in a header, an
// attribute or a comment leads to the message when a person is looked for, and
// never clutters what is searched for by words.
func identifiers(texts, hidden []string) analysis.TokenStream {
	return distinct(func(add func(string)) {
		for _, text := range texts {
			for _, term := range match.Identifiers(text) {
				add(term)
			}
		}
		for _, text := range hidden {
			eachWord(fold(text), func(word string) {
				if len(word) <= longestHidden {
					add(word)
				}
			})
		}
	})
}

func distinct(list func(add func(string))) (tokens analysis.TokenStream) {
	seen := map[string]bool{}
	list(func(term string) {
		if !seen[term] && len(term) < 256 {
			term = strings.Clone(term)
			seen[term] = true
			tokens = append(tokens, &analysis.Token{Term: []byte(term), Position: 1})
		}
	})
	return tokens
}
