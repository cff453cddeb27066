package account

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"postolka/store"
	"postolka/store/storetest"
)

const good = "tři zelené vlaky jedou"

// office of people to test with: an owner, an admin, a privacy officer, an auditor,
// three agents (one manages mailbox 1), and their accounts.
type shop struct {
	*Accounts
	t     *testing.T
	store *store.Store
	clock time.Time
	ids   map[string]store.AgentID
	boxes []store.MailboxID
}

func openShop(t *testing.T) *shop {
	t.Helper()
	s := storetest.New(t)
	o := &shop{t: t, store: s, clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), ids: map[string]store.AgentID{}}
	o.Accounts = New(s, func() time.Time { return o.clock })
	owner, err := o.CreateOwner(NewPerson{Name: "Olga", Email: "Olga@Shop.example ", Password: good})
	if err != nil {
		t.Fatal(err)
	}
	o.ids["olga"] = owner.ID
	for name, role := range map[string]store.Role{"adam": store.RoleAdmin, "petra": store.RolePrivacy,
		"aude": store.RoleAuditor, "mia": store.RoleAgent, "jan": store.RoleAgent, "eva": store.RoleAgent} {
		id, inv, err := o.Add(owner, NewPerson{Name: name, Email: name + "@shop.example", Role: role, Password: good})
		if err != nil || inv.Secret != "" {
			t.Fatal(err, inv)
		}
		o.ids[name] = id
	}
	o.must(s.Update(func(tx *store.Tx) error {
		o.boxes = nil
		for _, name := range []string{"info@", "orders@"} {
			id, err := store.Mailboxes.Insert(tx, store.Mailbox{Name: name})
			if err != nil {
				return err
			}
			o.boxes = append(o.boxes, id)
		}
		return nil
	}))
	o.must(o.Grant(owner, o.ids["mia"], o.boxes[0], store.RightManage))
	return o
}

func (o *shop) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *shop) want(got, want error) {
	o.t.Helper()
	if !errors.Is(got, want) {
		o.t.Errorf("got %v, want %v", got, want)
	}
}

func (o *shop) as(name string) Agent {
	o.t.Helper()
	a, err := o.Get(o.ids[name])
	o.must(err)
	return a
}

func (o *shop) signIn(name string) string {
	o.t.Helper()
	token, err := o.SignIn(o.t.Context(), name+"@shop.example", good, "192.0.2.1", "test")
	o.must(err)
	return token
}

func TestCreateOwnerOnlyOnce(t *testing.T) {
	o := openShop(t)
	_, err := o.CreateOwner(NewPerson{Email: "x@shop.example", Password: good})
	o.want(err, ErrHasAccounts)
	if empty, err := o.Empty(); empty || err != nil {
		t.Errorf("empty: got %v %v, want false", empty, err)
	}
	if p, err := o.ByEmail(" OLGA@shop.example"); err != nil || p.Role != store.RoleOwner || p.PasswordHash != "" {
		t.Errorf("by address: got %+v %v", p, err)
	}
}

