package api

import (
	"context"
	"errors"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

func init() {
	on("receipts", account.FindPersons, receipts)
	on("receipt", account.FindPersons, receipt)
	on("receipt-pdf", account.FindPersons, receiptPDF)
	on("receipt-key", account.FindPersons, receiptKey)
}

// ReceiptList is the erasures that ended, oldest first.
type ReceiptList struct {
	Receipts []privacy.Receipt `json:"receipts"`
}

func receipts(ctx context.Context, app *App, by account.Agent, _ Empty, _ Progress) (ReceiptList, error) {
	list, err := app.Privacy.Receipts(ctx, by)
	return ReceiptList{list}, err
}

// ReceiptRequest names the erasure.
type ReceiptRequest struct {
	Job store.JobID `json:"job"`
}

func receipt(ctx context.Context, app *App, by account.Agent, req ReceiptRequest, _ Progress) (privacy.Receipt, error) {
	r, _, err := app.Privacy.Receipt(ctx, by, req.Job)
	return r, noReceipt(err)
}

func noReceipt(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return &Failure{ExitFailed, "There is no receipt of that number. List them with: postolka receipt list"}
	}
	return err
}

// ReceiptPDFRequest names the erasure and the language, "cs" or "en".
type ReceiptPDFRequest struct {
	Job      store.JobID `json:"job"`
	Language string      `json:"language"`
}

// ReceiptPDF is the signed file.
type ReceiptPDF struct {
	PDF []byte `json:"pdf"`
}

func receiptPDF(ctx context.Context, app *App, by account.Agent, req ReceiptPDFRequest, _ Progress) (ReceiptPDF, error) {
	pdf, err := app.Privacy.ReceiptPDF(ctx, by, req.Job, req.Language)
	return ReceiptPDF{pdf}, noReceipt(err)
}

// ReceiptKey is the public key with which anyone can check receipts.
type ReceiptKey struct {
	Key string `json:"key"`
}

func receiptKey(_ context.Context, app *App, _ account.Agent, _ Empty, _ Progress) (ReceiptKey, error) {
	return ReceiptKey{app.Store.Keys().VerifierKey()}, nil
}
