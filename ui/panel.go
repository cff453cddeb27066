package ui

import (
	"slices"
	"strings"
	"unicode"
)

// customerName is the name of the card, else its main address.
func customerName(p Page, t Talk) string {
	c := t.Panel.Customer
	switch {
	case strings.TrimSpace(c.Name) != "":
		return c.Name
	case len(c.Addresses) > 0:
		return c.Addresses[0]
	}
	return whoText(p, t.Conversation.Who)
}

// orderNumbers are the tags that look like one: at least five digits.
func orderNumbers(tags []string) (orders []string) {
	for _, t := range tags {
		n := 0
		for _, r := range t {
			if unicode.IsDigit(r) {
				n++
			}
		}
		if n >= 5 {
			orders = append(orders, t)
		}
	}
	return orders
}

// sendWays are the send buttons: what becomes of the conversation afterwards.
var sendWays = []string{"solve", "wait", "only"}

// sendFirst is the button a writer chose last; solving is what most answers do.
func sendFirst(w Write) string {
	if slices.Contains(sendWays, w.LastSend) {
		return w.LastSend
	}
	return "solve"
}

// recipientLine says whom a reply goes to.
func recipientLine(p Page, w Write) string {
	if w.To == "" {
		return p.T("write.to_whom")
	}
	var line []string
	for _, a := range append(looseAddresses(w.To), looseAddresses(w.Cc)...) {
		line = append(line, a.Addr)
	}
	return strings.Join(line, ", ")
}
