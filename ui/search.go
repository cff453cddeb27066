package ui

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

// searches keeps what was searched for out of addresses, histories and logs: a
// path holds a random token, good for its agent until he leaves it for a day or
// the program ends. Safe for concurrent use.
type searches struct {
	mu  sync.Mutex
	now func() time.Time
	of  map[string]searched
}

type searched struct {
	agent store.AgentID
	query string
	used  time.Time
}

const (
	searchesKept = 5000
	searchLife   = 24 * time.Hour
	foundRows    = 30 // what the desk gives at a time
)

func newSearches(now func() time.Time) *searches {
	return &searches{now: now, of: map[string]searched{}}
}

func (m *searches) keep(agent store.AgentID, query string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for token, s := range m.of {
		if len(m.of) >= searchesKept || m.now().Sub(s.used) > searchLife {
			delete(m.of, token)
		}
	}
	token := rand.Text()
	m.of[token] = searched{agent: agent, query: query, used: m.now()}
	return token
}

func (m *searches) get(agent store.AgentID, token string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.of[token]
	if !ok || s.agent != agent || m.now().Sub(s.used) > searchLife {
		return "", false
	}
	s.used = m.now()
	m.of[token] = s
	return s.query, true
}

// searchPage asks by fields, for who doesn't know the words of filters.
func (s *Server) searchPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	p, err := s.page(r, by, "search.title", "search")
	if err != nil {
		return err
	}
	boxes, err := s.Desk.Mailboxes(r.Context(), by)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, searchForm(p, boxes))
}

// search keeps the words and shows what they find under a path without them.
func (s *Server) search(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	query := searchQuery(r.PostForm)
	if query == "" {
		http.Redirect(w, r, "/search", http.StatusSeeOther)
		return nil
	}
	http.Redirect(w, r, where{Found: s.searches.keep(by.ID, query)}.path(), http.StatusSeeOther)
	return nil
}

// searchQuery joins words and fields into the words the desk understands.
func searchQuery(f url.Values) string {
	parts := []string{strings.TrimSpace(f.Get("q"))}
	for _, name := range []string{"from", "to", "mailbox", "status", "assignee", "tag", "after", "before"} {
		if v := strings.TrimSpace(f.Get(name)); v != "" {
			if strings.ContainsAny(v, " \t") {
				v = `"` + strings.ReplaceAll(v, `"`, "") + `"`
			}
			parts = append(parts, name+":"+v)
		}
	}
	if f.Get("attachment") != "" {
		parts = append(parts, "has:attachment")
	}
	if f.Get("in_attachments") != "" {
		parts = append(parts, "in:attachments")
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// found is the desk with what a search found in the place of a view.
func (s *Server) found(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	at := where{Found: r.PathValue("token")}
	p, err := s.page(r, by, "search.found", "search")
	if err != nil {
		return err
	}
	l, err := s.listOf(r, by, p, at)
	if err != nil {
		return err
	}
	return s.showDesk(w, r, deskParts{Page: p, List: l})
}

// foundList is the list column of a search.
func (s *Server) foundList(r *http.Request, by account.Agent, p Page, at where) (List, error) {
	query, ok := s.searches.get(by.ID, at.Found)
	if !ok {
		return List{}, errSearchGone
	}
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	got, err := s.Desk.Search(r.Context(), by, query, max(0, offset))
	if err != nil {
		return List{}, err
	}
	l := List{Where: at, Title: p.T("search.found"), Found: got.Found, Query: query, Unread: got.Unreadable, HasBoxes: p.hasDesk()}
	l.Summary = p.T("search.hits", offset+len(got.Found))
	if got.More {
		l.Summary = p.T("search.hits_more", offset+len(got.Found))
		l.Next = at.path() + "?offset=" + strconv.Itoa(offset+len(got.Found))
	}
	return l, nil
}

// wherePiece says in which part of a message a hit lies.
func (p Page) hitPlace(f desk.Found) string {
	switch f.Where {
	case "body":
		return ""
	case "subject":
		return p.T("search.in_subject")
	}
	return f.Where
}
