package ui

import (
	"bytes"
	"net/http"
	"time"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

// ReceiptView is the statement of a finished erasure; no personal data.
type ReceiptView struct {
	privacy.Receipt
	Planned, Approved string // names; empty: the program itself
	Steps             []jobStep
	Key               string // verifier key of the instance
	Note              string
}

func (s *Server) receiptPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	receipt, signed, err := s.Privacy.Receipt(r.Context(), by, id)
	if err != nil {
		return err
	}
	p, err := s.page(r, by, "receipt.title", "find")
	if err != nil {
		return err
	}
	v := ReceiptView{Receipt: receipt, Note: string(signed), Key: s.Privacy.Store.Keys().VerifierKey(),
		Planned: s.nameOf(receipt.By), Approved: s.nameOf(receipt.ApprovedBy)}
	for _, st := range receipt.Steps {
		v.Steps = append(v.Steps, jobStep{Name: st.Name, State: "done", Counts: sortedCounts(st.Counts)})
	}
	return s.show(w, r, http.StatusOK, receiptView(p, v))
}

func (v Voice) keptText(k privacy.Kept) string {
	until := k.Until
	if day, err := time.ParseInLocation(time.DateOnly, k.Until, v.Zone); err == nil {
		until = v.Date(day)
	}
	return v.T("receipt.kept_reason", k.Messages, v.T("hold_reason."+k.Reason), until)
}

// diskKey says what became of overwritten blocks, and what follows.
func diskKey(d store.Disk) string {
	switch {
	case d.Overwrites():
		return "receipt.disk_overwritten"
	case d.Encrypted:
		return "receipt.disk_encrypted"
	}
	return "receipt.disk_open"
}

// receiptFile is the signed note to keep.
func (s *Server) receiptFile(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	_, signed, err := s.Privacy.Receipt(r.Context(), by, id)
	if err != nil {
		return err
	}
	return sendDownload(w, bytes.NewReader(signed), int64(len(signed)), "text/plain; charset=utf-8", "receipt-"+idText(id)+".txt")
}

// receiptPDF is the same for people, signed too.
func (s *Server) receiptPDF(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	pdf, err := s.Privacy.ReceiptPDF(r.Context(), by, id, s.voice(r, by).Lang)
	if err != nil {
		return err
	}
	return sendDownload(w, bytes.NewReader(pdf), int64(len(pdf)), "application/pdf", "receipt-"+idText(id)+".pdf")
}

// nameOf is the name of an account; empty for the host, the program, and one that is gone.
func (s *Server) nameOf(id store.AgentID) string {
	if id == 0 {
		return ""
	}
	a, err := s.Accounts.Account(id)
	if err != nil {
		return ""
	}
	return a.Name
}
