package privacy

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

func nextYear() time.Time { return time.Now().AddDate(1, 0, 0) }

// A hold on one message turns its erasure into restriction, and nothing else's.
func TestHoldTurnsErasureIntoRestriction(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	_, err := h.Hold(ctx, host, 0, 1, "claim", nextYear())
	check(t, err)
	plan, err := h.PlanFor(ctx, host, email(t, janAddr), false)
	check(t, err)
	if plan.Erase != 2 || plan.Keep != 1 || plan.Restrict != 1 {
		t.Fatalf("got %+v, want 2 to erase and 1 restricted", plan)
	}
	id, err := h.Approve(ctx, host, plan.Hash)
	check(t, err)
	receipt, err := h.Run(ctx, id, nil)
	check(t, err)
	if receipt.Erased != 2 || receipt.Kept != 1 {
		t.Errorf("receipt: got %d erased, %d kept", receipt.Erased, receipt.Kept)
	}
	if _, err := h.Store.RawBytes(1); err != nil {
		t.Errorf("the held message: %v", err)
	}
	if _, err := h.Desk.Source(ctx, host, 1); !errors.Is(err, desk.ErrNotAllowed) {
		t.Errorf("source of the held message: got %v, want desk.ErrNotAllowed", err)
	}
	rows, err := h.Restrictions(host)
	check(t, err)
	if len(rows) != 1 || rows[0].Ground != groundHold || len(rows[0].Messages) != 1 || rows[0].Messages[0] != 1 {
		t.Errorf("restrictions: got %+v", rows)
	}
}

func TestHoldSetAfterThePlanVoidsIt(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	plan, err := h.PlanFor(ctx, host, email(t, janAddr), false)
	check(t, err)
	id, err := h.Hold(ctx, host, 0, 2, "authority", nextYear())
	check(t, err)
	if _, err := h.Approve(ctx, host, plan.Hash); !errors.Is(err, ErrPlanChanged) {
		t.Errorf("approve: got %v, want ErrPlanChanged", err)
	}
	check(t, h.LiftHold(ctx, host, id))
	if err := h.LiftHold(ctx, host, id); !errors.Is(err, ErrLifted) {
		t.Errorf("lift again: got %v, want ErrLifted", err)
	}
	if _, err := h.Approve(ctx, host, plan.Hash); err != nil {
		t.Errorf("approve after the hold: %v", err)
	}
}

func TestHoldAsksForReasonReviewAndThing(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	for name, c := range map[string]struct {
		conversation store.ConversationID
		message      store.MessageID
		reason       string
		review       time.Time
		want         error
	}{
		"unknown reason":       {1, 0, "because", nextYear(), ErrHold},
		"review in the past":   {1, 0, "claim", time.Now().AddDate(0, 0, -1), ErrHold},
		"nothing":              {0, 0, "claim", nextYear(), ErrHold},
		"both":                 {1, 1, "claim", nextYear(), ErrHold},
		"no such conversation": {99, 0, "claim", nextYear(), desk.ErrNotAllowed},
		"a whole conversation": {1, 0, "duty", nextYear(), nil},
		"a message":            {0, 3, "claim", nextYear(), nil},
	} {
		if _, err := h.Hold(context.Background(), host, c.conversation, c.message, c.reason, c.review); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if _, err := h.Hold(context.Background(), account.Agent{Kind: account.Person, Role: store.RoleAgent}, 1, 0, "claim", nextYear()); !errors.Is(err, desk.ErrNotAllowed) {
		t.Errorf("an agent: got %v, want desk.ErrNotAllowed", err)
	}
}

func TestRestrictedMailIsOutOfUseAndInFind(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	inLists := func() (n int) {
		page, err := h.Desk.List(ctx, host, desk.ListQuery{View: desk.ViewAll})
		check(t, err)
		found, err := h.Desk.Search(ctx, host, "Doporucil", 0)
		check(t, err)
		return len(page.Rows)*10 + len(found.Found)
	}
	before := inLists()
	id, err := h.Restrict(ctx, host, "accuracy", []store.MessageID{3})
	check(t, err)
	if got := inLists(); got != before-11 {
		t.Errorf("rows and search hits: got %d, before %d", got, before)
	}
	thread, err := h.Desk.Thread(ctx, host, conversationOf(t, h, 3))
	check(t, err)
	if l := thread.Messages[0]; !l.Restricted || l.Own != "" || l.Message.Subject != "" || l.Message.From.Addr != "" || thread.Conversation.Who != "" {
		t.Errorf("in its thread: got %+v of %q", l, thread.Conversation.Who)
	}
	f, err := h.Find(ctx, host, email(t, "eva@example.net"), FindOptions{})
	check(t, err)
	if len(f.Hits) == 0 {
		t.Error("find: no hits")
	}
	if _, err := h.OpenRestricted(ctx, host, id, " "); !errors.Is(err, ErrPurpose) {
		t.Errorf("without a purpose: got %v, want ErrPurpose", err)
	}
	shown, err := h.OpenRestricted(ctx, host, id, "claim of eva@example.net")
	check(t, err)
	if len(shown) != 1 || !strings.Contains(shown[0].Text, "Doporucil") {
		t.Errorf("opened: got %+v", shown)
	}
	purpose := ""
	for e, err := range h.Log.All() {
		check(t, err)
		if e.Object == restrictionObject(id) {
			purpose = e.Purpose
		}
	}
	if !strings.HasPrefix(purpose, "claim of ") || strings.Contains(purpose, "eva@") {
		t.Errorf("purpose in the log: got %q", purpose)
	}
	if err := h.LiftRestriction(ctx, host, id, time.Time{}); !errors.Is(err, ErrNotTold) {
		t.Errorf("lift without telling: got %v, want ErrNotTold", err)
	}
	check(t, h.LiftRestriction(ctx, host, id, time.Now().Add(-time.Hour)))
	if got := inLists(); got != before {
		t.Errorf("after lifting: got %d, before %d", got, before)
	}
}

func conversationOf(t *testing.T, h *house, id store.MessageID) (c store.ConversationID) {
	t.Helper()
	check(t, h.Store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, id)
		c = m.Conversation
		return err
	}))
	return c
}

