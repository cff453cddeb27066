package privacy

import (
	"slices"

	"postolka/match"
	"postolka/store"
)

// exportedRecord is a whole record: a customer card, a draft.
type exportedRecord struct {
	Table  string          `json:"table"`
	ID     uint64          `json:"id"`
	Fields []exportedField `json:"fields"`
}

type exportedField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// eachRecord gives every record with a hit as a whole. What a message's record
// says is in the message itself.
func (p *Privacy) eachRecord(f Finding, take func(exportedRecord)) error {
	wanted := map[recordKey]bool{}
	for _, h := range f.Records {
		wanted[recordKey{h.Table, h.ID}] = h.Table != "messages"
	}
	if len(wanted) == 0 {
		return nil
	}
	var current exportedRecord
	flush := func() {
		if len(current.Fields) > 0 {
			take(current)
		}
	}
	err := p.Store.Walk(func(f store.Field) error {
		if !wanted[recordKey{f.Table, f.ID}] {
			return nil
		}
		if f.Table != current.Table || f.ID != current.ID {
			flush()
			current = exportedRecord{Table: f.Table, ID: f.ID}
		}
		current.Fields = append(current.Fields, exportedField{f.Name, *f.Text})
		return nil
	})
	if err != nil {
		return err
	}
	flush()
	return nil
}

type recordKey struct {
	table string
	id    uint64
}

// own says that a card is the person's: his name or an address of his stands in it.
func (r exportedRecord) own(person *match.Matcher) bool {
	return slices.ContainsFunc(r.Fields, func(f exportedField) bool { return f.Name != "notes" && len(person.Find([]byte(f.Value))) > 0 })
}

// provided is Art. 20: the person's own card, without what others wrote into it.
func (r *exportedRecord) provided(person *match.Matcher) bool {
	if r.Table != "customers" || !r.own(person) {
		return false
	}
	r.Fields = slices.DeleteFunc(r.Fields, func(f exportedField) bool { return f.Name == "notes" })
	return true
}

func (r exportedRecord) with(b burner) exportedRecord {
	r.Fields = slices.Clone(r.Fields)
	for i := range r.Fields {
		r.Fields[i].Value = b.text(r.Fields[i].Value)
	}
	return r
}
