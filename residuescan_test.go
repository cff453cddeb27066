package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/crypto/chacha20poly1305"

	"postolka/store"
)

// leftover is what a scan found: tokens by place.
type leftover struct {
	where                 map[string][]string
	files, terms, objects int
	tokens                []string
}

func (l *leftover) oldRecords() (places []string) {
	for place := range l.where {
		if strings.HasPrefix(place, "snapshot records/") {
			places = append(places, place)
		}
	}
	return places
}

// scan reads every file below DATA and the mail server, and every object of the
// snapshots, and undoes whatever the program itself does to a text before it
// writes it: zstd in volumes and packs, ZIP of exports, keys of jobs, age.
func (r *residue) scan() *leftover {
	l := &leftover{where: map[string][]string{}}
	for _, p := range r.persons {
		for _, token := range p.tokens() {
			l.tokens = append(l.tokens, strings.ToLower(token))
		}
		l.tokens = append(l.tokens, spaced(p.phone), strings.ReplaceAll(strings.ToLower(p.order), "-", ""))
	}
	identities, err := age.ParseIdentities(bytes.NewReader(r.identity))
	must(r, err)
	data := r.app.store.Dir()
	for _, root := range []string{data, r.dovecot.Mail()} {
		must(r, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			rel, err := filepath.Rel(filepath.Dir(root), path)
			must(r, err)
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			l.files++
			l.look("name of "+rel, []byte(rel))
			switch {
			case strings.HasPrefix(rel, "data/snapshots/") && strings.HasSuffix(rel, ".age"):
				l.objects++
				plain, err := age.Decrypt(bytes.NewReader(content), identities...)
				must(r, err)
				content, err = io.ReadAll(plain)
				must(r, err)
				l.look("snapshot "+strings.TrimPrefix(rel, "data/snapshots/"), content)
			case strings.HasPrefix(rel, "data/jobs/"):
				l.look(rel, r.unsealed(path, content))
			default:
				l.look(rel, content)
			}
			return nil
		}))
	}
	must(r, r.app.index.Terms(r.Context(), func(term []byte) error {
		l.terms++
		l.look("index", term)
		return nil
	}))
	must(r, r.app.store.Walk(func(f store.Field) error {
		l.look("table "+f.Table+" "+f.Name, []byte(*f.Text))
		return nil
	}))
	return l
}

// look searches bytes, and what they decompress to.
func (l *leftover) look(place string, content []byte) {
	l.find(place, content)
	magic := []byte{0x28, 0xb5, 0x2f, 0xfd}
	if bytes.Contains(content, magic) {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
		if err != nil {
			panic(err)
		}
		defer dec.Close()
		for at := bytes.Index(content, magic); at >= 0; {
			plain, _ := dec.DecodeAll(content[at:], nil) // what follows the frame ends it with an error
			l.find(place, plain)
			next := bytes.Index(content[at+4:], magic)
			if next < 0 {
				break
			}
			at += 4 + next
		}
	}
	if z, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err == nil {
		for _, f := range z.File {
			if in, err := f.Open(); err == nil {
				inner, _ := io.ReadAll(in)
				l.look(place, inner)
			}
		}
	}
}

func (l *leftover) find(place string, content []byte) {
	lower := bytes.ToLower(content)
	for _, token := range l.tokens {
		if bytes.Contains(lower, []byte(token)) && !slices.Contains(l.where[place], token) {
			l.where[place] = append(l.where[place], token)
		}
	}
}

// unsealed opens what a job knows, as the program does.
func (r *residue) unsealed(path string, content []byte) []byte {
	id, err := strconv.ParseUint(filepath.Base(path), 10, 64)
	if err != nil {
		return content // a key
	}
	sealed, err := os.ReadFile(path + ".key")
	must(r, err)
	key, err := r.app.store.Keys().Unseal("job "+strconv.FormatUint(id, 10), sealed)
	must(r, err)
	aead, err := chacha20poly1305.NewX(key)
	must(r, err)
	plain, err := aead.Open(nil, content[:aead.NonceSize()], content[aead.NonceSize():], nil)
	must(r, err)
	if !json.Valid(plain) {
		r.Fatal("a job's file is no JSON")
	}
	return plain
}