func TestAdd(t *testing.T) {
	o := openShop(t)
	var weak WeakPassword
	cases := []struct {
		name string
		by   Agent
		p    NewPerson
		want error
	}{
		{"the owner adds an owner", o.as("olga"), NewPerson{Email: "a@shop.example", Role: store.RoleOwner}, nil},
		{"the host adds a privacy officer with a password", HostAgent(), NewPerson{Email: "b@shop.example", Role: store.RolePrivacy, Password: good}, nil},
		{"an admin invites an agent", o.as("adam"), NewPerson{Email: "c@shop.example"}, nil},
		{"an admin invites an admin", o.as("adam"), NewPerson{Email: "d@shop.example", Role: store.RoleAdmin}, nil},
		{"an admin chooses a password", o.as("adam"), NewPerson{Email: "e@shop.example", Password: good}, ErrNotAllowed},
		{"an admin adds an owner", o.as("adam"), NewPerson{Email: "e@shop.example", Role: store.RoleOwner}, ErrNotAllowed},
		{"an admin adds a privacy officer, who may find", o.as("adam"), NewPerson{Email: "e@shop.example", Role: store.RolePrivacy}, ErrNotAllowed},
		{"an admin adds an auditor", o.as("adam"), NewPerson{Email: "e@shop.example", Role: store.RoleAuditor}, ErrNotAllowed},
		{"a mailbox's manager adds an agent", o.as("mia"), NewPerson{Email: "e@shop.example"}, ErrNotAllowed},
		{"a privacy officer adds an agent", o.as("petra"), NewPerson{Email: "e@shop.example"}, ErrNotAllowed},
		{"an unknown role", o.as("olga"), NewPerson{Email: "e@shop.example", Role: 77}, ErrNotAllowed},
		{"an address in use, in capitals", o.as("olga"), NewPerson{Email: "MIA@shop.example"}, ErrEmailTaken},
		{"no address", o.as("olga"), NewPerson{Email: "mia"}, ErrEmail},
		{"two addresses", o.as("olga"), NewPerson{Email: "a@b, c@d"}, ErrEmail},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			id, inv, err := o.Add(c.by, c.p)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && (id == 0 || (inv.Secret == "") != (c.p.Password != "")) {
				t.Errorf("got id %d and invitation %v", id, inv.Secret != "")
			}
		})
	}
	if _, _, err := o.Add(o.as("olga"), NewPerson{Email: "z@shop.example", Password: "krátké"}); !errors.As(err, &weak) {
		t.Errorf("weak password: got %v", err)
	}
}

func TestGrant(t *testing.T) {
	o := openShop(t)
	one, two := o.boxes[0], o.boxes[1]
	cases := []struct {
		name    string
		by      Agent
		to      string
		mailbox store.MailboxID
		right   store.Right
		want    error
	}{
		{"a manager in his mailbox", o.as("mia"), "jan", one, store.RightAnswer, nil},
		{"a manager makes another", o.as("mia"), "eva", one, store.RightManage, nil},
		{"a manager in another mailbox", o.as("mia"), "jan", two, store.RightRead, ErrNotAllowed},
		{"a manager to himself elsewhere", o.as("mia"), "mia", two, store.RightRead, ErrNotAllowed},
		{"a manager to himself where he manages", o.as("mia"), "mia", one, store.RightRead, ErrNotAllowed},
		{"a manager takes a right", o.as("mia"), "jan", one, store.RightNone, nil},
		{"an agent without the right", o.as("jan"), "eva", one, store.RightRead, ErrNotAllowed},
		{"an admin to himself", o.as("adam"), "adam", one, store.RightRead, ErrNotAllowed},
		{"an admin to another", o.as("adam"), "jan", one, store.RightRead, ErrNotAllowed},
		{"a privacy officer", o.as("petra"), "petra", one, store.RightRead, ErrNotAllowed},
		{"the owner to himself", o.as("olga"), "olga", two, store.RightManage, nil},
		{"the owner to the admin", o.as("olga"), "adam", two, store.RightRead, nil},
		{"a right beyond those there are", o.as("olga"), "jan", two, 9, ErrNotAllowed},
		{"the host", HostAgent(), "jan", two, store.RightRead, nil},
		{"a mailbox that isn't there", o.as("olga"), "jan", 99, store.RightRead, store.ErrNotFound},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := o.as(c.to).Grants
			err := o.Grant(c.by, o.ids[c.to], c.mailbox, c.right)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			after := o.as(c.to)
			if err != nil && !reflect.DeepEqual(after.Grants, before) {
				t.Error("refused, and yet the rights changed")
			}
			if want := c.right >= store.RightRead; err == nil && MayIn(after, Read, c.mailbox) != want && after.Role != store.RoleOwner {
				t.Errorf("after: may read %v, want %v", !want, want)
			}
		})
	}
	if MayIn(o.as("mia"), Read, two) {
		t.Error("a manager reached another mailbox")
	}
	o.want(o.Grant(o.as("olga"), 999, one, store.RightRead), store.ErrNotFound)
}

