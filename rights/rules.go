package rights

// A rule reads one sentence; before is the one before it, for "… keep my number.
// Delete it, please."
type rule struct {
	kind Kind
	asks func(now, before concepts) bool
}

// rules are asked in this order: a mail that demands several things is proposed
// by the one that is named first here.
var rules = []rule{
	{Portability, func(c, _ concepts) bool {
		return c.all(moved|ask) || c.all(port|data) && c.any(ask|law) && (c.any(mine|personal|about) || c.any(law))
	}},
	{Restriction, func(c, _ concepts) bool {
		return his(c) && (c.all(restrict|ask) && (c.any(process) || !c.any(erase)) || c.all(keep|stop|process))
	}},
	{Erasure, erases},
	{Objection, func(c, _ concepts) bool {
		return c.all(object|process) && (his(c) || c.any(market)) || c.all(stop|process) && his(c)
	}},
	{Rectification, func(c, _ concepts) bool {
		return c.any(correct) && (his(c) || c.all(name|mine|base)) && !c.any(other)
	}},
	{Access, accesses},
}

// kindOf is what a sentence asks for.
func kindOf(c, before concepts) Kind {
	if c.any(void) {
		return None
	}
	for _, r := range rules {
		if r.asks(c, before) {
			return r.kind
		}
	}
	return None
}

// his: the sentence is about the data of the writer, or of his client.
func his(c concepts) bool {
	return c.any(data) && c.any(mine|about|personal)
}

func erases(c, before concepts) bool {
	switch {
	case c.all(right | ask):
		return true
	case !c.all(erase|ask) || c.any(keep):
		return false
	case c.any(personal|about) || c.all(data|mine) && !c.any(other):
		return true
	case c.any(other):
		return false
	}
	return c.all(account|mine) || c.any(base) || !c.any(account) && before.any(data) && before.any(mine|about|personal) && !before.any(void)
}

func accesses(c, _ concepts) bool {
	switch {
	case c.all(sar | ask):
		return true
	case c.any(other) && !c.any(personal|about):
		return false
	case c.all(which|data|share) && c.any(about|personal|mine), c.all(which|share|mine|ask) && c.any(data):
		return true
	case c.all(which | data | about):
		return true
	}
	return c.any(duplicate) && c.any(ask) && his(c)
}
