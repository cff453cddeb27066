package match

// A wordSet is a dense automaton over byte classes that finds, in folded text,
// all words of a set in one table look-up per byte. A word is a run of letters
// and digits. Since every pattern here is a whole word, the automaton needs no
// failure links: a byte that leads nowhere goes to a state that waits for the
// word's end. That is smaller and quicker than Aho–Corasick over substrings,
// and can't stop in the middle of a longer word.
type wordSet struct {
	class   [256]uint8 // 0: ends a word; 1: in no pattern
	classes int
	next    []int32 // state*classes + class
	word    []int32 // per state: index of the word that ends there, -1
}

const (
	atStart = int32(0) // between words
	noMatch = int32(1) // in a word that is not in the set
)

// isWordByte: letters and digits of folded text; bytes above ASCII are parts
// of letters that no ASCII stands for.
func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c >= 0x80
}

func newWordSet(words []string) *wordSet {
	w := &wordSet{classes: 2}
	for c := range 256 {
		if isWordByte(byte(c)) {
			w.class[c] = 1
		}
	}
	for _, word := range words {
		for i := range len(word) {
			if c := word[i]; w.class[c] == 1 {
				w.class[c] = uint8(w.classes)
				w.classes++
			}
		}
	}
	w.addState()
	w.addState()
	for i, word := range words {
		w.add(word, int32(i))
	}
	return w
}

func (w *wordSet) addState() int32 {
	row := make([]int32, w.classes)
	for c := 1; c < w.classes; c++ {
		row[c] = noMatch
	}
	w.next = append(w.next, row...)
	w.word = append(w.word, -1)
	return int32(len(w.word) - 1)
}

func (w *wordSet) add(word string, index int32) {
	state := atStart
	for i := range len(word) {
		cell := int(state)*w.classes + int(w.class[word[i]])
		if w.next[cell] == noMatch {
			to := w.addState()
			w.next[cell] = to
		}
		state = w.next[cell]
	}
	w.word[state] = index
}

// find calls found for each word of the set in text until it returns false.
func (w *wordSet) find(text []byte, found func(word int, from, to int) bool) {
	state, start := atStart, 0
	for i, c := range text {
		class := w.class[c]
		if class == 0 {
			if word := w.word[state]; word >= 0 && !found(int(word), start, i) {
				return
			}
			state, start = atStart, i+1
			continue
		}
		state = w.next[int(state)*w.classes+int(class)]
	}
	if word := w.word[state]; word >= 0 {
		found(int(word), start, len(text))
	}
}
