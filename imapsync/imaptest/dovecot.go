package imaptest

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"postolka/store"
)

// nobody owns the mail when the test runs as root: Dovecot refuses mail of uid 0.
const nobody = 65534

// Dovecot is a Dovecot of its own for one test.
type Dovecot struct {
	dir, user   string
	port, sport int
	cert        Certificate
	extra       string
	cmd         *exec.Cmd
	delivered   atomic.Int64
}

// NewDovecot starts a Dovecot that ends with the test. extra lines go to the
// end of its configuration. Without Dovecot the test is skipped; in CI
// (CI=true) it fails.
func NewDovecot(t testing.TB, extra ...string) *Dovecot {
	t.Helper()
	requireDovecot(t)
	// Not t.TempDir: its parent is closed to other users, and the path of a Unix
	// socket has room for 107 bytes only.
	dir, err := os.MkdirTemp("", "dovecot")
	if err != nil {
		t.Fatal(err)
	}
	d := &Dovecot{dir: dir, user: User, port: freePort(t), sport: freePort(t), cert: NewCertificate(t), extra: strings.Join(extra, "\n")}
	t.Cleanup(func() { d.Kill(); os.RemoveAll(dir) })
	d.writeConfig(t)
	d.Start(t)
	return d
}

func requireDovecot(t testing.TB) {
	t.Helper()
	out, err := exec.Command(dovecotPath(), "--version").Output()
	switch version := strings.TrimSpace(string(out)); {
	case err != nil:
		skip(t, "Dovecot is not installed (apt-get install dovecot-imapd): tests against it are left out")
	case !strings.HasPrefix(version, "2.3."):
		skip(t, "Dovecot "+version+" has another configuration format than 2.3: tests against it are left out")
	}
}

func skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func dovecotPath() string {
	if path, err := exec.LookPath("dovecot"); err == nil {
		return path
	}
	return "/usr/sbin/dovecot" // not in the PATH of an ordinary user
}

const dovecotConfig = `base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
mail_location = maildir:%[1]s/mail/%%u
first_valid_uid = 1
auth_failure_delay = 0
%[6]s
passdb {
  driver = static
  args = password=%[2]s
}
userdb {
  driver = static
  args = uid=%[3]d gid=%[3]d home=%[1]s/mail/%%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
  mailbox Trash {
    auto = create
    special_use = \Trash
  }
  mailbox Junk {
    auto = create
    special_use = \Junk
  }
  mailbox Drafts {
    auto = create
    special_use = \Drafts
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[4]d
  }
  inet_listener imaps {
    port = %[5]d
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
%[7]s
`

func (d *Dovecot) writeConfig(t testing.TB) {
	t.Helper()
	uid, self := os.Getuid(), ""
	if uid == 0 {
		uid = nobody
	} else {
		// An ordinary user can't become Dovecot's own users.
		self = fmt.Sprintf("default_internal_user = #%d\ndefault_login_user = #%d\ndefault_internal_group = #%d", uid, uid, os.Getgid())
		if out, err := exec.Command("id", "-un").Output(); err == nil {
			group, _ := exec.Command("id", "-gn").Output()
			self = "default_internal_user = " + string(out) + "default_login_user = " + string(out) + "default_internal_group = " + string(group)
		}
	}
	config := fmt.Sprintf(dovecotConfig, d.dir, Password, uid, d.port, d.sport, self, d.extra)
	must(t, os.Chmod(d.dir, 0o755))
	must(t, os.MkdirAll(filepath.Join(d.dir, "mail", User), 0o755))
	must(t, os.Chown(filepath.Join(d.dir, "mail"), uid, -1))
	must(t, os.Chown(filepath.Join(d.dir, "mail", User), uid, -1))
	must(t, os.WriteFile(filepath.Join(d.dir, "cert.pem"), d.cert.CertPEM, 0o600))
	must(t, os.WriteFile(filepath.Join(d.dir, "key.pem"), d.cert.Key, 0o600))
	must(t, os.WriteFile(filepath.Join(d.dir, "dovecot.conf"), []byte(config), 0o644))
}

