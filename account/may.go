package account

import "postolka/store"

// May decides whether by may do act in the conversation's one mailbox. It is the
// only function that decides access to content.
func May(by Agent, act Act, c store.Conversation) bool { return MayIn(by, act, c.Mailbox) }

// MayIn decides for a mailbox as such. Acts on the whole instance are decided as
// by [MayDo], but for the access log: its part about a mailbox may be read by the
// mailbox's managers too. In no mailbox (id 0) a person has no right.
func MayIn(by Agent, act Act, m store.MailboxID) bool {
	if MayDo(by, act) {
		return true
	}
	right := rightIn(by, m)
	switch act {
	case Read:
		return right >= store.RightRead
	case Answer:
		return right >= store.RightAnswer
	case Manage, ReadLog:
		return right >= store.RightManage
	}
	return false
}

// MayDo decides for an act on the whole instance. For Read, Answer and Manage it is
// false for every person, also an owner: those are asked of a mailbox.
func MayDo(by Agent, act Act) bool {
	switch by.Kind {
	case Host, System:
		return act < acts
	case Person:
		return offices[by.Role].acts.has(act)
	}
	return false
}

// office is what a role gives by itself, without grants.
type office struct {
	acts  set
	right store.Right // in every mailbox
	limit store.Right // what a grant can give at most
}

// offices is the one table of roles. A shop is small: its owner could grant himself
// any right, so he has them, and the log shows it. An admin runs the machine
// without reading mail unless a manager grants it. A role that isn't here has nothing.
var offices = map[store.Role]office{
	store.RoleAgent: {limit: store.RightManage},
	store.RoleOwner: {acts: of(FindPersons, ApproveErase, ReadLog, ManagePeople,
		ManageMailboxes, Snapshots, OwnSnapshots, SeeState),
		right: store.RightManage, limit: store.RightManage},
	store.RoleAdmin: {acts: of(ManagePeople, ManageMailboxes, Snapshots, SeeState),
		limit: store.RightManage},
	store.RolePrivacy: {acts: of(FindPersons, ApproveErase, ReadLog), limit: store.RightManage},
	store.RoleAuditor: {acts: of(ReadLog), limit: store.RightRead},
}

// rightIn is a person's right in one mailbox, by office or by grant.
func rightIn(by Agent, m store.MailboxID) store.Right {
	if by.Kind != Person || m == 0 {
		return store.RightNone
	}
	o := offices[by.Role]
	right := o.right
	for _, g := range by.Grants {
		if g.Mailbox == m && g.Right <= store.RightManage {
			right = max(right, min(g.Right, o.limit))
		}
	}
	return right
}

// commands says whether a person of role r may change accounts of role other: only
// when that role can do nothing that his own can't, so that nobody rises by way of
// another's account.
func (r office) commands(other office) bool {
	return other.acts&^r.acts == 0 && other.right <= r.right
}

// set of acts.
type set uint16

func of(list ...Act) (s set) {
	for _, a := range list {
		s |= 1 << a
	}
	return s
}

func (s set) has(a Act) bool { return a < acts && s&(1<<a) != 0 }