// An agent value from before a change gives no more than its account has now.
func TestRightsAreReadAgain(t *testing.T) {
	o := openShop(t)
	mia, adam := o.as("mia"), o.as("adam")
	o.must(o.Grant(o.as("olga"), o.ids["mia"], o.boxes[0], store.RightRead))
	o.want(o.Grant(mia, o.ids["jan"], o.boxes[0], store.RightRead), ErrNotAllowed)
	o.must(o.Disable(o.as("olga"), o.ids["adam"]))
	_, _, err := o.Add(adam, NewPerson{Email: "new@shop.example"})
	o.want(err, ErrNotAllowed)
	_, err = o.Get(o.ids["adam"])
	o.want(err, ErrNotAllowed)
}

func TestSetRoleAndDisable(t *testing.T) {
	o := openShop(t)
	cases := []struct {
		name string
		do   error
		want error
	}{
		{"the last owner disables himself", o.Disable(o.as("olga"), o.ids["olga"]), ErrNotAllowed},
		{"the last owner demotes himself", o.SetRole(o.as("olga"), o.ids["olga"], store.RoleAgent), ErrNotAllowed},
		{"the host disables the last owner", o.Disable(HostAgent(), o.ids["olga"]), ErrLastOwner},
		{"the host demotes the last owner", o.SetRole(HostAgent(), o.ids["olga"], store.RoleAgent), ErrLastOwner},
		{"an admin disables the owner", o.Disable(o.as("adam"), o.ids["olga"]), ErrNotAllowed},
		{"an admin disables the privacy officer", o.Disable(o.as("adam"), o.ids["petra"]), ErrNotAllowed},
		{"an admin makes himself owner", o.SetRole(o.as("adam"), o.ids["adam"], store.RoleOwner), ErrNotAllowed},
		{"an admin makes an agent privacy officer", o.SetRole(o.as("adam"), o.ids["jan"], store.RolePrivacy), ErrNotAllowed},
		{"an admin makes an agent admin", o.SetRole(o.as("adam"), o.ids["jan"], store.RoleAdmin), nil},
		{"an admin disables an agent", o.Disable(o.as("adam"), o.ids["eva"]), nil},
		{"an agent disables another", o.Disable(o.as("mia"), o.ids["jan"]), ErrNotAllowed},
		{"the owner makes another", o.SetRole(o.as("olga"), o.ids["jan"], store.RoleOwner), nil},
		{"then one owner demotes the other", o.SetRole(o.as("jan"), o.ids["olga"], store.RoleAgent), nil},
		{"who is then the last", o.Disable(HostAgent(), o.ids["jan"]), ErrLastOwner},
	}
	for _, c := range cases {
		if !errors.Is(c.do, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.do, c.want)
		}
	}
}

func TestOwnerWithoutPasswordDoesNotCount(t *testing.T) {
	o := openShop(t)
	_, _, err := o.Add(o.as("olga"), NewPerson{Email: "invited@shop.example", Role: store.RoleOwner})
	o.must(err)
	o.want(o.Disable(HostAgent(), o.ids["olga"]), ErrLastOwner)
	_, err = o.ResetPassword(HostAgent(), o.ids["olga"])
	o.want(err, ErrLastOwner)
}

func TestSignIn(t *testing.T) {
	o := openShop(t)
	o.must(o.Disable(o.as("olga"), o.ids["eva"]))
	cases := []struct {
		name, email, password string
		agent                 store.AgentID
		ok                    bool
	}{
		{"right", "mia@shop.example", good, 0, true},
		{"address in capitals", " MIA@Shop.Example", good, 0, true},
		{"wrong password", "mia@shop.example", good + "!", o.ids["mia"], false},
		{"empty password", "mia@shop.example", "", o.ids["mia"], false},
		{"unknown address", "nobody@shop.example", good, 0, false},
		{"no address", "", "", 0, false},
		{"disabled", "eva@shop.example", good, o.ids["eva"], false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			token, err := o.SignIn(t.Context(), c.email, c.password, "192.0.2.1", "Firefox")
			var wrong ErrSignIn
			if errors.As(err, &wrong) == c.ok || wrong.Agent != c.agent || (token != "") != c.ok {
				t.Fatalf("got token %v, %v, want ok %v", token != "", err, c.ok)
			}
			if !c.ok {
				return
			}
			a, err := o.Session(token)
			if err != nil || a.ID != o.ids["mia"] || a.Session == 0 || a.Address != "192.0.2.1" || !MayIn(a, Manage, o.boxes[0]) {
				t.Errorf("got %+v %v, want mia", a, err)
			}
		})
	}
}