// Start it, again after Kill. Returns when it answers.
func (d *Dovecot) Start(t testing.TB) {
	t.Helper()
	os.Remove(filepath.Join(d.dir, "run", "master.pid")) // left by a kill -9
	var out bytes.Buffer
	d.cmd = exec.Command(dovecotPath(), "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	d.cmd.Stderr = &out
	// A group of its own, so that Kill reaches all its processes.
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if wait(d.greets) {
		return
	}
	log, _ := os.ReadFile(filepath.Join(d.dir, "dovecot.log"))
	t.Fatalf("Dovecot does not answer: %s\n%s", out.Bytes(), log)
}

// greets says whether a login process answers; that a connection is taken up
// says only that somebody holds the port.
func (d *Dovecot) greets() bool {
	conn, err := net.Dial("tcp", address(d.port))
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "* OK")
}

// wait asks for up to half a minute.
func wait(until func() bool) bool {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
		if until() {
			return true
		}
	}
	return false
}

// Kill ends all its processes with SIGKILL, as a power cut would, and returns
// when the last has given back the port: they die one after another.
func (d *Dovecot) Kill() {
	if d.cmd == nil || d.cmd.Process == nil {
		return
	}
	syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
	d.cmd.Wait()
	d.cmd = nil
	wait(func() bool {
		conn, err := net.Dial("tcp", address(d.port))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

// Log is what it wrote; for a failing test.
func (d *Dovecot) Log() string {
	log, _ := os.ReadFile(filepath.Join(d.dir, "dovecot.log"))
	return string(log)
}

// Of is the same server with the mail of another user, who needs no making.
func (d *Dovecot) Of(t testing.TB, user string) *Dovecot {
	t.Helper()
	other := &Dovecot{dir: d.dir, user: user, port: d.port, sport: d.sport, cert: d.cert}
	must(t, os.MkdirAll(other.maildir(""), 0o755))
	d.own(t, other.maildir(""))
	return other
}

func (d *Dovecot) Settings(sec store.Security) store.Server {
	srv := settings(d.port, sec)
	if sec == store.TLS {
		srv = settings(d.sport, sec)
	}
	srv.User = d.user
	return srv
}

func (d *Dovecot) Roots() *x509.CertPool { return d.cert.Roots }

// Mail is the directory where all its mail lies, with its indexes.
func (d *Dovecot) Mail() string { return filepath.Join(d.dir, "mail") }

// Put writes mails into the Maildir, as a delivery by another program would.
func (d *Dovecot) Put(t testing.TB, folder string, mails ...Mail) {
	t.Helper()
	dir := d.makeFolder(t, folder)
	for _, m := range mails {
		name := d.nextName()
		path := filepath.Join(dir, "tmp", name)
		must(t, os.WriteFile(path, m.Raw, 0o644))
		d.own(t, path)
		if !m.At.IsZero() {
			must(t, os.Chtimes(path, m.At, m.At))
		}
		must(t, os.Rename(path, filepath.Join(dir, "new", name)))
	}
}

func (d *Dovecot) makeFolder(t testing.TB, folder string) (dir string) {
	t.Helper()
	dir = d.maildir(folder)
	for _, sub := range []string{"", "tmp", "new", "cur"} {
		path := filepath.Join(dir, sub)
		must(t, os.MkdirAll(path, 0o755))
		d.own(t, path)
	}
	return dir
}

func (d *Dovecot) nextName() string {
	n := d.delivered.Add(1)
	return fmt.Sprintf("%d.M%08dP1.test", 1_700_000_000+n, n)
}

// Renumber drops Dovecot's UID list, so that it makes a new one.
func (d *Dovecot) Renumber(t testing.TB, folder string) {
	t.Helper()
	// UIDVALIDITY is a time in seconds: it must be another one.
	time.Sleep(1100 * time.Millisecond)
	for _, pattern := range []string{"dovecot-uidlist", "dovecot.index*"} {
		names, _ := filepath.Glob(filepath.Join(d.maildir(folder), pattern))
		for _, name := range names {
			must(t, os.Remove(name))
		}
	}
	os.Remove(filepath.Join(d.maildir(""), "dovecot-uidvalidity"))
}

// maildir of a folder in Maildir++ form.
func (d *Dovecot) maildir(folder string) string {
	dir := filepath.Join(d.dir, "mail", d.user)
	if folder == "" || strings.EqualFold(folder, "INBOX") {
		return dir
	}
	return filepath.Join(dir, "."+strings.ReplaceAll(folder, "/", "."))
}

func (d *Dovecot) own(t testing.TB, path string) {
	t.Helper()
	if os.Getuid() == 0 {
		must(t, os.Chown(path, nobody, -1))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
}
