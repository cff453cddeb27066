package attach

import (
	"regexp"
	"strings"
)

// rewrittenLinks finds the targets that URLDefense of Proofpoint wrote its way into the
// links of a mail. (Others write percent signs, which the fold undoes.)
func rewrittenLinks(text string) (all []Embedded) {
	if !strings.Contains(text, "urldefense") {
		return nil
	}
	for _, m := range urlDefense2.FindAllStringSubmatchIndex(text, -1) {
		target := hyphenHex.ReplaceAllString(text[m[2]:m[3]], "%$1")
		target = unpercented(strings.ReplaceAll(target, "_", "/"))
		all = append(all, Embedded{Data: []byte(target), from: m[2], to: m[3]})
	}
	for _, m := range urlDefense3.FindAllStringSubmatchIndex(text, -1) {
		target := starred(text[m[2]:m[3]], text[m[4]:m[5]])
		all = append(all, Embedded{Data: []byte(target), from: m[2], to: m[5]})
	}
	return all
}

var (
	// "-" stands for "%", "_" for "/".
	urlDefense2 = regexp.MustCompile(`urldefense(?:\.proofpoint)?\.com/v2/url\?(?:[^\s"'<>]*?&(?:amp;)?)?u=([^\s"'<>&]+)`)
	hyphenHex   = regexp.MustCompile(`-([0-9A-Fa-f]{2})`)
	// "*" stands for the next character of what follows in base64, "**" and a character
	// of base64 for as many as that says, and two more.
	urlDefense3 = regexp.MustCompile(`urldefense\.(?:proofpoint\.)?(?:com|us)/v3/__([^\s"'<>]*?\*[^\s"'<>]*?)__;([A-Za-z0-9_-]+)`)
	stars       = regexp.MustCompile(`\*(?:\*[A-Za-z0-9_-])?`)
)

func starred(target, replaced string) string {
	signs := []rune(string(decode64(replaced)))
	return stars.ReplaceAllStringFunc(target, func(s string) string {
		n := 1
		if len(s) > 1 {
			n = strings.IndexByte(runLengths, s[2]) + 2
		}
		n = min(n, len(signs))
		plain := string(signs[:n])
		signs = signs[n:]
		return plain
	})
}

const runLengths = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
