package store

import (
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// TestEverythingIsDeclared: no bucket of postolka.db and no path of DATA without
// a declaration of its personal data.
func TestEverythingIsDeclared(t *testing.T) {
	s := newStore(t)
	if _, err := s.Add(t.Context(), []Content{{ID: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), []MessageID{1}); err != nil {
		t.Fatal(err)
	}
	for _, missing := range undeclared(t, s) {
		t.Errorf("not declared: %s", missing)
	}
	if err := s.records.update(func(tx *bolt.Tx) error { return createBuckets(tx, []string{"t/forgotten"}) }); err != nil {
		t.Fatal(err)
	}
	if got := undeclared(t, s); len(got) != 1 {
		t.Errorf("a forgotten bucket: got %v", got)
	}
}

func undeclared(t *testing.T, s *Store) (missing []string) {
	t.Helper()
	declared := Declared()
	err := s.records.view(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
			table := "table " + strings.TrimPrefix(string(name), tableBucket)
			if _, ok := declared["bucket "+string(name)]; ok {
				return nil
			}
			if _, ok := declared[table]; !ok || !strings.HasPrefix(string(name), tableBucket) {
				missing = append(missing, "bucket "+string(name))
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(s.dir, path); err == nil && rel != "." && !pathDeclared(declared, rel, d.IsDir()) {
			missing = append(missing, "path "+rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return missing
}

func pathDeclared(declared map[string]Holdings, rel string, dir bool) bool {
	if dir {
		rel += "/"
	}
	for path := range declared {
		if rel == path || strings.HasSuffix(path, "/") && strings.HasPrefix(rel, path) {
			return true
		}
	}
	return false
}

// noText lists string fields that hold no personal data, with the reason.
var noText = map[string]string{
	"Mailbox.IMAP.Host": "host", "Mailbox.SMTP.Host": "host",
	"Mailbox.OAuth.Provider": "key word", "Mailbox.OAuth.ClientID": "names an application", "Mailbox.OAuth.AuthURL": "host", "Mailbox.OAuth.TokenURL": "host", "Mailbox.OAuth.Scopes": "key words",
	"Mailbox.AuthServer": "host", "Mailbox.LastError": "plain words by rule", "Folder.Role": "key word", "Folder.Quarantined.Reason": "key word",
	"Message.Files.Part": "number", "Message.Quarantine": "key word", "Message.Failures.Status": "number", "Message.Failures.Reason": "key word", "Message.Unreadable.Part": "number", "Message.Unreadable.Reason": "key word",
	"OutboxEntry.LastError": "code and class by rule", "Agent.PasswordHash": "argon2id", "Agent.Language": "key word", "Agent.Zone": "IANA name",
	"Agent.LastSend": "key word", "Setting.Name": "key word", "Notice.Excuse": "key word",
}

// TestEveryTextIsWalked: each string of a record with personal data is either
// walked or listed above.
func TestEveryTextIsWalked(t *testing.T) {
	walked(t, &Mailboxes)
	walked(t, &Folders)
	walked(t, &Messages)
	walked(t, &Conversations)
	walked(t, &Customers)
	walked(t, &Drafts)
	walked(t, &Outbox)
	walked(t, &Agents)
	walked(t, &Sessions)
	walked(t, &Settings)
	walked(t, &Notices)
	if len(noText) != len(excused) {
		t.Errorf("listed without need: %v, used %v", noText, excused)
	}
}

var excused = map[string]bool{}

func walked[K id, T any, P record[T]](t *testing.T, table *Table[K, T, P]) {
	t.Helper()
	var v T
	strings := map[*string]string{}
	fill(reflect.ValueOf(&v).Elem(), reflect.TypeFor[T]().Name(), strings)
	for _, c := range table.fields(&v) {
		delete(strings, c.text)
	}
	for _, path := range strings {
		if noText[path] == "" {
			t.Errorf("%s is not walked", path)
		}
		excused[path] = true
	}
}

// fill gives every list one element and collects the strings by path.
func fill(v reflect.Value, path string, found map[*string]string) {
	switch v.Kind() {
	case reflect.String:
		found[v.Addr().Interface().(*string)] = path
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), path, found)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fill(v.Field(i), path+"."+f.Name, found)
			}
		}
	}
}

func TestRewriteEachField(t *testing.T) {
	s := newStore(t)
	draft := Draft{Agent: 1, Mailbox: 3, Subject: "Novák", Text: "Novák", To: []Address{{"Novák", "Novák"}}}
	update := func(fn func(tx *Tx) error) {
		t.Helper()
		if err := s.Update(fn); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *Tx) error {
		if _, err := Settings.Insert(tx, Setting{Name: "footer", Value: []byte("Novák")}); err != nil {
			return err
		}
		_, err := Drafts.Insert(tx, draft)
		return err
	})
	var found []Field
	if err := s.Walk(func(f Field) error { found = append(found, f); return nil }); err != nil || len(found) != 5 {
		t.Fatalf("got %d fields, %v", len(found), err)
	}
	for _, f := range found {
		if f.Table == "drafts" && f.Mailbox != 3 {
			t.Errorf("%s: mailbox %d", f.Name, f.Mailbox)
		}
		update(func(tx *Tx) error {
			return RewriteField(tx, f.Table, f.ID, f.Name, func(old string) string { return strings.ReplaceAll(old, "Novák", "") })
		})
	}
	if err := s.Walk(func(f Field) error { t.Errorf("left: %s.%s", f.Table, f.Name); return nil }); err != nil {
		t.Fatal(err)
	}
}
