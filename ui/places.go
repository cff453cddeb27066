package ui

import (
	"net/http"
	"net/url"
	"strconv"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

// section of the navigation.
type section struct {
	Title  string
	Places []place
}

// place is somewhere one can go. Key is what Page.Here names.
type place struct {
	Key, Path, Label string
	Icon             string // empty: a dot of class Dot
	Dot              string
	Count            int
	Trouble          string // said instead of the count
}

// deskViews in the order they are shown; the last ones only on the page of all places.
var deskViews = []struct {
	view desk.View
	icon string
}{
	{desk.ViewNew, "inbox"}, {desk.ViewMine, "me"}, {desk.ViewAssigned, "people"}, {desk.ViewWaiting, "clock"},
	{desk.ViewSnoozed, "moon"}, {desk.ViewSolved, "done"},
}

// housePlaces are pages outside the desk, each with the act it asks for.
var housePlaces = []struct {
	title  string
	places []housePlace
}{
	{"places.privacy", []housePlace{
		{"requests", "/requests", "clock", account.FindPersons},
		{"find", "/privacy", "shield", account.FindPersons},
		{"retention", "/retention", "clock", account.FindPersons},
		{"log", "/log", "eye", account.ReadLog},
		{"snapshots", "/snapshots", "chest", account.Snapshots},
	}},
	{"places.house", []housePlace{
		{"mailboxes", "/mailboxes", "letter", account.ManageMailboxes},
		{"people", "/people", "people", account.ManagePeople},
		{"state", "/state", "pulse", account.SeeState},
	}},
}

type housePlace struct {
	key, path, icon string
	act             account.Act
}

// places is the navigation of by: what he may not reach is not there.
func (s *Server) places(r *http.Request, by account.Agent, v Voice, boxes []desk.MailboxInfo) ([]section, error) {
	var secs []section
	if readable(boxes) > 0 {
		n, err := s.Desk.Counts(r.Context(), by)
		if err != nil {
			return nil, err
		}
		secs = append(secs, viewSection(v, n), mailboxSection(v, boxes, n))
	}
	for _, h := range housePlaces {
		sec := section{Title: v.T(h.title)}
		for _, hp := range h.places {
			if !account.MayDo(by, hp.act) {
				continue
			}
			pl := place{Key: hp.key, Path: hp.path, Icon: hp.icon, Label: v.T("place." + hp.key)}
			if hp.key == "requests" {
				if err := s.remind(&pl, by, v); err != nil {
					return nil, err
				}
			}
			sec.Places = append(sec.Places, pl)
		}
		if len(sec.Places) > 0 {
			secs = append(secs, sec)
		}
	}
	return secs, nil
}

// remind counts what must be answered soon; what is late is said instead.
func (s *Server) remind(pl *place, by account.Agent, v Voice) error {
	if s.Privacy == nil {
		return nil
	}
	soon, late, err := s.Privacy.Reminders(by)
	pl.Count = soon
	if late > 0 {
		pl.Trouble = v.T("problem.requests_late", late)
	}
	return err
}

func viewSection(v Voice, n desk.Counts) section {
	var sec section
	for _, d := range deskViews {
		sec.Places = append(sec.Places, place{Key: string(d.view), Path: "/in/" + string(d.view), Icon: d.icon,
			Label: v.T("view." + string(d.view)), Count: n.Views[d.view]})
	}
	return sec
}

func mailboxSection(v Voice, boxes []desk.MailboxInfo, n desk.Counts) section {
	sec := section{Title: v.T("places.mailboxes")}
	for i, b := range boxes {
		if b.Right < store.RightRead {
			continue
		}
		id := strconv.FormatUint(uint64(b.ID), 10)
		p := place{Key: "mailbox-" + id, Path: "/in/new?" + url.Values{"mailbox": {id}}.Encode(), Label: b.Mailbox.Name,
			Dot: "c" + strconv.Itoa(i%5), Count: n.Mailboxes[b.ID]}
		if wrong := v.ailmentText(b); wrong != "" {
			if p.Dot = healthColour(b.Health); p.Dot == "bad" {
				p.Trouble = wrong
			}
		}
		sec.Places = append(sec.Places, p)
	}
	return sec
}

func readable(boxes []desk.MailboxInfo) (n int) {
	for _, b := range boxes {
		if b.Right >= store.RightRead {
			n++
		}
	}
	return n
}

// bottomPlaces are the five of a phone.
func (p Page) bottomPlaces() []place {
	all := map[string]place{}
	for _, sec := range p.Secs {
		for _, pl := range sec.Places {
			all[pl.Key] = pl
		}
	}
	var five []place
	for _, key := range []string{"new", "mine"} {
		if pl, ok := all[key]; ok {
			five = append(five, pl)
		}
	}
	if len(five) > 0 {
		five = append(five, place{Key: "search", Path: "/search", Icon: "glass", Label: p.T("place.search")})
	}
	for _, key := range []string{"find", "log", "people", "state"} {
		if pl, ok := all[key]; ok && len(five) < 4 {
			pl.Label = p.T("nav." + key)
			five = append(five, pl)
		}
	}
	return append(five, place{Key: "more", Path: "/more", Icon: "more", Label: p.T("nav.more")})
}

func (s *Server) more(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	p, err := s.page(r, by, "nav.more", "more")
	if err != nil {
		return err
	}
	if wantsPart(r) == "views" {
		return s.show(w, r, http.StatusOK, views(p))
	}
	return s.show(w, r, http.StatusOK, morePage(p))
}
