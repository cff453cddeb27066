package ui

import (
	"errors"
	"net/http"
	"strings"

	"postolka/account"
	"postolka/privacy"
)

// ReceiptCheck is the page on which anyone signed in checks a receipt; what is
// pasted is not kept.
type ReceiptCheck struct {
	Key     string
	Asked   bool
	BadKey  bool
	Receipt *privacy.Receipt // nil: not valid
}

func (s *Server) receiptCheckPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.showReceiptCheck(w, r, by, ReceiptCheck{Key: s.Store.Keys().VerifierKey()})
}

func (s *Server) receiptCheck(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	text, err := pastedFile(r, "receipt")
	if err != nil {
		return err
	}
	v := ReceiptCheck{Key: strings.TrimSpace(r.PostFormValue("key")), Asked: true}
	switch receipt, err := privacy.VerifyReceipt(text, v.Key); {
	case err == nil:
		v.Receipt = &receipt
	case !errors.Is(err, privacy.ErrForged):
		v.BadKey = true
	}
	return s.showReceiptCheck(w, r, by, v)
}

func (s *Server) showReceiptCheck(w http.ResponseWriter, r *http.Request, by account.Agent, v ReceiptCheck) error {
	p, err := s.page(r, by, "receipt_check.title", "find")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, receiptCheckView(p, v))
}
