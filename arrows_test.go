package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors are the rooms from the ground up; a room imports only lower ones, or
// those of its own floor that are named beside it.
var floors = [][]string{
	{"attach", "ocr"},
	{"mail", "match", "tree", "importer", "letter", "deadline"},
	{"store", "rights"},
	{"account", "guess", "ledger", "search"},
	{"audit", "backup", "oauth"},
	{"desk"},
	{"imapsync", "privacy"},
	{"outbox"},
	{"ui", "api"},
	{"demo"},
	{"."},
}

// keepers alone import what they keep (DESIGN.md). Test doubles lie beside the real thing.
var keepers = map[string][]string{
	"go.etcd.io/bbolt":                {"store"},
	"github.com/blevesearch/bleve":    {"search"},
	"github.com/emersion/go-imap/v2":  {"imapsync", "demo"}, // the demo has a server of its own
	"github.com/emersion/go-smtp":     {"outbox", "demo"},
	"filippo.io/age":                  {"backup", "privacy"}, // a package for a person is encrypted to him
	"github.com/spf13/cobra":          {"."},
	"github.com/vbauerster/mpb":       {"."},
	"github.com/emersion/go-message":  {"mail"},
	"github.com/emersion/go-msgauth":  {"mail"},
	"github.com/klippa-app/go-pdfium": {"attach"},
	"github.com/a-h/templ":            {"ui"},
	"github.com/rickar/cal":           {"deadline"},
	"codeberg.org/go-pdf/fpdf":        {"letter", "demo"}, // the demo makes sample papers
	"github.com/nyaruka/phonenumbers": {"match"},
	"golang.org/x/oauth2":             {"oauth"},
	"golang.org/x/crypto/argon2":      {"account"},
	"golang.org/x/mod/sumdb/tlog":     {"tree", "audit", "ledger", "backup"},
}

func TestArrowsOnlyGoDown(t *testing.T) {
	level := map[string]int{}
	for n, rooms := range floors {
		for _, r := range rooms {
			level[r] = n
		}
	}
	for room, imports := range roomImports(t) {
		from, known := level[room]
		if !known {
			t.Errorf("room %s stands on no floor: add it to floors", room)
			continue
		}
		for _, path := range imports {
			ours, ok := strings.CutPrefix(path, "postolka/")
			if ok {
				ours, _, _ = strings.Cut(ours, "/")
				if to, known := level[ours]; ours != room && (!known || to >= from) {
					t.Errorf("%s imports %s, which is not below it", room, path)
				}
				continue
			}
			for kept, by := range keepers {
				if (path == kept || strings.HasPrefix(path, kept+"/")) && !slices.Contains(by, room) {
					t.Errorf("%s imports %s, which only %v may", room, path, by)
				}
			}
		}
	}
}

// roomImports lists what each room's shipped files import; tests may reach anywhere.
func roomImports(t *testing.T) map[string][]string {
	t.Helper()
	rooms := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != "." {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(filepath.Dir(path), "test") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room, _, _ := strings.Cut(filepath.ToSlash(filepath.Dir(path)), "/")
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			rooms[room] = append(rooms[room], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rooms) < 10 {
		t.Fatalf("found %d rooms; the walk is broken", len(rooms))
	}
	return rooms
}
