package api

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"postolka/backup"
	"postolka/desk"
	"postolka/privacy"
	"postolka/store"
)

// Exit codes of the command line.
const (
	ExitDone   = 0
	ExitFailed = 1
	ExitUsage  = 2
	ExitWrong  = 3 // something wrong was found: doctor, verify, drill
)

// Failure is an error in the words of the command line: what happened, what was
// kept, what to do.
type Failure struct {
	Exit    int    `json:"exit"`
	Message string `json:"message"`
}

func (f *Failure) Error() string { return f.Message }

// Usage is a Failure of the caller's words.
func Usage(message string) *Failure { return &Failure{ExitUsage, message} }

var sentences = []struct {
	err  error
	text string
}{
	{store.ErrInUse, "This data directory is in use by another postolka. Nothing was changed. Stop the other one, or let this command reach it: it answers on control.sock while it runs."},
	{store.ErrNewer, "This data was written by a newer postolka. Nothing was changed. Use that version or a later one."},
	{syscall.ENOSPC, "The disk is full. What was stored before is kept; the last batch was not taken in. Free some space and run the command again: it goes on where it stopped."},
	{desk.ErrNotAllowed, "Not allowed, or there is no such thing. Nothing was changed."},
	{privacy.ErrPlanChanged, "What this plan would touch has changed since it was made, or there is no such plan. Nothing was erased. Make a new one with --plan and approve its hash."},
	{privacy.ErrTooLate, "It is too late for that: the erasure has begun and can only go on, or it is over (postolka receipt list). Nothing was changed."},
	{privacy.ErrServerWaits, "Everything was erased here. A mail server could not be asked, or did not let go of its copies; that is tried again at every start and every night, and the receipt follows when they are gone there too (postolka receipt list)."},
	{privacy.ErrSecondPerson, "The policy wants a second person's approval. Nothing was erased. Ask a colleague with the right to approve."},
	{privacy.ErrHold, "A hold needs a reason (claim, authority or duty) and a review date in the future, for a conversation or a message. Nothing was changed."},
	{privacy.ErrRestriction, "A restriction needs a ground (accuracy, unlawful, claims or objection) and messages. Nothing was changed."},
	{privacy.ErrNotTold, "The person must be told before a restriction ends (Article 18(3) GDPR). Nothing was changed. Name the day with --informed."},
	{privacy.ErrPurpose, "Restricted messages are shown for a purpose only. Nothing was shown. Say it with --purpose."},
	{privacy.ErrLifted, "It was lifted before. Nothing was changed."},
	{privacy.ErrSeal, "The package can't be encrypted like that: give age public keys (age1…), or a passphrase of at least 12 characters, not both. Nothing was written."},
	{privacy.ErrLanguage, "Letters and pages are in Czech (cs) or English (en). Nothing was written."},
	{backup.ErrNoRecipient, "There is no snapshot key yet. Nothing was written. Make one with: postolka key new --out FILE, and keep that file elsewhere."},
	{context.Canceled, "Stopped. What was done before is kept; run the command again to go on."},
}

// What snapshots and their keys can be refused for; the error names the object.
// Damage comes first: it can make the others up.
var snapshotSentences = []struct {
	err  error
	exit int
	text string
}{
	{backup.ErrDamaged, ExitWrong, "Something in these snapshots was changed, is damaged or missing. They were left as they are, and a folder that was being restored stays closed. Use another copy of the set, or an older snapshot with --at; on the running instance make a new snapshot at once."},
	{backup.ErrForeign, ExitWrong, "This was not made by the instance that the identity file belongs to: it could be forged. Nothing was restored. Take the identity file and the snapshots of one and the same instance."},
	{backup.ErrLedgerCut, ExitWrong, "The record of erasures beside these snapshots is incomplete: erased persons could come back. Nothing was restored. Use a complete copy of the set; only with a reason that stays on record: --override REASON."},
	{backup.ErrWrongIdentity, ExitFailed, "These snapshots can't be opened with this identity file. Nothing was changed. Take the file of the key that they were written for (postolka key check says whether it is)."},
	{backup.ErrNoIdentity, ExitFailed, "This is no identity file of postolka key new. Nothing was changed."},
	{backup.ErrNoVerifier, ExitFailed, "This identity file does not say which instance it belongs to. Nothing was changed. Take the file as postolka key new wrote it."},
	{backup.ErrNoSnapshot, ExitFailed, "There is no snapshot here, or none so old. Nothing was restored. Is --from the folder that holds manifests, packs and ledger?"},
	{backup.ErrNotEmpty, ExitFailed, "A restore needs a folder of its own, and this one is not empty. Nothing was changed. Name a new one with --data NEWDIR."},
	{backup.ErrTargetEmpty, ExitFailed, "The place of the snapshots is empty although some were made. Nothing was written. Is its disk mounted?"},
}

// Explain turns an error into a Failure. Errors that no sentence is written for
// keep their own text, which has ids only.
func Explain(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	for _, s := range sentences {
		if errors.Is(err, s.err) {
			return &Failure{ExitFailed, s.text}
		}
	}
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return &Failure{ExitFailed, "The data directory is a file, or lies below one (" + err.Error() + "). Nothing was changed. Name a directory with --data DIR."}
	case errors.Is(err, fs.ErrPermission):
		return &Failure{ExitFailed, "Access was denied: " + err.Error() + ". Nothing was changed. Run the command as the user who owns the data directory."}
	case errors.Is(err, store.ErrDamaged):
		return &Failure{ExitWrong, err.Error() + "."} // has what was kept and what to do
	}
	for _, s := range snapshotSentences {
		if errors.Is(err, s.err) {
			return &Failure{s.exit, s.text + "\n(" + err.Error() + ")"}
		}
	}
	return &Failure{ExitFailed, err.Error()}
}