// What takes the time is the derivation of a key: an unknown address costs the
// same one, so that the wait doesn't tell which addresses have accounts.
func TestSignInCostsTheSameForAnUnknownAddress(t *testing.T) {
	o := openShop(t)
	defer func(was func(memoryKiB, passes uint32)) { testOnlyDerived = was }(testOnlyDerived)
	cost := func(email string) (spent []uint32) {
		testOnlyDerived = func(memoryKiB, passes uint32) { spent = append(spent, memoryKiB, passes) }
		_, _ = o.SignIn(t.Context(), email, "wrong password", "192.0.2.1", "")
		return spent
	}
	known, unknown := cost("mia@shop.example"), cost("nobody@shop.example")
	if len(known) == 0 || !slices.Equal(known, unknown) {
		t.Errorf("known %v, unknown %v: tells which addresses have accounts", known, unknown)
	}
}

func TestSignInIsThrottled(t *testing.T) {
	o := openShop(t)
	var slow ErrThrottled
	for range forAccount.free {
		_, err := o.SignIn(t.Context(), "mia@shop.example", "wrong password", "192.0.2.1", "")
		if errors.As(err, &slow) {
			t.Fatal("throttled too early")
		}
	}
	_, err := o.SignIn(t.Context(), "mia@shop.example", good, "198.51.100.1", "")
	if !errors.As(err, &slow) || slow.Wait != time.Second {
		t.Fatalf("got %v, want to wait a second", err)
	}
	o.clock = o.clock.Add(slow.Wait)
	o.signIn("mia")
	o.signIn("mia")
}

func TestSessionLife(t *testing.T) {
	o := openShop(t)
	token := o.signIn("mia")
	_, err := o.Session(token + "x")
	o.want(err, ErrNoSession)
	_, err = o.Session("")
	o.want(err, ErrNoSession)

	o.clock = o.clock.Add(idleLife)
	if _, err := o.Session(token); err != nil {
		t.Fatalf("after 12 h: %v", err)
	}
	o.clock = o.clock.Add(idleLife + time.Second)
	_, err = o.Session(token)
	o.want(err, ErrNoSession)

	token = o.signIn("mia")
	end := o.clock.Add(sessionLife)
	for o.clock.Add(6 * time.Hour).Before(end) {
		o.clock = o.clock.Add(6 * time.Hour)
		if _, err := o.Session(token); err != nil {
			t.Fatalf("in use, %v before its end: %v", end.Sub(o.clock), err)
		}
	}
	o.clock = end.Add(time.Second)
	_, err = o.Session(token)
	o.want(err, ErrNoSession)
	if n, err := o.Expire(); n != 2 || err != nil {
		t.Errorf("expire: got %d %v, want 2", n, err)
	}
}

func TestSessionSeenIsWrittenOnceAMinute(t *testing.T) {
	o := openShop(t)
	token := o.signIn("mia")
	seen := func() time.Time {
		_, err := o.Session(token)
		o.must(err)
		list, err := o.Sessions(o.as("mia"), o.ids["mia"])
		o.must(err)
		return list[0].SeenAt
	}
	begun := o.clock
	o.clock = begun.Add(59 * time.Second)
	if got := seen(); !got.Equal(begun) {
		t.Errorf("after 59 s: got %v, want it unwritten", got)
	}
	o.clock = begun.Add(60 * time.Second)
	if got := seen(); !got.Equal(o.clock) {
		t.Errorf("after 60 s: got %v, want %v", got, o.clock)
	}
}

