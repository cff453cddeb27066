package main

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// TestDemoLives signs in as one of the sample people by the button on the page,
// answers a sample customer and waits for what he writes back.
func TestDemoLives(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := l.Addr().String()
	l.Close()
	data := filepath.Join(t.TempDir(), "data") // removed after the demo has ended
	jana := newBrowser(t, "Jana", "http://"+listen)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	start := time.Now()
	go func() { ended <- runDemo(ctx, data, listen) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("demo: %v", err)
			}
		case <-time.After(2 * time.Minute):
			t.Error("the demo does not end")
		}
	})
	eventually(t, "the demo's page", time.Minute, func() bool {
		conn, err := net.Dial("tcp", listen)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	jana.open("/")
	jana.until("sign-in page says how", quick, `document.querySelector(".demo button")`)
	t.Logf("sign-in page %v after the start", time.Since(start).Round(time.Millisecond))

	const wanted = "Žádost o výmaz osobních údajů (čl. 17 GDPR)"
	jana.click("Jana's button", `.demo form:has([name=email][value^="jana"]) button`)
	jana.until("the sample mail", 3*time.Minute, row(wanted)) // its PDFs are read first
	t.Logf("list with the sample mail %v after the start", time.Since(start).Round(time.Millisecond))
	jana.openRow(wanted)
	path, before := jana.ask("location.pathname"), jana.ask(`document.querySelectorAll("#thread .letter").length`)
	if before != "1" {
		t.Errorf("got %s letters at first, want 1", before)
	}
	jana.answer("Dobrý den, žádost jsme přijali.")
	sent := time.Now()
	jana.open(path)
	jana.until("own answer in the thread", quick, letters(2))
	jana.until("the customer's answer, live", 2*time.Minute, letters(3))
	t.Logf("the sample customer's answer is in the open thread %v after sending", time.Since(sent).Round(time.Millisecond))
}
