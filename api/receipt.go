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
	if errors.Is(err, store.ErrNotFound) {
		return r, &Failure{ExitFailed, "There is no receipt of that number. List them with: postolka receipt list"}
	}
	return r, err
}

// ReceiptKey is the public key with which anyone can check receipts.
type ReceiptKey struct {
	Key string `json:"key"`
}

func receiptKey(_ context.Context, app *App, _ account.Agent, _ Empty, _ Progress) (ReceiptKey, error) {
	return ReceiptKey{app.Store.Keys().VerifierKey()}, nil
}