func TestSessionHasRightsOfNow(t *testing.T) {
	o := openShop(t)
	token := o.signIn("mia")
	o.must(o.Grant(o.as("olga"), o.ids["mia"], o.boxes[0], store.RightNone))
	if a, err := o.Session(token); err != nil || MayIn(a, Read, o.boxes[0]) {
		t.Errorf("got %v, want the right gone at once", err)
	}
	o.must(o.Disable(o.as("olga"), o.ids["mia"]))
	_, err := o.Session(token)
	o.want(err, ErrNoSession)
	o.must(o.Enable(o.as("olga"), o.ids["mia"]))
	_, err = o.Session(token)
	o.want(err, ErrNoSession)
}

func TestSessionsAndRevoke(t *testing.T) {
	o := openShop(t)
	phone, laptop, other := o.signIn("mia"), o.signIn("mia"), o.signIn("jan")
	mia, err := o.Session(laptop)
	o.must(err)
	list, err := o.Sessions(mia, mia.ID)
	if err != nil || len(list) != 2 {
		t.Fatalf("got %d %v, want 2", len(list), err)
	}
	_, err = o.Sessions(o.as("jan"), mia.ID)
	o.want(err, ErrNotAllowed)
	jan, err := o.Session(other)
	o.must(err)
	o.want(o.Revoke(mia, jan.Session), ErrNotAllowed)
	o.want(o.RevokeAll(mia, jan.ID), ErrNotAllowed)
	o.must(o.RevokeAll(mia, mia.ID))
	_, err = o.Session(phone)
	o.want(err, ErrNoSession)
	_, err = o.Session(laptop)
	o.must(err)
	o.must(o.Revoke(o.as("adam"), jan.Session))
	_, err = o.Session(other)
	o.want(err, ErrNoSession)
	o.must(o.SignOut(laptop))
	o.must(o.SignOut(laptop))
	_, err = o.Session(laptop)
	o.want(err, ErrNoSession)
}

func TestChangePassword(t *testing.T) {
	o := openShop(t)
	const better = "čtyři modré tramvaje"
	phone, laptop := o.signIn("mia"), o.signIn("mia")
	mia, err := o.Session(laptop)
	o.must(err)
	var wrong ErrSignIn
	if err := o.ChangePassword(t.Context(), mia, "not the old one", better); !errors.As(err, &wrong) {
		t.Errorf("got %v, want ErrSignIn", err)
	}
	if err := o.ChangePassword(t.Context(), mia, good, "heslo123456"); !errors.Is(err, WeakPassword{"common"}) {
		t.Errorf("got %v, want a weak password", err)
	}
	o.must(o.ChangePassword(t.Context(), mia, good, better))
	_, err = o.Session(phone)
	o.want(err, ErrNoSession)
	_, err = o.Session(laptop)
	o.must(err)
	if _, err := o.SignIn(t.Context(), "mia@shop.example", good, "192.0.2.1", ""); !errors.As(err, &wrong) {
		t.Error("the old password still opens")
	}
	_, err = o.SignIn(t.Context(), "mia@shop.example", better, "192.0.2.1", "")
	o.must(err)
}

func TestResetByAdminNeverShowsMail(t *testing.T) {
	o := openShop(t)
	token := o.signIn("mia")
	inv, err := o.ResetPassword(o.as("adam"), o.ids["mia"])
	o.must(err)
	if want := []store.Grant{{Mailbox: o.boxes[0], Right: store.RightManage}}; !reflect.DeepEqual(inv.Lost, want) {
		t.Errorf("lost: got %v, want %v", inv.Lost, want)
	}
	_, err = o.Session(token)
	o.want(err, ErrNoSession)
	// The admin uses the secret himself.
	id, err := o.Redeem(inv.Secret, good)
	if err != nil || id != o.ids["mia"] {
		t.Fatal(id, err)
	}
	a, err := o.Session(o.signIn("mia"))
	if err != nil || MayIn(a, Read, o.boxes[0]) || MayIn(a, Read, o.boxes[1]) {
		t.Errorf("got %+v %v, want no mailbox", a, err)
	}
	for _, name := range []string{"olga", "petra", "aude", "adam"} {
		_, err := o.ResetPassword(o.as("adam"), o.ids[name])
		o.want(err, ErrNotAllowed)
	}
}

