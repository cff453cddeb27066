package desk

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/search"
	"postolka/store"
	"postolka/store/storetest"
)

const crashMails = 40

// crashBatch is the same in every process.
func crashBatch(m store.MailboxID) (batch []Incoming) {
	for i := range crashMails {
		raw := fmt.Sprintf("From: c%d@x.example\r\nTo: podpora@shop.example\r\nSubject: %d\r\nMessage-ID: <%d@x>\r\nIn-Reply-To: <%d@x>\r\n\r\nvelbloud %d\r\n", i%4, i, i, i-4, i)
		batch = append(batch, Incoming{Raw: []byte(raw), Mailbox: m, ReceivedAt: time.Unix(1_790_000_000+int64(i), 0)})
	}
	return batch
}

// TestCrashChild is what dies; it runs only as a child of TestCrash.
func TestCrashChild(t *testing.T) {
	dir, step := os.Getenv("POSTOLKA_CRASH_DIR"), os.Getenv("POSTOLKA_CRASH_STEP")
	if dir == "" {
		t.Skip("a child of TestCrash")
	}
	s, err := store.Open(context.Background(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	x, err := search.Open(filepath.Join(dir, "index"), search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := New(s, x, log, nil, Options{})
	id, err := d.SaveMailbox(t.Context(), account.SystemAgent(), 0, store.Mailbox{Name: "Podpora", Address: "podpora@shop.example"}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Intake(t.Context(), crashBatch(id)[:10]); err != nil {
		t.Fatal(err)
	}
	testOnlyStep = func(at string) {
		if at == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	_, err = d.Intake(t.Context(), crashBatch(id))
	t.Fatalf("survived step %q: %v", step, err)
}

func TestCrash(t *testing.T) {
	for _, step := range []string{"volume", "record", "index"} {
		t.Run("after the "+step, func(t *testing.T) {
			dir := t.TempDir()
			child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
			child.Env = append(os.Environ(), "POSTOLKA_CRASH_DIR="+dir, "POSTOLKA_CRASH_STEP="+step)
			out, err := child.CombinedOutput()
			if state, ok := child.ProcessState.Sys().(syscall.WaitStatus); err == nil || !ok || state.Signal() != syscall.SIGKILL {
				t.Fatalf("the child was not killed: %v\n%s", err, out)
			}
			afterCrash(t, dir, step)
		})
	}
}

func afterCrash(t *testing.T, dir, step string) {
	w := &world{t: t, clock: time.Unix(1_790_100_000, 0), system: account.SystemAgent()}
	w.store = storetest.Open(t, dir, store.Options{})
	var err error
	if w.log, err = audit.Open(w.store); err != nil {
		t.Fatal(err)
	}
	x, err := search.Open(filepath.Join(dir, "index"), search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close(); _ = w.log.Close() })
	w.Desk = New(w.store, x, w.log, nil, Options{Now: func() time.Time { return w.clock }})
	if w.mailbox, err = w.MailboxByName("Podpora"); err != nil {
		t.Fatal(err)
	}
	if err := w.CatchUp(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	want := uint64(crashMails)
	if step == "volume" {
		want = 10
	}
	if n, err := x.Count(); err != nil || n != want {
		t.Errorf("index after catching up: got %d %v, want %d", n, err, want)
	}
	added := uint64(0)
	for _, o := range w.take(crashBatch(w.mailbox)...) {
		if o.Result == Added {
			added++
		}
	}
	if added != crashMails-want {
		t.Errorf("taken in again: got %d added, want %d", added, crashMails-want)
	}
	page, err := w.List(t.Context(), w.system, ListQuery{View: ViewAll})
	if err != nil || len(page.Rows) != 4 || page.Rows[0].Conversation.Messages != crashMails/4 {
		t.Errorf("conversations: got %d %v", len(page.Rows), err)
	}
	if n, err := x.Count(); err != nil || n != crashMails {
		t.Errorf("index in the end: got %d %v, want %d", n, err, crashMails)
	}
}

func BenchmarkIntakeSpamassassin(b *testing.B) {
	mails := files(b, storetest.Corpora(b, "bulk/spamassassin"), func(string) bool { return true })
	for _, indexed := range []bool{true, false} {
		b.Run(fmt.Sprintf("index=%v", indexed), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				w := newWorld(b)
				if !indexed {
					w.index = nil
				}
				var batch []Incoming
				for _, raw := range mails {
					batch = append(batch, Incoming{Raw: raw, Mailbox: w.mailbox, Origin: store.FromImport, Quiet: true})
				}
				b.StartTimer()
				from := time.Now()
				w.take(batch...)
				b.ReportMetric(float64(len(batch))/time.Since(from).Seconds(), "msgs/s")
				from = time.Now()
				w.take(batch...)
				b.ReportMetric(float64(len(batch))/time.Since(from).Seconds(), "again/s")
			}
		})
	}
}
