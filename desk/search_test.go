package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postolka/store"
)

func (w *world) search(query string) Results {
	w.t.Helper()
	r, err := w.Search(w.t.Context(), w.system, query, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestSearch(t *testing.T) {
	w := newWorld(t)
	eva := w.agent("eva", store.RoleAgent, store.RightAnswer)
	in := w.arrives(w.mail(jana, podpora, "Kde je zásilka", "Dobrý den,\r\nžluťoučký kůň nedorazil, volejte 777 123 456.\r\n"))
	w.later(48 * time.Hour)
	with := w.arrives([]byte(strings.ReplaceAll("From: Karel <karel@k.example>\nTo: podpora@shop.example\nSubject: faktura\nMessage-ID: <f@k>\nContent-Type: multipart/mixed; boundary=z\n\n--z\n\nviz soubor\n--z\nContent-Type: text/csv; name=smlouva.csv\nContent-Disposition: attachment\n\nčíslo;velbloud\n--z\nContent-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--z--\n", "\n", "\r\n")))
	hidden := w.take(Incoming{Raw: w.mail(jana, podpora, "soukromé", "žluťoučký kůň"), Mailbox: w.other})[0]
	note := w.send(Answer{Conversation: in.Conversation, Note: true, Text: "kontrola skladu"})
	if err := w.Assign(t.Context(), eva, eva.ID, in.Conversation); err != nil {
		t.Fatal(err)
	}
	if err := w.Tag(t.Context(), eva, []string{"VIP"}, nil, with.Conversation); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][]store.MessageID{
		"kun":                     {hidden.Message, in.Message},
		"KŮŇ mailbox:podpora":     {in.Message},
		`"zlutoucky kun"`:         {hidden.Message, in.Message},
		"777123456":               {in.Message},
		"zásilku":                 {in.Message},
		"velbloud":                {with.Message},
		"velbloud in:attachments": {with.Message},
		"soubor in:attachments":   nil,
		"from:karel":              {with.Message},
		"from:karel@k.example":    {with.Message},
		`from:"Jana Nová" kun`:    {hidden.Message, in.Message},
		"has:attachment":          {with.Message},
		"kun assignee:eva":        {in.Message},
		"assignee:nobody tag:vip": {with.Message},
		"tag:nothing":             nil,
		"status:solved":           nil,
		"status:open viz":         {with.Message},
		"mailbox:nowhere kun":     nil,
		"kun before:2026-11-24":   {in.Message},
		"kun after:24.11.2026":    {hidden.Message},
		"sklad":                   {note.Message},
		"re:nonsense":             nil,
		"":                        nil,
	} {
		r := w.search(query)
		var got []store.MessageID
		for _, f := range r.Found {
			got = append(got, f.Message)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: got %v, want %v", query, got, want)
		}
		if r.Unreadable != 1 {
			t.Errorf("%q: got %d unreadable, want 1", query, r.Unreadable)
		}
	}
	r, err := w.Search(t.Context(), eva, "kun", 0)
	if err != nil || len(r.Found) != 1 || r.Found[0].Message != in.Message || r.Found[0].Row.ID != in.Conversation {
		t.Errorf("eva sees another mailbox: %+v %v", r, err)
	}
	if r, err = w.Search(t.Context(), w.agent("nobody", store.RoleAgent, store.RightNone), "kun", 0); err != nil || len(r.Found) != 0 || r.Unreadable != 0 {
		t.Errorf("one without rights: %+v %v", r, err)
	}
}

func TestSearchSnippet(t *testing.T) {
	w := newWorld(t)
	w.arrives(w.mail(jana, podpora, "Kde je zásilka", strings.Repeat("něco jiného ", 30)+"\r\nžluťoučký kůň nedorazil, volejte 777 123 456 hned. "+strings.Repeat("a dál ", 60)))
	for query, want := range map[string]string{
		"kun":         "… jiného něco jiného něco jiného něco jiného žluťoučký [kůň] nedorazil, volejte",
		"zlutouckeho": "[žluťoučký] kůň",
		"777123456":   "volejte [777 123 456] hned",
		"zasilky":     "Kde je [zásilka]",
		"from:jana":   "něco jiného",
	} {
		r := w.search(query)
		if len(r.Found) != 1 {
			t.Errorf("%q: found %d", query, len(r.Found))
			continue
		}
		got := ""
		for _, p := range r.Found[0].Snippet {
			if p.Hit {
				got += "[" + p.Text + "]"
			} else {
				got += p.Text
			}
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	}
}

func TestSearchPages(t *testing.T) {
	w := newWorld(t)
	var batch []Incoming
	for i := range 150 {
		box := w.mailbox
		if i%2 == 0 {
			box = w.other
		}
		batch = append(batch, Incoming{Raw: w.mail(jana, podpora, "a", fmt.Sprint("kolotoč ", i)), Mailbox: box})
	}
	w.take(batch...)
	by := w.agent("eva", store.RoleAgent, store.RightRead)
	seen := map[store.MessageID]bool{}
	for offset := 0; ; offset += foundLimit {
		r, err := w.Search(t.Context(), by, "kolotoč", offset)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Found {
			seen[f.Message] = true
		}
		if !r.More {
			break
		}
	}
	if len(seen) != 75 {
		t.Errorf("got %d, want 75", len(seen))
	}
}

func TestSearchIsLoggedWithWhatItShows(t *testing.T) {
	w := newWorld(t)
	by := w.agent("eva", store.RoleAgent, store.RightRead)
	in := w.arrives(w.mail(jana, podpora, "a", "kolotoč"))
	if _, err := w.Search(t.Context(), by, "kolotoc", 0); err != nil {
		t.Fatal(err)
	}
	entries, err := w.log.ByMessage(in.Message, 5)
	if err != nil || len(entries) != 1 || entries[0].Action != "search" || strings.Contains(fmt.Sprintf("%+v", entries[0]), "kolo") {
		t.Errorf("got %+v %v", entries, err)
	}
}

func TestCatchUp(t *testing.T) {
	w := newWorld(t)
	index := w.index
	w.index = nil // the process dies before the index has it
	a := w.arrives(w.mail(jana, podpora, "a", "velbloud"))
	w.index = index
	b := w.arrives(w.mail(jana, podpora, "b", "velbloud"))
	if r := w.search("velbloud"); len(r.Found) != 1 {
		t.Fatalf("got %d", len(r.Found))
	}
	err := w.store.Update(func(tx *store.Tx) error { return store.Messages.Delete(tx, b.Message) })
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Remove(t.Context(), []store.MessageID{b.Message}); err != nil {
		t.Fatal(err)
	}
	if err := w.CatchUp(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if r := w.search("velbloud"); len(r.Found) != 1 || r.Found[0].Message != a.Message {
		t.Errorf("got %+v", r.Found)
	}
	if has, err := w.index.Has(b.Message); has || err != nil {
		t.Errorf("the removed message is still in the index: %v %v", has, err)
	}
}
