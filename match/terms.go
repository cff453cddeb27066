package match

import (
	"bytes"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Index terms are how the search index keeps addresses and numbers: folded, no
// separators. Whatever Find finds of an address or a number in a text,
// Identifiers(text) holds one of the identifier's Terms; a test keeps them
// together.

// Identifiers lists, sorted and once each, the index terms of a text:
//   - addresses whole (without plus-tag), their local part and their domain,
//     also percent- and entity-encoded or written with "(at)" and "dot";
//   - every row of digit groups of 5 to 26 digits, so that a phone is there
//     with and without its country code, an account, a card, a birth number;
//   - codes of letters and digits ("fv202400123", IBAN);
//   - IP addresses.
func Identifiers(text string) []string {
	var t terms
	f := folder{dst: make([]byte, 0, len(text)), src: []byte(text), lines: true}
	f.run()
	t.addresses(f.dst)
	t.numbers(f.dst, false)
	t.numbers(f.dst, true)
	t.ips(f.dst)
	slices.Sort(t.all)
	return slices.Compact(t.all)
}

// Terms lists the index terms that find the identifier, as alternatives. For a
// name or a text they are words of the text instead, the spellings of its rarest
// one: they narrow a search, the rest is for Find.
func (id Identifier) Terms() []string {
	switch id.Kind {
	case Email:
		a, ok := parseAddress(id.Value)
		if !ok {
			return nil
		}
		var all []string
		for _, domain := range a.spellings() {
			all = append(all, a.local+"@"+domain)
		}
		return all
	case MessageID:
		if all := id.asAddress(); len(all) > 0 {
			return all
		}
		return id.anchorWords()
	case Name, Text, Address:
		return id.anchorWords()
	case IP:
		all := ipSpellings(id.Value)
		for _, s := range all {
			if strings.Contains(s, "-") {
				all = append(all, compact(s))
			}
		}
		return all
	}
	all := id.numberKeys()
	slices.Sort(all)
	return slices.Compact(all)
}

// asAddress: headers are indexed by the identifiers in them, and there a
// Message-ID stands as the address that it looks like; nil without a dot in its
// host.
func (id Identifier) asAddress() []string {
	return slices.DeleteFunc(Identifiers("<"+id.Value+">"), func(term string) bool { return !strings.Contains(term, "@") })
}

func (id Identifier) anchorWords() (all []string) {
	words, anchor := id.phraseWords()
	if len(words) == 0 {
		return nil
	}
	for w := range words[anchor] {
		all = append(all, w)
	}
	slices.Sort(all)
	return all
}

// phraseWords gives the words of a phrase, and which is the rarest.
func (id Identifier) phraseWords() (words []word, anchor int) {
	switch id.Kind {
	case Name:
		return namePhrase(id.Value, 0).indexed()
	case Address:
		p, err := parsePostal(id.Value)
		if err != nil {
			return nil, 0
		}
		return p.words(), p.anchor
	}
	p := textPhrase(id.Value, 0)
	return p.words, p.anchor
}

// indexed gives the words with the spellings under which others of a text stand for
// them: the whole name as one word, the surname of a couple.
func (p phrase) indexed() (words []word, anchor int) {
	for i, w := range p.words {
		w = maps.Clone(w)
		for _, joined := range p.joined {
			w[joined] = false
		}
		if i == p.anchor {
			for form := range p.couple {
				w[form] = true
			}
		}
		words = append(words, w)
	}
	return words, p.anchor
}

// Words lists, for a name, a text, a postal address and a Message-ID that looks
// like no address, the folded spellings of each of its words: a text that has the
// identifier has one spelling of every word. Nil for others.
func (id Identifier) Words() (words [][]string) {
	switch id.Kind {
	case Name, Text, Address:
	case MessageID:
		if len(id.asAddress()) > 0 {
			return nil
		}
	default:
		return nil
	}
	all, _ := id.phraseWords()
	for _, w := range all {
		if len(w) == 0 {
			continue // an initial: any word may stand for it
		}
		var spellings []string
		for s := range w {
			spellings = append(spellings, s)
		}
		slices.Sort(spellings)
		words = append(words, spellings)
	}
	return words
}

type terms struct {
	all []string
}

func (t *terms) add(term string) { t.all = append(t.all, term) }

func (t *terms) addresses(text []byte) {
	for at := 0; at < len(text); at++ {
		switch c := text[at]; {
		case c == '@', c == '=':
			t.address(text, at, at+1)
			if c == '=' {
				t.rewritten(text, at)
			}
		case !isWordByte(c):
		case isBracketA(text, at):
			t.address(text, at, at+1)
		default:
			end := at
			for end < len(text) && isWordByte(text[end]) {
				end++
			}
			if signWords[string(text[at:end])] {
				t.address(text, at, end)
			}
			at = end - 1
		}
	}
}

func (t *terms) address(text []byte, from, to int) {
	left, right, ok := atSign(text, from, to)
	if !ok || left == 0 || right >= len(text) {
		return
	}
	locals, domains := localsBefore(text, left), domainsAfter(text, right)
	if tag := tagBefore(text, left); tag > 0 { // also one with "=" in it: Gmail forwards as "jan+caf_=eva=firma.cz@"
		locals = append(locals, localsBefore(text, tag)...)
	}
	if text[from] == '=' {
		locals = verpLocals(locals)
	}
	for i, l := range locals {
		if plus := strings.IndexByte(l, '+'); plus > 0 {
			locals[i] = l[:plus]
		}
	}
	for _, domain := range domains {
		if !strings.Contains(strings.Trim(domain, "."), ".") {
			continue
		}
		spellings := []string{domain}
		for i := strings.LastIndexByte(domain, '.'); i > 0 && endsFileName([]byte(domain[i+1:])); i = strings.LastIndexByte(domain, '.') {
			domain = domain[:i]
			spellings = append(spellings, domain)
		}
		if wide, err := idna.ToUnicode(domain); err == nil && wide != domain {
			spellings = append(spellings, foldString(wide))
		}
		for _, d := range spellings {
			t.add(d)
			for _, local := range locals {
				t.add(local)
				t.add(local + "@" + d)
			}
		}
	}
}

// rewritten adds the address in a forwarder's return path, as addressBook finds it:
// "…=domain=local@" around the sign at text[at].
func (t *terms) rewritten(text []byte, at int) {
	part := func(c byte) bool { return isWordByte(c) || c == '.' || c == '-' || c == '_' || c == '+' }
	from, to := at, at+1
	for from > 0 && part(text[from-1]) {
		from--
	}
	for to < len(text) && part(text[to]) {
		to++
	}
	if domain, local := string(text[from:at]), string(text[min(at+1, len(text)):to]); from > 0 && text[from-1] == '=' && to < len(text) && text[to] == '@' && local != "" && strings.Contains(domain, ".") {
		t.add(domain)
		t.add(local + "@" + domain)
	}
}

const longestAddress = 254 // RFC 5321 §4.5.3.1

// domainsAfter reads a domain; it may end before each line end in it.
func domainsAfter(text []byte, at int) (all []string) {
	var d []byte
	stop := func() {
		if s := strings.TrimRight(string(d), ".-_"); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for crossed := 0; at < len(text) && len(d) < longestAddress; {
		c := text[at]
		switch n := dotAfter(text, at); {
		case n > 1:
			stop()
			d, at, crossed = append(d, '.'), at+n, crossed+1
		case c == ',' && len(d) > 0 && at+1 < len(text) && isWordByte(text[at+1]) && bytes.Count(d, []byte(".")) < 2:
			stop()
			d, at = append(d, '.'), at+1
		case c == '\n' && crossed < 3 && len(d) > 0:
			stop()
			if d[len(d)-1] == '-' { // cut by hyphenation, or a hyphen of its own
				all = append(all, string(d)+firstRun(text, at+1))
				d = d[:len(d)-1]
			}
			at, crossed = at+1, crossed+1
		case isWordByte(c) || (c == '.' || c == '-') && len(d) > 0 && d[len(d)-1] != '.' && c != 0:
			if !isWordByte(c) && (at+1 == len(text) || !isWordByte(text[at+1]) || c == '-' && bytes.IndexByte(d, '.') > 0) {
				stop() // the domain ends here, or goes on
			}
			d, at = append(d, c), at+1
		default:
			stop()
			return all
		}
	}
	stop()
	return all
}

func firstRun(text []byte, at int) string {
	end := at
	for end < len(text) && (isWordByte(text[end]) || text[end] == '.' && end+1 < len(text) && isWordByte(text[end+1])) {
		end++
	}
	return string(text[at:end])
}

// localsBefore reads a local part backwards; it may begin behind each line end in
// it.
func localsBefore(text []byte, end int) (all []string) {
	var l []byte // reversed
	at := end
	stop := func() {
		local := slices.Clone(l)
		slices.Reverse(local)
		s := strings.TrimLeft(string(local), ".-_+'")
		if s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for crossed := 0; at > 0 && len(l) < longestAddress; {
		c := text[at-1]
		switch n := dotBefore(text, at); {
		case n > 1 && len(l) > 0:
			stop()
			l, at, crossed = append(l, '.'), at-n, crossed+1
		case c == '\n' && crossed < 3 && len(l) > 0:
			stop()
			at, crossed = at-1, crossed+1
		case isWordByte(c) || strings.IndexByte(".-_+'!#$*/?^{|}~", c) >= 0:
			if strings.IndexByte("'!#$*/?^{|}~", c) >= 0 || !isWordByte(c) && (at < 2 || !isWordByte(text[at-2]) || behindDate(text, at-1)) {
				stop() // a local part begins behind it, or before
			}
			l, at = append(l, c), at-1
		default:
			stop()
			return all
		}
	}
	stop()
	return all
}

// verpLocals: in "bounce-12-jan=firma.cz@…" the address may begin behind each sign.
func verpLocals(locals []string) (all []string) {
	for _, l := range locals {
		all = append(all, l)
		for i := range len(l) {
			if !isWordByte(l[i]) && i+1 < len(l) {
				all = append(all, l[i+1:])
			}
		}
	}
	return all
}

const (
	shortestNumber   = 5
	shortestCode     = 4  // with a letter in it, in one piece
	shortestLabelled = 3  // behind "VS", "obj. č.", …
	longestDigits    = 26 // a Polish IBAN without its country
	longestCode      = 34 // an IBAN
	mostGroups       = 9  // an IBAN in fours
)

func (t *terms) numbers(text []byte, letters bool) {
	var groups []group
	var last [3]group
	for at := 0; at < len(text); {
		var g group
		g, at = nextGroup(text, at, letters)
		if g.to == 0 {
			break
		}
		if last = [3]group{last[1], last[2], g}; !letters {
			if digits, ok := oddTriple(text, last); ok {
				t.add(digits)
			}
		}
		if n := len(groups); n > 0 && !separates(text[groups[n-1].to:g.from]) {
			t.rows(text, groups, letters)
			groups = groups[:0]
		}
		groups = append(groups, g)
	}
	t.rows(text, groups, letters)
}

func (t *terms) rows(text []byte, groups []group, letters bool) {
	longest := longestDigits
	if letters {
		longest = longestCode
	}
	var buf [longestCode]byte
	for i := range groups {
		if i > 0 && tight(text[groups[i-1].to:groups[i].from]) && !letters {
			continue
		}
		row := buf[:0]
		digits := 0
		for j := i; j < len(groups) && j < i+mostGroups; j++ {
			g := text[groups[j].from:groups[j].to]
			n := digitCount(g)
			if letters && n == 0 && len(g) > 4 && j > i && spaced(text, groups, j) || len(row)+len(g) > longest {
				break // the words of a sentence are no parts of a code
			}
			if row, digits = append(row, g...), digits+n; letters && i == j && n == 0 && j+1 < len(groups) && len(g) > 4 && spaced(text, groups, j+1) {
				break
			}
			if wholeRow(text, groups, i, j, letters) && plausible(text, groups[i].from, groups[j].to, row, digits, letters) && !inGrid(text, groups, i, j) {
				t.add(string(row))
			}
		}
	}
}

func spaced(text []byte, groups []group, j int) bool {
	return bytes.ContainsAny(text[groups[j-1].to:groups[j].from], " \n")
}

func wholeRow(text []byte, groups []group, i, j int, letters bool) bool {
	return letters || j+1 == len(groups) || !tight(text[groups[j].to:groups[j+1].from]) || isFloat(text, groups, j) || isRange(text, groups, i, j)
}

// plausible: long enough to be told from other numbers, or behind a label.
func plausible(text []byte, from, to int, row []byte, digits int, letters bool) bool {
	if letters && digits == len(row) || digits < shortestLabelled {
		return false
	}
	if letters && len(row) >= shortestNumber || digits >= shortestNumber {
		return true
	}
	return letters && shortCode(text[from:to], len(row)) || labelled(text, from, anyLabel)
}

// anyLabel has the labels of all kinds.
var anyLabel = slices.Concat(labels[Order], labels[VariableSymbol], labels[Customer], labels[CompanyID])

func digitCount(g []byte) (n int) {
	for _, c := range g {
		if '0' <= c && c <= '9' {
			n++
		}
	}
	return n
}

func (t *terms) ips(text []byte) {
	isIP := func(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || c == ':' || c == '.' }
	for at := 0; at < len(text); at++ {
		end, marks := at, 0
		for end < len(text) && isIP(text[end]) {
			if text[end] == ':' || text[end] == '.' {
				marks++
			}
			end++
		}
		if at > 2 && text[at] == '6' && string(text[at-3:at]) == "ipv" { // the literal "[IPv6:2001:db8::1]", RFC 5321 §4.1.3
			at = min(at+2, end)
		}
		if marks >= 2 && end-at >= 3 {
			t.ip(strings.Trim(string(text[at:end]), "."))
		}
		at = end
	}
}

// ip takes what stands between a label's colon and a port's.
func (t *terms) ip(s string) {
	bare := strings.TrimLeft(s, ":")
	for _, s := range []string{s, strings.TrimRight(s, ":"), bare, s[:max(0, strings.LastIndexByte(s, ':'))], bare[:max(0, strings.LastIndexByte(bare, ':'))], s[strings.LastIndexByte(s, ':')+1:]} {
		if ip, err := netip.ParseAddr(s); err == nil {
			t.add(ip.String())
			if ip.Is4In6() {
				t.add(ip.Unmap().String())
			}
		}
	}
}
