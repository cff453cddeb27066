package account

import (
	"fmt"
	"testing"

	"postolka/store"

	"pgregory.net/rapid"
)

// The decision table as a person would write it on paper, independent of may.go:
// per role one letter per act, in the order of the constants. "y" always, "." never,
// r, a, m: with at least the right to read, answer, manage in this mailbox.
var paper = map[store.Role]string{
	//                  Read Answer Manage Find Approve Log People Boxes Snap Own State
	store.RoleAgent:   "ram" + "..m" + "....." + "",
	store.RoleOwner:   "yyy" + "yyy" + "yyyyy",
	store.RoleAdmin:   "ram" + "..m" + "yyy.y",
	store.RolePrivacy: "ram" + "yyy" + ".....",
	store.RoleAuditor: "r.." + "..y" + ".....",
}

func onPaper(role store.Role, right store.Right, act Act) bool {
	switch paper[role][act] {
	case 'y':
		return true
	case 'r':
		return right >= store.RightRead
	case 'a':
		return right >= store.RightAnswer
	case 'm':
		return right >= store.RightManage
	}
	return false
}

func TestMayEveryRoleRightAndAct(t *testing.T) {
	const here, elsewhere = store.MailboxID(7), store.MailboxID(8)
	for role := range paper {
		for right := store.RightNone; right <= store.RightManage; right++ {
			for act := Read; act < acts; act++ {
				by := Agent{ID: 3, Role: role, Grants: []store.Grant{{Mailbox: here, Right: right}}}
				name := fmt.Sprintf("role %d right %d act %d", role, right, act)
				if got, want := MayIn(by, act, here), onPaper(role, right, act); got != want {
					t.Errorf("%s: MayIn got %v, want %v", name, got, want)
				}
				if got, want := May(by, act, store.Conversation{Mailbox: here}), onPaper(role, right, act); got != want {
					t.Errorf("%s: May got %v, want %v", name, got, want)
				}
				if got, want := MayIn(by, act, elsewhere), onPaper(role, store.RightNone, act); got != want {
					t.Errorf("%s: in another mailbox got %v, want %v", name, got, want)
				}
				if got, want := MayDo(by, act), act > Manage && paper[role][act] == 'y'; got != want {
					t.Errorf("%s: MayDo got %v, want %v", name, got, want)
				}
			}
		}
	}
}

func TestMayHostAndSystemDoEverything(t *testing.T) {
	for _, by := range []Agent{HostAgent(), SystemAgent()} {
		for act := Read; act < acts; act++ {
			if !MayDo(by, act) || !MayIn(by, act, 1) {
				t.Errorf("kind %d act %d: got refused, want allowed", by.Kind, act)
			}
		}
		if MayDo(by, acts) || MayDo(by, 255) {
			t.Errorf("kind %d: an unknown act was allowed", by.Kind)
		}
	}
}

func TestMayNothing(t *testing.T) {
	manage := []store.Grant{{Mailbox: 7, Right: store.RightManage}}
	nobodies := map[string]Agent{
		"the zero agent":                 {},
		"an unknown role":                {ID: 1, Role: 99, Grants: manage},
		"an unknown kind":                {ID: 1, Kind: 9, Role: store.RoleOwner, Grants: manage},
		"a right beyond those there are": {ID: 1, Grants: []store.Grant{{Mailbox: 7, Right: 200}}},
		"a grant for no mailbox":         {ID: 1, Grants: []store.Grant{{Right: store.RightManage}}},
	}
	for name, by := range nobodies {
		for act := Read; act < acts; act++ {
			if MayIn(by, act, 7) || MayIn(by, act, 0) || MayDo(by, act) {
				t.Errorf("%s: act %d got allowed, want refused", name, act)
			}
		}
	}
}

// A right to more never takes away a right to less, and grants in other mailboxes
// change nothing here.
func TestMayPropertyGrantsElsewhereChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		grant := rapid.Custom(func(t *rapid.T) store.Grant {
			return store.Grant{Mailbox: store.MailboxID(rapid.IntRange(0, 5).Draw(t, "mailbox")),
				Right: store.Right(rapid.IntRange(0, 5).Draw(t, "right"))}
		})
		by := Agent{ID: 1, Role: store.Role(rapid.IntRange(0, 5).Draw(t, "role")),
			Grants: rapid.SliceOf(grant).Draw(t, "grants")}
		only := by
		only.Grants = nil
		for _, g := range by.Grants {
			if g.Mailbox == 3 {
				only.Grants = append(only.Grants, g)
			}
		}
		for act := Read; act < acts; act++ {
			if MayIn(by, act, 3) != MayIn(only, act, 3) {
				t.Fatalf("act %d depends on grants elsewhere", act)
			}
		}
		if MayIn(by, Manage, 3) && by.Role != store.RoleAuditor && !MayIn(by, Answer, 3) ||
			MayIn(by, Answer, 3) && !MayIn(by, Read, 3) {
			t.Fatal("a greater right lacks a lesser one")
		}
	})
}
