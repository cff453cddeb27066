package imaptest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Files are the messages of a folder as Dovecot keeps them, by path.
func (d *Dovecot) Files(t testing.TB, folder string) (paths []string) {
	t.Helper()
	for _, sub := range []string{"cur", "new"} {
		names, err := filepath.Glob(filepath.Join(d.maildir(folder), sub, "*"))
		must(t, err)
		paths = append(paths, names...)
	}
	return paths
}

// Move takes a message to another folder, where it gets a new UID, as MOVE of
// another client does (RFC 6851). False: it is no longer there, since Dovecot
// renames files when it has seen them.
func (d *Dovecot) Move(t testing.TB, path, folder string) bool {
	t.Helper()
	to := filepath.Join(d.makeFolder(t, folder), "new", d.nextName())
	return os.Rename(path, to) == nil
}

// Rename gives a folder another name; its messages keep their UIDs.
func (d *Dovecot) Rename(t testing.TB, from, to string) {
	t.Helper()
	must(t, os.Rename(d.maildir(from), d.maildir(to)))
}

// Shuffle gives a folder another UIDVALIDITY and its messages other UIDs in
// another order. No session may be open: Dovecot would write its own list back.
func (d *Dovecot) Shuffle(t testing.TB, folder string, random *rand.Rand) {
	t.Helper()
	dir := d.maildir(folder)
	indexes, _ := filepath.Glob(filepath.Join(dir, "dovecot.index*"))
	for _, name := range indexes {
		must(t, os.Remove(name))
	}
	var names []string
	for _, path := range d.Files(t, folder) {
		name, _, _ := strings.Cut(filepath.Base(path), ":") // without the flags
		names = append(names, name)
	}
	slices.Sort(names)
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	uid, list := uint32(0), new(bytes.Buffer)
	for _, name := range names {
		uid += 1 + random.Uint32N(3)
		fmt.Fprintf(list, "%d :%s\n", uid, name)
	}
	head := fmt.Sprintf("3 V%d N%d G%016x%016x\n", 1+random.Uint32N(1<<31), uid+1, random.Uint64(), random.Uint64())
	path := filepath.Join(dir, "dovecot-uidlist")
	must(t, os.WriteFile(path, append([]byte(head), list.Bytes()...), 0o644))
	d.own(t, path)
}

// Quiet waits until no session of this user is open, which it asks the system:
// Dovecot's processes name their user.
func (d *Dovecot) Quiet(t testing.TB) {
	t.Helper()
	for range 400 {
		if !d.busy() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("Dovecot's sessions don't end")
}

// busy looks for a process "imap" that has the user in its title, which it has
// with verbose_proctitle.
func (d *Dovecot) busy() bool {
	titles, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range titles {
		title, _ := os.ReadFile(path)
		if bytes.Contains(title, []byte("imap")) && bytes.Contains(title, []byte("["+d.user+" ")) {
			return true
		}
	}
	return false
}
