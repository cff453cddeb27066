package account

import (
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// WeakPassword says why a password is refused, by a stable word that the doors
// translate: "short", "long", "common" or "personal" (made of the person's own name
// or address).
type WeakPassword struct{ Why string }

func (e WeakPassword) Error() string { return "password refused: " + e.Why }

const (
	minPasswordRunes = 10
	maxPasswordBytes = 512 // argon2 takes any length; the limit only bounds a form field
)

// checkPassword applies the policy: length, no well-known password (also not with
// figures added), nothing made of the person's own name or address. No rules about
// kinds of letters (NIST SP 800-63B §5.1.1.2).
func checkPassword(password string, own ...string) error {
	switch {
	case utf8.RuneCountInString(password) < minPasswordRunes:
		return WeakPassword{"short"}
	case len(password) > maxPasswordBytes:
		return WeakPassword{"long"}
	case isCommon(password):
		return WeakPassword{"common"}
	case isPersonal(password, own):
		return WeakPassword{"personal"}
	}
	return nil
}

//go:embed common.txt
var commonFile string

// common passwords, lower case. Kept by hand: the best-known ones of the published
// lists and their Czech relatives.
var common = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(commonFile) {
		m[w] = true
	}
	return m
})

func isCommon(password string) bool {
	p := strings.ToLower(password)
	if common()[p] || common()[stem(p)] {
		return true
	}
	return isRun(p)
}

// stem strips what people add to a known word to satisfy a form: figures and signs
// at both ends, and the whole written twice.
func stem(p string) string {
	s := strings.TrimFunc(p, func(r rune) bool { return !unicode.IsLetter(r) })
	if half := len(s) / 2; len(s)%2 == 0 && s[:half] == s[half:] {
		return s[:half]
	}
	return s
}

// isRun finds passwords of at most three different characters, and those in which
// each character follows the one before it ("1234567890", "abcdefghij").
func isRun(p string) bool {
	seen, steps := map[rune]bool{}, map[rune]bool{}
	last := rune(-1)
	for _, r := range p {
		if last >= 0 {
			steps[r-last] = true
		}
		seen[r], last = true, r
	}
	return len(seen) <= 3 || len(steps) == 1
}

// isPersonal says that, figures and signs aside, the password is nothing but a word
// from own (name, address or their parts), once or repeated.
func isPersonal(password string, own []string) bool {
	p := letters(password)
	for _, o := range own {
		for _, w := range append(strings.FieldsFunc(o, notLetter), o) {
			w = letters(w)
			if len(w) >= 3 && len(p)-len(strings.ReplaceAll(p, w, "")) > len(p)*3/4 {
				return true
			}
		}
	}
	return false
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// letters of s in lower case without accents.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if notLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// testOnlyDerived sees each derivation of a key and its cost.
var testOnlyDerived = func(memoryKiB, passes uint32) {}

// cost of argon2id (RFC 9106). OWASP's minimum for interactive sign-in is 19 MiB, two
// passes; about 25 ms on one of our reference cores.
type cost struct {
	memoryKiB uint32
	passes    uint32
	lanes     uint8
}

var today = cost{memoryKiB: 19 * 1024, passes: 2, lanes: 1}

var errHash = errors.New("stored password hash can't be read")

// hashPassword gives a PHC string with a salt of its own.
func hashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails: crypto/rand ends the program instead
	return today.phc(salt, today.key(password, salt, 32))
}

// decoyHash is one that no password has: its key is drawn, not derived, which
// would cost every start of the program those 25 ms.
func decoyHash() string {
	salt, key := make([]byte, 16), make([]byte, 32)
	rand.Read(salt)
	rand.Read(key)
	return today.phc(salt, key)
}

func (c cost) phc(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		c.memoryKiB, c.passes, c.lanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

var b64 = base64.RawStdEncoding

func (c cost) key(password string, salt []byte, n uint32) []byte {
	p := norm.NFC.String(password) // the same letters typed on another system; RFC 8265 §4.2
	testOnlyDerived(c.memoryKiB, c.passes)
	return argon2.IDKey([]byte(p), salt, c.passes, c.memoryKiB, c.lanes, n)
}

// verifyPassword compares in constant time. stale: right, but hashed at another cost
// than today's, so the caller stores a new hash.
func verifyPassword(phc, password string) (ok, stale bool, err error) {
	c, salt, want, err := parsePHC(phc)
	if err != nil {
		return false, false, err
	}
	got := c.key(password, salt, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, c != today, nil
}

func parsePHC(phc string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memoryKiB, &c.passes, &c.lanes); err != nil {
		return c, nil, nil, errHash
	}
	salt, err1 := b64.DecodeString(parts[4])
	key, err2 := b64.DecodeString(parts[5])
	// A damaged record must not make us allocate or spin without bound.
	bounded := c.memoryKiB >= 8 && c.memoryKiB <= 1<<20 && c.passes >= 1 && c.passes <= 64 && c.lanes >= 1
	if err1 != nil || err2 != nil || !bounded || len(salt) < 8 || len(key) < 16 || len(key) > 64 {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}
