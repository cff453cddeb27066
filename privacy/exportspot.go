package privacy

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"postolka/match"
)

// What other people's data look like. A proposal that a person confirms may take
// too much rather than too little: addresses, phones, accounts, birth numbers,
// postal addresses by their form; names by a title before them, by a given name,
// by the ending of a woman's surname. Compiled when first used: see mail.lazily.
var forms = sync.OnceValue(func() (f struct{ mail, iban, row, group, post, word, honorary *regexp.Regexp }) {
	f.mail = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+\s?(?:@|[(\[{]\s?(?:at|zavin[aá][cč])\s?[)\]}])\s?[\p{L}\p{N}-]+(?:(?:\.|\s?[(\[{](?:dot|te[cč]ka)[)\]}]\s?)[\p{L}\p{N}-]+)+`)
	f.iban = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?:[ \x{a0}]?[A-Z0-9]{4}){3,7}(?:[ \x{a0}]?[A-Z0-9]{1,3})?\b`)
	f.row = regexp.MustCompile(`[+(]{0,2}\d(?:[\s\x{a0}.\-/()]{0,3}\d)+`)
	f.group = regexp.MustCompile(`[+(]{0,2}\d+`)
	f.post = regexp.MustCompile(`\p{Lu}[\p{L}.]*(?:[ \x{a0}][\p{L}.]+){0,3}[ \x{a0}]\d{1,4}(?:/\d{1,4}\p{L}?)?,?\s+\d{3}[ \x{a0}]?\d{2},?\s+\p{Lu}[\p{L}-]+(?:[ \x{a0}]\p{L}[\p{L}-]+){0,2}`)
	f.word = regexp.MustCompile(`\p{Lu}\p{L}*[\p{Ll}’'-]\p{L}*(?:[ \x{a0}]+(?:\p{Lu}\.[ \x{a0}]?)?\p{Lu}[\p{L}’'-]+)*|\p{Lu}{2,}\p{L}*(?:[ \x{a0}]+\p{Lu}{2,})+`)
	f.honorary = regexp.MustCompile(`(?:^|[^\p{L}])(?:[Pp]an(?:a|em|u|ovi|e|í)?|[Ss]lečn\p{L}+|[Pp]\.|Ing\.|Mgr\.|Bc\.|JUDr\.|MUDr\.|PhDr\.|RNDr\.|Dr\.|Mr\.?|Mrs\.?|Ms\.?|Herrn?|Frau)[ \x{a0}]+$`)
	return f
})

// spotAll lists what looks like a person's datum in a text, each once.
func spotAll(text string) []match.Identifier {
	var found []match.Identifier
	for _, s := range forms().mail.FindAllString(text, -1) {
		found = append(found, asKind(match.Email, strings.TrimRight(s, ".")))
	}
	for _, s := range forms().iban.FindAllString(text, -1) {
		if id, err := match.ParseIdentifier(match.IBAN, s); err == nil {
			found = append(found, id)
		}
	}
	for _, s := range forms().post.FindAllString(text, -1) {
		found = append(found, asKind(match.Address, strings.Join(strings.Fields(s), " ")))
	}
	found = append(found, spotNumbers(text)...)
	return once(append(found, spotNames(text)...))
}

func once(ids []match.Identifier) []match.Identifier {
	seen := map[match.Identifier]bool{}
	return slices.DeleteFunc(ids, func(id match.Identifier) bool {
		again := seen[id] || id.Value == ""
		seen[id] = true
		return again
	})
}

// asKind is the value as that kind, or as plain text where it is not written so
// (an address with "(at)").
func asKind(kind match.Kind, value string) match.Identifier {
	if id, err := match.ParseIdentifier(kind, value); err == nil {
		return id
	}
	if id, err := match.ParseIdentifier(match.Text, value); err == nil {
		return id
	}
	return match.Identifier{}
}

// spotNumbers tries every row of neighbouring groups of digits, the longest first.
func spotNumbers(text string) (found []match.Identifier) {
	for _, at := range forms().row.FindAllStringIndex(text, -1) {
		if before, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text[:at[0]], "-_")); unicode.IsLetter(before) && !endsLabel(text[:at[0]]) {
			continue // the number of an order: OBJ-2026112233
		}
		row := text[at[0]:at[1]]
		groups := forms().group.FindAllStringIndex(row, -1)
		for i := 0; i < len(groups); {
			id, next := longestNumber(row, groups, i)
			if next == 0 {
				i++
				continue
			}
			found = append(found, id)
			i = next
		}
	}
	return found
}

