package store

//msgp:ignore Keys keyFile

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/mod/sumdb/note"
)

// Keys are the instance's secrets in DATA/keys (0600), made at first open. Each
// file is one line: secret.key and identity.key hold 32 bytes in base64, note.key
// a note signer key, note.pub its verifier key.
type Keys struct {
	secret, identity []byte
	skey, vkey       string
	signer           note.Signer
	verifier         note.Verifier
}

const (
	secretFile   = "secret.key"
	identityFile = "identity.key"
	signerFile   = "note.key"
	verifierFile = "note.pub"
	keyBytes     = chacha20poly1305.KeySize
)

// exportedKeys is the form of Export.
type exportedKeys struct {
	Version  int    `json:"version"`
	Secret   []byte `json:"secret"`
	Identity []byte `json:"identity"`
	Signer   string `json:"signer"`
	Verifier string `json:"verifier"`
}

func openKeys(dir string, create bool) (*Keys, error) {
	_, err := os.Stat(filepath.Join(dir, verifierFile)) // written last
	if errors.Is(err, os.ErrNotExist) && create {
		if err := makeKeys(dir); err != nil {
			return nil, fmt.Errorf("make keys: %w", err)
		}
	}
	k := &Keys{}
	if k.secret, err = readKey(dir, secretFile); err != nil {
		return nil, err
	}
	if k.identity, err = readKey(dir, identityFile); err != nil {
		return nil, err
	}
	skey, err1 := os.ReadFile(filepath.Join(dir, signerFile))
	vkey, err2 := os.ReadFile(filepath.Join(dir, verifierFile))
	switch {
	case errors.Is(err1, os.ErrNotExist):
		return nil, keyDamaged(signerFile)
	case errors.Is(err2, os.ErrNotExist):
		return nil, keyDamaged(verifierFile)
	}
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return k, k.setSigner(strings.TrimSpace(string(skey)), strings.TrimSpace(string(vkey)))
}

func (k *Keys) setSigner(skey, vkey string) (err error) {
	if k.signer, err = note.NewSigner(skey); err != nil {
		return keyDamaged(signerFile) // note's error may quote the key
	}
	if k.verifier, err = note.NewVerifier(vkey); err != nil || k.signer.KeyHash() != k.verifier.KeyHash() {
		return keyDamaged(verifierFile)
	}
	k.skey, k.vkey = skey, vkey
	return nil
}

func keyDamaged(name string) error {
	return fmt.Errorf("keys/%s: %w. Put it back from a snapshot; without it sealed passwords or signatures are lost", name, ErrDamaged)
}

func readKey(dir, name string) ([]byte, error) {
	line, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, keyDamaged(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(line)))
	if err != nil || len(key) != keyBytes {
		return nil, keyDamaged(name)
	}
	return key, nil
}

func makeKeys(dir string) error {
	for _, name := range []string{secretFile, identityFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			continue // a start before this one was cut off; it may be in use already
		}
		if err := writeKey(dir, name, base64.StdEncoding.EncodeToString(randomBytes(keyBytes))); err != nil {
			return err
		}
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, "postolka-"+hex.EncodeToString(randomBytes(4)))
	if err != nil {
		return err
	}
	if err := writeKey(dir, signerFile, skey); err != nil {
		return err
	}
	return writeKey(dir, verifierFile, vkey)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}

// writeKey is whole or not there.
func writeKey(dir, name, line string) error {
	temp := filepath.Join(dir, name+".new")
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDir(dir)
}

// Seal encrypts a secret (mailbox password, job file) for rest in DATA; label
// binds it to its place. The result is a random nonce of 24 bytes and the
// ciphertext of XChaCha20-Poly1305 with label as associated data.
func (k *Keys) Seal(label string, plain []byte) []byte {
	aead, err := chacha20poly1305.NewX(k.secret)
	if err != nil {
		panic(err) // the key's length was checked
	}
	nonce := randomBytes(chacha20poly1305.NonceSizeX)
	return aead.Seal(nonce, nonce, plain, []byte(label))
}

// Unseal wants the same label and key; an error says no more.
func (k *Keys) Unseal(label string, sealed []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(k.secret)
	if err != nil {
		panic(err)
	}
	if len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, errors.New("unseal: too short")
	}
	nonce, text := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	plain, err := aead.Open(nil, nonce, text, []byte(label))
	if err != nil {
		return nil, errors.New("unseal: wrong key, wrong place or changed bytes")
	}
	return plain, nil
}

// Identity is the key of message identities and tombstones; never rotates while a tombstone lives.
func (k *Keys) Identity() []byte { return bytes.Clone(k.identity) }

// Signer signs the access log's checkpoints, the ledger and manifests (Ed25519, C2SP signed note).
func (k *Keys) Signer() note.Signer     { return k.signer }
func (k *Keys) Verifier() note.Verifier { return k.verifier }

// VerifierKey is the public key as a note verifier string.
func (k *Keys) VerifierKey() string { return k.vkey }

// Export gives all keys for a snapshot (inside age ciphertext only).
func (k *Keys) Export() ([]byte, error) {
	return json.Marshal(exportedKeys{1, k.secret, k.identity, k.skey, k.vkey})
}

// ImportKeys writes exported keys into a data directory that has none, before
// its first Open: a restore.
func ImportKeys(dir string, exported []byte) error {
	var e exportedKeys
	if err := json.Unmarshal(exported, &e); err != nil || e.Version != 1 || len(e.Secret) != keyBytes || len(e.Identity) != keyBytes {
		return fmt.Errorf("import keys: %w", ErrDamaged)
	}
	if err := new(Keys).setSigner(e.Signer, e.Verifier); err != nil {
		return fmt.Errorf("import keys: %w", err)
	}
	keys := filepath.Join(dir, "keys")
	if err := os.MkdirAll(keys, 0o700); err != nil {
		return fmt.Errorf("import keys: %w", err)
	}
	if entries, err := os.ReadDir(keys); err != nil || len(entries) > 0 {
		return errors.Join(fmt.Errorf("import keys: %s is not empty", keys), err)
	}
	for _, file := range [][2]string{
		{secretFile, base64.StdEncoding.EncodeToString(e.Secret)}, {identityFile, base64.StdEncoding.EncodeToString(e.Identity)},
		{signerFile, e.Signer}, {verifierFile, e.Verifier},
	} {
		if err := writeKey(keys, file[0], file[1]); err != nil {
			return fmt.Errorf("import keys: %w", err)
		}
	}
	return nil
}
