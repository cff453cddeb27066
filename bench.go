package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postolka/account"
	"postolka/desk"
	"postolka/match"
	"postolka/privacy"
	"postolka/store"
)

// measured is what bench prints: rates a second, times in milliseconds.
type measured struct {
	Messages     int     `json:"messages"`
	IntakeRate   float64 `json:"intake_per_second"`
	ListP50      float64 `json:"list_ms_p50"`
	ListP99      float64 `json:"list_ms_p99"`
	ThreadP99    float64 `json:"conversation_ms_p99"`
	SearchP99    float64 `json:"search_ms_p99"`
	IndexHits    float64 `json:"index_find_ms"`
	CompleteFind float64 `json:"complete_find_ms"`
	DataBytes    int64   `json:"data_bytes"`
	Erase        *erased `json:"erase,omitempty"`
}

func benchCommand() *cobra.Command {
	var messages, erase int
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure this machine with made-up mail in a temporary place", Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().IntVar(&messages, "messages", 10_000, "how many messages to take in")
	cmd.Flags().IntVar(&erase, "erase", 0, "also erase a person with so many of them, while lists are shown")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		h, err := hostOf(cmd)
		if err != nil {
			return err
		}
		dir, err := os.MkdirTemp("", "postolka-bench-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		a, err := open(cmd.Context(), dir, quietLog())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.close()) }()
		m, err := a.measure(cmd.Context(), messages, erase)
		if err == nil && erase > 0 {
			m.Erase, err = a.measureErase(cmd.Context())
		}
		if err != nil {
			return err
		}
		return h.print(m, func() {
			fmt.Printf("%d messages in at %.0f a second, %d MiB\n", m.Messages, m.IntakeRate, m.DataBytes>>20)
			fmt.Printf("list p50 %.1f ms, p99 %.1f ms; conversation p99 %.1f ms; search p99 %.1f ms\n", m.ListP50, m.ListP99, m.ThreadP99, m.SearchP99)
			fmt.Printf("find: index %.0f ms, complete %.0f ms\n", m.IndexHits, m.CompleteFind)
			if m.Erase != nil {
				m.Erase.print()
			}
		})
	}
	return cmd
}

func (a *app) measure(ctx context.Context, messages, person int) (m measured, err error) {
	by := account.HostAgent()
	mailbox, err := a.api.Desk.SaveMailbox(ctx, by, 0, store.Mailbox{Name: "bench", Address: "bench@example.org"}, "", "")
	if err != nil {
		return m, err
	}
	m.Messages = messages
	if m.IntakeRate, err = a.fill(ctx, mailbox, messages, person); err != nil {
		return m, err
	}
	lists, err := repeat(200, func(int) error {
		_, err := a.api.Desk.List(ctx, by, desk.ListQuery{View: desk.ViewAll})
		return err
	})
	if err != nil {
		return m, err
	}
	m.ListP50, m.ListP99 = quantile(lists, 0.5), quantile(lists, 0.99)
	if m.ThreadP99, err = a.measureThreads(ctx, by); err != nil {
		return m, err
	}
	searches, err := repeat(50, func(n int) error {
		_, err := a.api.Desk.Search(ctx, by, benchWords[n%len(benchWords)], 0)
		return err
	})
	if err != nil {
		return m, err
	}
	m.SearchP99 = quantile(searches, 0.99)
	if err := a.measureFind(ctx, by, &m); err != nil {
		return m, err
	}
	stats, err := a.store.Stats()
	m.DataBytes = stats.VolumeBytes + stats.RecordBytes
	return m, err
}

// fill takes mail in; person messages among them, evenly spread, are those of the
// one whom measureErase erases: the worst case, which touches every volume and slice.
func (a *app) fill(ctx context.Context, mailbox store.MailboxID, messages, person int) (rate float64, err error) {
	every := messages / max(person, 1)
	random := rand.New(rand.NewPCG(1, 2))
	started := time.Now()
	for first := 0; first < messages; first += 500 {
		var batch []desk.Incoming
		for n := first; n < min(first+500, messages); n++ {
			from := benchAddress(n)
			if person > 0 && n%max(every, 1) == 0 {
				from = benchPerson
			}
			batch = append(batch, desk.Incoming{Raw: benchMail(random, n, from), Mailbox: mailbox, Origin: store.FromImport, Quiet: true})
		}
		if _, err := a.api.Desk.Intake(ctx, batch); err != nil {
			return 0, err
		}
	}
	return float64(messages) / time.Since(started).Seconds(), nil
}

func (a *app) measureThreads(ctx context.Context, by account.Agent) (float64, error) {
	page, err := a.api.Desk.List(ctx, by, desk.ListQuery{View: desk.ViewAll})
	if err != nil || len(page.Rows) == 0 {
		return 0, err
	}
	times, err := repeat(200, func(n int) error {
		_, err := a.api.Desk.Thread(ctx, by, page.Rows[n%len(page.Rows)].ID)
		return err
	})
	return quantile(times, 0.99), err
}

func (a *app) measureFind(ctx context.Context, by account.Agent, m *measured) error {
	var sel []match.Identifier
	for n := range 5 {
		id, err := match.ParseIdentifier(match.Email, benchAddress(n*17))
		if err != nil {
			return err
		}
		sel = append(sel, id)
	}
	for _, indexOnly := range []bool{true, false} {
		f, err := a.api.Privacy.Find(ctx, by, sel, privacy.FindOptions{IndexOnly: indexOnly, Purpose: "bench"})
		if err != nil {
			return err
		}
		if indexOnly {
			m.IndexHits = milliseconds(f.Took)
		} else {
			m.CompleteFind = milliseconds(f.Took)
		}
	}
	return nil
}

var benchWords = []string{"objednávka", "reklamace", "faktura", "doprava", "delivery", "refund", "invoice", "konvice"}

func benchAddress(n int) string { return fmt.Sprintf("zakaznik%d@example.net", n%5000) }

func benchMail(random *rand.Rand, n int, from string) []byte {
	var body strings.Builder
	for range 60 + random.IntN(200) {
		body.WriteString(benchWords[random.IntN(len(benchWords))])
		fmt.Fprintf(&body, " %d ", random.IntN(100_000))
		if random.IntN(9) == 0 {
			body.WriteByte('\n')
		}
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
	return fmt.Appendf(nil, "From: Zakaznik %d <%s>\nTo: bench@example.org\nSubject: Objednavka %d\nDate: %s\nMessage-ID: <%d@bench.example.net>\nContent-Type: text/plain; charset=utf-8\n\n%s\n",
		n, from, n, at.Format(time.RFC1123Z), n, body.String())
}

func repeat(times int, fn func(n int) error) ([]time.Duration, error) {
	took := make([]time.Duration, 0, times)
	for n := range times {
		started := time.Now()
		if err := fn(n); err != nil {
			return nil, err
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	return took, nil
}

// quantile of sorted times, in milliseconds.
func quantile(sorted []time.Duration, q float64) float64 {
	return milliseconds(sorted[int(q*float64(len(sorted)-1))])
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