// endsLabel: the letters before a number are a word of their own, not part of it.
func endsLabel(before string) bool {
	return strings.HasSuffix(before, " ") || strings.HasSuffix(before, "\n") || strings.HasSuffix(before, "\u00a0")
}

func longestNumber(row string, groups [][]int, i int) (id match.Identifier, next int) {
	for j := min(len(groups), i+7); j > i; j-- {
		value := strings.TrimLeft(row[groups[i][0]:groups[j-1][1]], "(")
		guess := match.Guess(value)
		switch guess.Kind {
		case match.Phone, match.BirthNumber, match.Account:
			return guess, j
		}
		if inThrees(row, groups[i:j]) {
			return match.Identifier{Kind: match.Phone, Value: value}, j
		}
	}
	return id, 0
}

// inThrees: 555 123 456 is meant as a phone, whether that number is given out or not.
func inThrees(row string, groups [][]int) bool {
	return len(groups) == 3 && !slices.ContainsFunc(groups, func(g []int) bool { return len(strings.Trim(row[g[0]:g[1]], "+(")) != 3 })
}

// spotNames looks at each row of capitalised words.
func spotNames(text string) (found []match.Identifier) {
	for _, at := range forms().word.FindAllStringIndex(text, -1) {
		words := strings.Fields(text[at[0]:at[1]])
		titled := forms().honorary.MatchString(text[max(0, at[0]-24):at[0]]) || len(words) > 1 && forms().honorary.MatchString(words[0]+" ")
		for _, name := range namesIn(words, titled) {
			found = append(found, asKind(match.Text, name))
		}
	}
	return found
}

// namesIn gives the part of a row that is a name, and that with the word behind
// it, which may be a second surname or the next thing: behind a title from its
// first word, else from a given name on or around a woman's surname.
func namesIn(words []string, titled bool) []string {
	if titled && len(words) > 1 && forms().honorary.MatchString(words[0]+" ") {
		words = words[1:]
	}
	from, to := -1, len(words)
	for i := 0; i < len(words) && from < 0; i++ {
		w := words[i]
		switch {
		case titled, isGiven(w) && i+1 < len(words):
			from, to = i, i+2
		case isGiven(w) && i > 0, isOva(w):
			from, to = max(0, i-1), i+1
		}
	}
	if from < 0 {
		return nil
	}
	to = min(to, len(words))
	names := []string{strings.Join(words[from:to], " ")}
	if to < len(words) {
		names = append(names, strings.Join(words[from:to+1], " "))
	}
	return names
}

func isOva(w string) bool {
	folded := folded(w)
	for _, ending := range []string{"ova", "ove", "ovou"} {
		if stem, ok := strings.CutSuffix(folded, ending); ok && len(stem) >= 3 && strings.ContainsAny(w, "áéÁÉ") || ok && ending == "ovou" && len(stem) >= 3 {
			return true
		}
	}
	return false
}

func folded(s string) string { return strings.TrimSpace(string(match.Fold(nil, []byte(s)))) }

// isGiven: a given name in any Czech case.
func isGiven(w string) bool {
	f := folded(w)
	if givenNames()[f] {
		return true
	}
	for _, ending := range []string{"ovi", "em", "om", "ou", "a", "e", "i", "u", "y"} {
		stem, ok := strings.CutSuffix(f, ending)
		if ok && len(stem) >= 2 && (givenNames()[stem] || givenNames()[stem+"a"] || givenNames()[stem+"e"]) {
			return true
		}
	}
	return false
}