func TestResetByOwnerKeepsRights(t *testing.T) {
	o := openShop(t)
	for _, by := range []Agent{o.as("olga"), HostAgent()} {
		inv, err := o.ResetPassword(by, o.ids["mia"])
		if err != nil || len(inv.Lost) > 0 || !MayIn(o.as("mia"), Manage, o.boxes[0]) {
			t.Errorf("kind %d: got %v %v, want the rights kept", by.Kind, inv.Lost, err)
		}
	}
}

func TestInvitation(t *testing.T) {
	o := openShop(t)
	id, inv, err := o.Add(o.as("adam"), NewPerson{Name: "Nora", Email: "nora@shop.example"})
	o.must(err)
	var wrong ErrSignIn
	if _, err := o.SignIn(t.Context(), "nora@shop.example", "", "192.0.2.1", ""); !errors.As(err, &wrong) {
		t.Errorf("without a password: got %v, want refused", err)
	}
	if _, err := o.Redeem(inv.Secret, "nora@shop.example"); !errors.Is(err, WeakPassword{"personal"}) {
		t.Errorf("got %v, want a weak password, and the invitation still good", err)
	}
	for _, bad := range []string{"", "0.", "x", inv.Secret + "x", strings.Replace(inv.Secret, ".", ".A", 1), "999." + inv.Secret} {
		_, err := o.Redeem(bad, good)
		o.want(err, ErrInvitation)
	}
	got, err := o.Redeem(inv.Secret, good)
	if err != nil || got != id {
		t.Fatal(got, err)
	}
	_, err = o.Redeem(inv.Secret, good)
	o.want(err, ErrInvitation)
	o.signIn("nora")

	first, err := o.ResetPassword(o.as("olga"), id)
	o.must(err)
	second, err := o.ResetPassword(o.as("olga"), id)
	o.must(err)
	_, err = o.Redeem(first.Secret, good)
	o.want(err, ErrInvitation)
	o.clock = second.Expires
	_, err = o.Redeem(second.Secret, good)
	o.want(err, ErrInvitation)
}

func TestDisabledPersonCannotRedeem(t *testing.T) {
	o := openShop(t)
	id, inv, err := o.Add(o.as("olga"), NewPerson{Email: "nora@shop.example"})
	o.must(err)
	o.must(o.Disable(o.as("olga"), id))
	_, err = o.Redeem(inv.Secret, good)
	o.want(err, ErrInvitation)
}

func TestOldHashIsRenewedAtSignIn(t *testing.T) {
	o := openShop(t)
	was := today
	today = cost{memoryKiB: 8 * 1024, passes: 1, lanes: 1}
	o.must(o.ChangePassword(t.Context(), o.as("mia"), good, good))
	today = was
	o.signIn("mia")
	o.must(o.store.View(func(tx *store.Tx) error {
		rec, err := store.Agents.Get(tx, o.ids["mia"])
		if !strings.Contains(rec.PasswordHash, "m=19456,t=2,p=1") {
			t.Errorf("got %.30s, want today's cost", rec.PasswordHash)
		}
		return err
	}))
	o.signIn("mia")
}

func TestProfileAndList(t *testing.T) {
	o := openShop(t)
	o.must(o.SetProfile(o.as("jan"), Profile{Name: " Honza ", Language: "en", Zone: "Europe/Prague", KeysOff: true}))
	if a := o.as("jan"); a.Name != "Honza" || a.Language != "en" || a.Zone != "Europe/Prague" || a.Role != store.RoleAgent {
		t.Errorf("got %+v", a)
	}
	o.want(o.SetProfile(HostAgent(), Profile{}), store.ErrNotFound)
	list, err := o.List()
	if err != nil || len(list) != 7 || list[0].Name != "Honza" {
		t.Errorf("got %d %v, want 7 by name", len(list), err)
	}
	for _, p := range list {
		if p.PasswordHash != "" || p.Invited {
			t.Errorf("account %d: hash shown or taken for invited", p.ID)
		}
	}
}
