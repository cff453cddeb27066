package backup

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"filippo.io/age"
)

// Sum is a SHA-256, in JSON as hex.
type Sum [32]byte

func (s Sum) String() string               { return hex.EncodeToString(s[:]) }
func (s Sum) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads exactly 64 hex digits.
func (s *Sum) UnmarshalText(text []byte) error {
	if len(text) != 2*len(s) {
		return errors.New("not a SHA-256")
	}
	_, err := hex.Decode(s[:], text)
	return err
}

// Sealed is an age-encrypted object as manifests speak of it.
type Sealed struct {
	Object string `json:"object"`
	Bytes  int64  `json:"bytes"` // of ciphertext
	Cipher Sum    `json:"cipher"`
	Plain  Sum    `json:"plain"` // of what age decrypts to
}

// damaged names the object and keeps the cause.
func damaged(object, why string) error {
	return fmt.Errorf("%w: %s: %s", ErrDamaged, object, why)
}

// randomName is a folder and 128 random bits: a name says nothing of its content.
func randomName(folder, suffix string) string {
	var b [16]byte
	rand.Read(b[:])
	return folder + hex.EncodeToString(b[:]) + suffix
}

// seal stores under name what write gives, encrypted for all recipients.
func seal(ctx context.Context, t Target, name string, to []age.Recipient, write func(io.Writer) error) (Sealed, error) {
	r, w := io.Pipe()
	cipher, plain := sha256.New(), sha256.New()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.CloseWithError(encrypt(io.MultiWriter(w, cipher), plain, to, write))
	}()
	n, err := t.Put(ctx, name, r)
	r.CloseWithError(errors.New("the target stopped reading")) // ends the writer when Put gave up early
	<-done
	if err != nil {
		return Sealed{}, fmt.Errorf("write snapshot object %s: %w", name, err)
	}
	return Sealed{name, n, Sum(cipher.Sum(nil)), Sum(plain.Sum(nil))}, nil
}

func encrypt(w io.Writer, plain hash.Hash, to []age.Recipient, write func(io.Writer) error) error {
	sealing, err := age.Encrypt(w, to...)
	if err != nil {
		return err
	}
	if err := write(io.MultiWriter(sealing, plain)); err != nil {
		return err
	}
	return sealing.Close()
}

// unseal reads an object back, gives its plaintext to read and compares both
// hashes. What read did must count only when unseal returns nil. Errors wrap
// ErrDamaged and name the object, or are ErrWrongIdentity or read's own.
func unseal(ctx context.Context, t Target, o Sealed, ids []age.Identity, read func(io.Reader) error) error {
	stored, err := t.Get(ctx, o.Object)
	if errors.Is(err, ErrNoObject) {
		return damaged(o.Object, "it is missing")
	}
	if err != nil {
		return err
	}
	defer stored.Close()
	cipher := sha256.New()
	in := io.TeeReader(contextReader{ctx, stored}, cipher)
	plain, readErr := decrypt(in, ids, read)
	if _, err := io.Copy(io.Discard, in); err != nil {
		return fmt.Errorf("read snapshot object %s: %w", o.Object, err)
	}
	// The ciphertext decides first: behind a changed byte any error may follow.
	if Sum(cipher.Sum(nil)) != o.Cipher {
		return damaged(o.Object, "its bytes are not those that were written")
	}
	if readErr != nil {
		return fmt.Errorf("snapshot object %s: %w", o.Object, readErr)
	}
	if plain != o.Plain {
		return damaged(o.Object, "its content is not what was sealed")
	}
	return nil
}

func decrypt(in io.Reader, ids []age.Identity, read func(io.Reader) error) (Sum, error) {
	opened, err := age.Decrypt(in, ids...)
	if _, no := errors.AsType[*age.NoIdentityMatchError](err); no {
		return Sum{}, ErrWrongIdentity
	}
	if err != nil {
		return Sum{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	plain := sha256.New()
	tee := io.TeeReader(opened, plain)
	if err := read(tee); err != nil {
		return Sum{}, err
	}
	if _, err := io.Copy(io.Discard, tee); err != nil {
		return Sum{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return Sum(plain.Sum(nil)), nil
}

// readBack compares only the stored ciphertext: what can be done with no key.
func readBack(ctx context.Context, t Target, o Sealed) error {
	stored, err := t.Get(ctx, o.Object)
	if errors.Is(err, ErrNoObject) {
		return damaged(o.Object, "it is missing")
	}
	if err != nil {
		return err
	}
	defer stored.Close()
	cipher := sha256.New()
	if _, err := io.Copy(cipher, contextReader{ctx, stored}); err != nil {
		return fmt.Errorf("read snapshot object %s: %w", o.Object, err)
	}
	if Sum(cipher.Sum(nil)) != o.Cipher {
		return damaged(o.Object, "its bytes are not those that were written")
	}
	return nil
}
