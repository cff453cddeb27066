package ui

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestTextsAreCompleteInBothLanguages(t *testing.T) {
	all := map[string]map[string]phrase{}
	for _, tag := range languages {
		texts, err := readTexts(tag.String())
		if err != nil {
			t.Fatal(err)
		}
		all[tag.String()] = texts
	}
	for lang, texts := range all {
		for key, p := range texts {
			checkForms(t, lang, key, p)
			for other := range all {
				o, ok := all[other][key]
				if !ok {
					t.Errorf("%s: %q is missing, %s has it", other, key, lang)
					continue
				}
				if got, want := verbs(o), verbs(p); got != want {
					t.Errorf("%s: %q takes %s, in %s %s", other, key, got, lang, want)
				}
			}
		}
	}
}

func checkForms(t *testing.T, lang, key string, p phrase) {
	t.Helper()
	if p.Forms == nil {
		if p.Plain == "" {
			t.Errorf("%s: %q is empty", lang, key)
		}
		return
	}
	got := slices.Sorted(maps.Keys(p.Forms))
	if want := slices.Sorted(slices.Values(pluralForms[lang])); !slices.Equal(got, want) {
		t.Errorf("%s: %q has forms %v, want %v", lang, key, got, want)
	}
	for form, text := range p.Forms {
		if text == "" {
			t.Errorf("%s: %q %s is empty", lang, key, form)
		}
	}
}

var verb = regexp.MustCompile(`%(\[\d\])?[0-9.]*[dsvfq]`)

// verbs are the arguments a text takes, in any order, of its last form.
func verbs(p phrase) string {
	text := p.Plain
	if p.Forms != nil {
		text = p.Forms["other"]
	}
	found := verb.FindAllString(text, -1)
	for i, f := range found {
		found[i] = f[len(f)-1:]
	}
	slices.Sort(found)
	return fmt.Sprint(found)
}

// TestTextsAreUsedAndKnown reads our own source: every key that is asked for
// exists, and every key is asked for. A key put together ("view." + x) counts for
// all that begin so.
func TestTextsAreUsedAndKnown(t *testing.T) {
	literals, prefixes := keysInSource(t)
	texts, err := readTexts("en")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for key := range texts {
		begun := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
		if !literals[key] && !begun {
			t.Errorf("%q is in the catalogue, but nothing asks for it", key)
		}
		asked[key] = true
	}
	for _, p := range prefixes {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(texts)), func(k string) bool { return strings.HasPrefix(k, p) }) {
			t.Errorf("%q… is asked for, but no key begins so", p)
		}
	}
	for key := range callsOfT(t) {
		if !asked[key] {
			t.Errorf("%q is asked for, but is not in the catalogue", key)
		}
	}
}

// keyLike are literals that could be keys: "view.new", "n".
var keyLike = regexp.MustCompile(`^[a-z_]+(\.[a-z0-9_-]+)*$`)

func keysInSource(t *testing.T) (literals map[string]bool, prefixes []string) {
	literals = map[string]bool{}
	eachFile(t, func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && keyLike.MatchString(s) {
					literals[s] = true
				}
			case *ast.BinaryExpr:
				for n.Op == token.ADD {
					if lit, ok := n.X.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						if s, err := strconv.Unquote(lit.Value); err == nil && strings.HasSuffix(s, ".") && keyLike.MatchString(strings.TrimSuffix(s, ".")) {
							prefixes = append(prefixes, s)
						}
					}
					x, ok := n.X.(*ast.BinaryExpr)
					if !ok {
						break
					}
					n = x
				}
			case *ast.CompositeLit:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == "Flash" {
					literals["flash."+flashKey(n)] = true
				}
			}
			return true
		})
	})
	return literals, prefixes
}

func flashKey(lit *ast.CompositeLit) string {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == "Key" {
			if v, ok := kv.Value.(*ast.BasicLit); ok {
				s, _ := strconv.Unquote(v.Value)
				return s
			}
		}
	}
	return ""
}

// callsOfT are the literal keys of calls x.T("key", …) and of Flash{Key: "…"}.
func callsOfT(t *testing.T) map[string]bool {
	keys := map[string]bool{}
	eachFile(t, func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok {
				if id, ok := lit.Type.(*ast.Ident); ok && id.Name == "Flash" && flashKey(lit) != "" {
					keys["flash."+flashKey(lit)] = true
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			lit, isLit := call.Args[0].(*ast.BasicLit)
			if ok && isLit && sel.Sel.Name == "T" {
				s, _ := strconv.Unquote(lit.Value)
				keys[s] = true
			}
			return true
		})
	})
	return keys
}

func eachFile(t *testing.T, fn func(*ast.File)) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		fn(f)
	}
}

func TestVoiceSpeaksPluralsDatesAndSizes(t *testing.T) {
	prague, err := time.LoadLocation("Europe/Prague")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 10, 7, 0, 0, prague)
	cs, en := newVoice("cs", "Europe/Prague", now), newVoice("en", "Europe/Prague", now)
	at := func(d int, h, m int) time.Time { return time.Date(2026, 11, 24+d, h, m, 0, 0, prague) }
	for _, c := range []struct{ got, want string }{
		{cs.T("in.days", 1), "za 1 den"}, {cs.T("in.days", 3), "za 3 dny"}, {cs.T("in.days", 5), "za 5 dní"},
		{en.T("in.days", 1), "in 1 day"}, {en.T("in.days", 5), "in 5 days"},
		{cs.T("n", 48213), "48\u00a0213"}, {en.T("n", 48213), "48,213"},
		{cs.When(at(0, 9, 41)), "dnes 9:41"}, {cs.When(at(-1, 14, 5)), "včera 14:05"}, {cs.When(at(-4, 15, 20)), "pátek 15:20"},
		{en.When(at(-20, 15, 20)), "4 Nov 15:20"}, {cs.When(at(-20, 15, 20)), "4. 11. 15:20"}, {cs.When(at(-400, 0, 0)), "20. 10. 2025"},
		{cs.When(time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC)), "dnes 0:30"},
		{cs.Age(now.Add(-65 * time.Minute)), "1 h 05"}, {cs.Age(now.Add(-50 * time.Hour)), "2 d"},
		{cs.Size(184_300), "184 kB"}, {cs.Size(2_450_000), "2,5 MB"}, {en.Size(2_450_000), "2.5 MB"},
		{initials("Eliška Procházková"), "EP"}, {initials("jan.novotny@firma-as.cz"), "JN"}, {initials(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestLanguageFollowsBrowserBeforeSignIn(t *testing.T) {
	for header, want := range map[string]string{"cs-CZ,cs;q=0.9,en;q=0.8": "cs", "sk": "cs", "de-DE,en;q=0.5": "en", "": "en", "???": "en"} {
		if got := fromAccept(header); got != want {
			t.Errorf("%q: got %s, want %s", header, got, want)
		}
	}
}
