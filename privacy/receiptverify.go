package privacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"golang.org/x/mod/sumdb/note"
)

// ErrForged: a receipt was not signed by this verifier key, or was changed.
var ErrForged = errors.New("receipt is not signed by this key, or was changed")

// VerifyReceipt checks a receipt with the instance's verifier key alone, offline.
// It takes the signed PDF, the signed note, or the JSON of a Receipt with the note
// in it: then what the JSON says must be what was signed. ErrForged; any other
// error is about the key.
func VerifyReceipt(receipt []byte, verifierKey string) (Receipt, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return Receipt{}, fmt.Errorf("verifier key: %w", err)
	}
	known := note.VerifierList(verifier)
	if bytes.HasPrefix(receipt, []byte("%PDF-")) {
		return openPDF(receipt, known)
	}
	said, signed := unpackReceipt(receipt)
	n, err := note.Open(signed, known)
	if err != nil {
		return Receipt{}, ErrForged
	}
	statement := facts([]byte(n.Text))
	if statement == nil || said != nil && !reflect.DeepEqual(said, statement) {
		return Receipt{}, ErrForged
	}
	var r Receipt
	if err := json.Unmarshal([]byte(n.Text), &r); err != nil {
		return Receipt{}, ErrForged
	}
	r.Signature = string(signed)
	return r, nil
}

// unpackReceipt gives what a receipt says in JSON, nil for a bare note, and the
// note. An editor may have added line ends.
func unpackReceipt(receipt []byte) (said map[string]any, signed []byte) {
	said = facts(receipt)
	text, is := said["signature"].(string)
	if !is {
		return nil, append(bytes.TrimSpace(bytes.ReplaceAll(receipt, []byte("\r\n"), []byte("\n"))), '\n')
	}
	delete(said, "signature")
	return said, []byte(text)
}

// facts of a JSON object, with numbers as they are written; nil: it is none.
func facts(text []byte) (all map[string]any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&all) != nil {
		return nil
	}
	return all
}
