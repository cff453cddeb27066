package demo

import "postolka/store"

// Password of everyone in the demo; the sign-in page shows it.
const Password = "kolovrat-demo-2026"

// Person is somebody who works in the shop.
type Person struct {
	Name, Email string
	Role        store.Role
	Grants      map[string]store.Right // by mailbox name
	Language    string
}

const (
	shopDomain = "kolovrat.example"

	karel = "karel.dvorak@" + shopDomain
	jana  = "jana.nova@" + shopDomain
	petr  = "petr.kucera@" + shopDomain
	eva   = "eva.svobodova@" + shopDomain

	podpora     = "podpora@"
	reklamace   = "reklamace@"
	velkoobchod = "velkoobchod@"
)

// People of the shop, the owner first: four, no two of whom may do the same.
func People() []Person {
	return []Person{
		{Name: "Karel Dvořák", Email: karel, Role: store.RoleOwner, Language: "cs"},
		{Name: "Jana Nová", Email: jana, Role: store.RoleAgent, Language: "cs",
			Grants: map[string]store.Right{podpora: store.RightAnswer, reklamace: store.RightAnswer}},
		{Name: "Petr Kučera", Email: petr, Role: store.RoleAgent, Language: "en",
			Grants: map[string]store.Right{reklamace: store.RightRead, velkoobchod: store.RightAnswer}},
		{Name: "Eva Svobodová", Email: eva, Role: store.RolePrivacy, Language: "cs",
			Grants: map[string]store.Right{podpora: store.RightRead}},
	}
}

// boxes of the shop. Passwords and ports are the servers' to add.
func boxes() []Mailbox {
	const common = "Kolovrat – všechno do kuchyně\nDlouhá 118, 678 01 Horní Lhota\nwww.kolovrat.example · tel. +420 601 000 200 (po–pá 8–16)"
	return []Mailbox{
		{Name: podpora, Address: podpora + shopDomain, Signature: "Zákaznická podpora\n" + common},
		{Name: reklamace, Address: reklamace + shopDomain, Signature: "Reklamace a vrácení zboží\n" + common},
		{Name: velkoobchod, Address: velkoobchod + shopDomain, Signature: "Velkoobchod\n" + common},
	}
}

// voice is who of the shop writes from a mailbox.
func voice(box string) (name, email string) {
	if box == velkoobchod {
		return "Petr Kučera", petr
	}
	return "Jana Nová", jana
}
