package account

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// ErrThrottled: too many failed sign-ins for this account or from this address; the
// password was not looked at. Try again after Wait.
type ErrThrottled struct{ Wait time.Duration }

func (e ErrThrottled) Error() string {
	return fmt.Sprintf("too many failed sign-ins, wait %s", e.Wait.Round(time.Second))
}

// throttle delays guessing, per account and per remote address. It lives in memory
// only: a restart forgives, which costs an attacker more than it gives him, and
// addresses of strangers need no place in DATA. Safe for concurrent use.
type throttle struct {
	mu   sync.Mutex
	now  func() time.Time
	keys map[string]*failures
}

// failures of one key since it was last quiet for an hour.
type failures struct {
	n    int
	last time.Time // of the newest attempt
}

// patience with a kind of key: the first free failures cost nothing, each further one
// doubles the wait from a second up to longest.
type patience struct {
	free    int
	longest time.Duration
}

var (
	// An account's wait is short, so that a stranger can't lock its owner out; a
	// minute still leaves a guesser 1,440 tries a day.
	forAccount = patience{free: 5, longest: time.Minute}
	// Many people may sign in from behind one address.
	forAddress = patience{free: 20, longest: 15 * time.Minute}
)

const (
	quiet       = time.Hour // after which failures are forgotten
	maxThrottle = 20_000    // keys kept; beyond, the quiet ones are dropped
)

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, keys: map[string]*failures{}}
}

// admit counts an attempt before it is made, so that a hundred at once count as a
// hundred, or refuses it. A success takes the account's count back with [throttle.forgive].
func (t *throttle) admit(email, address string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	account, remote := t.get("account "+email), t.get("address "+network(address))
	if wait := max(t.wait(account, forAccount), t.wait(remote, forAddress)); wait > 0 {
		return ErrThrottled{Wait: wait}
	}
	for _, f := range []*failures{account, remote} {
		f.n++
		f.last = t.now()
	}
	return nil
}

// forgive after a right password. The address keeps its other failures: who knows
// one password must not be able to guess others without delay.
func (t *throttle) forgive(email, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, "account "+email)
	if f := t.keys["address "+network(address)]; f != nil && f.n > 0 {
		f.n--
	}
}

func (t *throttle) get(key string) *failures {
	f := t.keys[key]
	if f == nil {
		if len(t.keys) >= maxThrottle {
			t.sweep()
		}
		f = &failures{}
		t.keys[key] = f
	}
	if t.now().Sub(f.last) > quiet {
		f.n = 0
	}
	return f
}

// sweep drops what is quiet, and if an attack fills the table with fresh keys, those
// that have not failed more than once.
func (t *throttle) sweep() {
	for k, f := range t.keys {
		if t.now().Sub(f.last) > quiet || f.n <= 1 {
			delete(t.keys, k)
		}
	}
}

func (t *throttle) wait(f *failures, p patience) time.Duration {
	over := f.n - p.free
	if over < 0 {
		return 0
	}
	delay := p.longest
	if over < 20 {
		delay = min(time.Second<<over, p.longest)
	}
	return max(0, delay-t.now().Sub(f.last))
}

// network is what one attacker holds: an IPv4 address or an IPv6 /64.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return address
		}
		ip = ap.Addr()
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
