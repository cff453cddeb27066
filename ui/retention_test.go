package ui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postolka/store"
)

// A restricted letter is out of the thread and its list, and shown for a typed
// purpose to who finds persons.
func TestRestrictedLetterIsShownForAPurposeOnly(t *testing.T) {
	w := newWorld(t).settle()
	jana, petr := w.as("jana"), w.as("petr")
	letter, thread := w.letter("Kde je můj balík?"), parcelPath(w)
	const words = "Předem děkuji."
	if got := petr.get(thread).text(); !strings.Contains(got, words) {
		t.Fatalf("before: %s", got)
	}
	made := jana.post("/restrictions", url.Values{"messages": {letter}, "ground": {"accuracy"}})
	at, _, _ := strings.Cut(made.header.Get("Location"), "?")
	if made.status != http.StatusSeeOther || at != restrictionPath(1) {
		t.Fatalf("restrict: got %d to %q", made.status, at)
	}
	if got := petr.get(thread).text(); !strings.Contains(got, "čl. 18 GDPR") || strings.Contains(got, words) {
		t.Errorf("its thread: %s", got)
	}
	for _, path := range []string{"/body", "/source"} {
		if got := jana.get("/m/" + letter + path).status; got != http.StatusNotFound {
			t.Errorf("%s of it: got %d, want 404", path, got)
		}
	}
	if got := jana.post(at, url.Values{"purpose": {" "}}); got.status != http.StatusUnprocessableEntity || strings.Contains(got.text(), words) {
		t.Errorf("without a purpose: got %d %s", got.status, got.text())
	}
	if got := jana.post(at, url.Values{"purpose": {"spor"}}).text(); !strings.Contains(got, words) {
		t.Errorf("for a purpose: %s", got)
	}
	if got := jana.post(at+"/lift", url.Values{"informed": {"2999-01-01"}}).status; got != http.StatusUnprocessableEntity {
		t.Errorf("lift before telling: got %d, want 422", got)
	}
	jana.post(at+"/lift", url.Values{"informed": {"2026-01-02"}})
	if got := petr.get(thread).text(); !strings.Contains(got, words) {
		t.Errorf("after lifting: %s", got)
	}
}

func TestHoldIsListedUntilLifted(t *testing.T) {
	w := newWorld(t).settle()
	petra := w.as("petra")
	if got := petra.post("/holds", url.Values{"conversation": {parcelID(w)}, "reason": {"claim"}, "review": {"2001-01-01"}}).status; got != http.StatusUnprocessableEntity {
		t.Errorf("a review in the past: got %d, want 422", got)
	}
	petra.post("/holds", url.Values{"conversation": {parcelID(w)}, "reason": {"claim"}, "review": {"2099-01-01"}})
	if got := petra.get("/retention").text(); !strings.Contains(got, "Konverzace "+parcelID(w)) || !strings.Contains(got, "Přezkum 1. 1. 2099") {
		t.Errorf("held: %s", got)
	}
	petra.post("/holds/"+idText(store.HoldID(1))+"/lift", nil)
	if got := petra.get("/retention").text(); strings.Contains(got, "Konverzace "+parcelID(w)) {
		t.Errorf("lifted: %s", got)
	}
}