// givenNames are the most usual ones in Czechia, Slovakia, Poland, Germany and in
// English, folded; stems that lose an e stand beside their names. Ministry of the
// Interior, counts of names 2016; the other countries' registries.
var givenNames = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for n := range strings.FieldsSeq(`adam adela adolf adriana agata agnieszka alan albert alena ales alexander alexandra alexandr alfred alica alice alois alojz alzbeta amalie amy ana anastazie andre andrea andreas andrej andrew andrzej aneta anezka angela anita anna anne annika anton antonia antonie antonin arnost artur astrid augustin barbara barbora bartolomej beata bedrich benedikt benjamin bernd bernard birgit blanka blazena bohdan bohumil bohumila bohumir bohuslav bohus bozena branislav bretislav brian brigita bronislav bronislava bruno carl carol caroline cecilie charles charlotte christian christina christine christoph christopher claudia claus ctibor ctirad cyril dagmar dalibor dalimil dana daniel daniela dariusz darina dasa david debora deborah denis denisa diana dieter dita dobroslav dominik dominika donald dorota dusan edita edmund eduard edward eleonora elena eliska elizabeth ella ema emil emilia emilie emily emma erich erik erika ernst ester eugen eugenie eva evelina evzen evzenie felix ferdinand filip filomena florian frank frantisek frantiska franz fridrich gabriel gabriela gabriele george georg gerhard gertruda gizela gloria gregor gustav hana hans hanus harald harry heidi heinrich heinz helen helena helga helmut henrieta henry herbert hermina holger horst hubert hugo hynek ida ignac igor ilona ilja ines ingrid irena iris irma iva ivan ivana iveta ivo ivona izabela jachym jack jacob jadwiga jakub james jan jana janusz jarmil jarmila jaromir jaromira jaroslav jaroslava jason jens jessica jindra jindrich jindriska jiri jirina jitka joachim joan joanna johan johana john jolana jonas jonathan josef josefa josefina joseph jozef judita julia julie julius jurgen juraj justin justyna kamil kamila karel karl karen karin karina karla karol karolina kasper katarina katarzyna kate katerina katharina kathrin katrin kazimierz kenneth kevin klara klaudie klaus klement kristian kristina kristyna kryspin krystof krzysztof kveta kvetoslav kvetoslava kvetuse ladislav ladislava laura lea lenka leona leopold leos leos libor libuse lidia lidie linda lisa liliana lola luba lubomir lubomira lubor lubos lucia lucie ludek ludk ludmila ludvik lukas lukasz lumir magda magdalena malgorzata manfred marcel marcela marcin marek mark margareta margaret maria marian mariana marie mario marion markus marketa marta martin martina mary marzena matej mates matous matthias matthew maxim maxmilian mechthild melanie michael michaela michal michala michelle mikulas milada milan milena milos miloslav miloslava miluse mirek mirk miriam miroslav miroslava mojmir monika monica nada nadezda nancy natalie nathan nela nicholas nicole niklas nikol nikola nina norbert oldrich oldriska olga oliver olivia olga ondrej oskar oswald otakar otilie oto otto pamela patricia patricie patrik patrick paul paula pavel pavl pavla pavlina peter petr petra philip pawel piotr pravoslav premysl radek radk radim radka radko radmila radomir radoslav radovan rainer ralf rebecca regina reinhard rene renata renate richard robert roland roman romana ronald rostislav rudolf ruzena ryan rysard ryszard sabina sabine samuel sandra sara sarah sarka scott sebastian servac silvester silvia silvie simon simona sofia sofie soňa sona stanislav stanislava stefan stefania stefanie stefan stela stephan stephen steven steve stepan stepanka susan susanne svatava svatopluk svatoslav sven sylva sylvie tadeas tamara tatana tereza teodor teofil thea theodor theresa thomas tibor tim timothy tobias tomas tomasz torsten tobias ulrich ulrike ursula uwe vaclav vaclava valentina valerie vasil vendula vera verena veronika vera viera vilem vilma viktor viktorie vincenc vit vitek vitezslav vladan vladena vladimir vladimira vladislav vlasta vlastimil vlastimila vojtech vratislav walter waltraud wanda wenzel werner wieslaw wilhelm william wladyslaw wojciech wolfgang xaver xenie yvona zbigniew zbynek zbynk zbysek zdena zdenek zdenk zdenka zdislava zikmund zina zita zlata zlatuse zofie zora zuzana zygmunt emilia jurij oleksandr olena andrij iryna natalia oksana svitlana serhij volodymyr dmytro mykola tetjana julija`) {
		set[folded(n)] = true
	}
	return set
})