// Eva's restricted letter names Jan: it stands in her export, not in his.
func TestRestrictedMailIsInTheOwnExportOnly(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	_, err := h.Restrict(ctx, host, "claims", []store.MessageID{3})
	check(t, err)
	for addr, want := range map[string]bool{janAddr: false, "eva@example.net": true} {
		var b bytes.Buffer
		_, err := h.Export(ctx, host, email(t, addr), ExportOptions{}, &b)
		check(t, err)
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		check(t, err)
		got := false
		for _, f := range z.File {
			got = got || f.Name == "messages/3.eml"
		}
		if got != want {
			t.Errorf("export of %s has it: got %v, want %v", addr, got, want)
		}
	}
}

func TestHoldAndRestrictionOutrankRetention(t *testing.T) {
	h := newHouse(t)
	h.take(t, append(janAndOthers(), written("d1", "Iva <iva@example.net>", "shop@example.org", "Treti", "Text."))...)
	ctx := context.Background()
	check(t, h.Store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, h.mailbox)
		m.Keep = 30 * 24 * time.Hour
		return errors.Join(err, store.Mailboxes.Put(tx, h.mailbox, m))
	}))
	h.Now = func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }
	conversations := map[store.ConversationID]bool{}
	for id := store.MessageID(1); id <= 5; id++ {
		conversations[conversationOf(t, h, id)] = true
		check(t, h.Desk.SetStatus(ctx, host, store.StatusSolved, conversationOf(t, h, id)))
	}
	_, err := h.Hold(ctx, host, conversationOf(t, h, 3), 0, "claim", time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC))
	check(t, err)
	due, err := h.Preview(host, 30)
	check(t, err)
	if len(due) != 1 || due[0].Messages != 4 || due[0].Held != 1 || due[0].Conversations != len(conversations) || due[0].Day.Format(time.DateOnly) != "2026-12-02" {
		t.Fatalf("preview: got %+v", due)
	}
	if due, err := h.Preview(host, 5); err != nil || len(due) != 0 {
		t.Errorf("preview of 5 days: got %+v, %v", due, err)
	}
	_, err = h.Restrict(ctx, host, "objection", []store.MessageID{4})
	check(t, err)
	h.Now = func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }
	check(t, h.Retain(ctx))
	for id, gone := range map[store.MessageID]bool{3: false, 4: false, 5: true} {
		if _, err := h.Store.RawBytes(id); errors.Is(err, store.ErrNotFound) != gone {
			t.Errorf("message %d: gone %v, want %v", id, !gone, gone)
		}
	}
}

// A hold stays with messages that are split off or merged.
func TestHoldFollowsItsMessages(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	_, err := h.Hold(ctx, host, conversationOf(t, h, 3), 0, "claim", nextYear())
	check(t, err)
	check(t, h.Desk.Merge(ctx, host, conversationOf(t, h, 4), conversationOf(t, h, 3)))
	plan, err := h.PlanFor(ctx, host, email(t, "eva@example.net"), false)
	check(t, err)
	if plan.Restrict != 1 || plan.Erase != 0 {
		t.Errorf("after the merge: got %+v", plan)
	}
}
