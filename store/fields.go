package store

//msgp:ignore column

import (
	"strconv"
	"unicode/utf8"
)

// column is a text of a record that may hold personal data. The functions below
// are the one declaration that Walk reads and RewriteField writes through.
type column struct {
	name    string
	text    *string
	derived bool
	changed func() // puts a text that is not a field of its own back into the record
}

func texts(name string, list []string, derived bool) (columns []column) {
	for i := range list {
		columns = append(columns, column{name: name + "[" + strconv.Itoa(i) + "]", text: &list[i], derived: derived})
	}
	return columns
}

func addresses(name string, list []Address, derived bool) (columns []column) {
	for i := range list {
		columns = append(columns, address(name+"["+strconv.Itoa(i)+"]", &list[i], derived)...)
	}
	return columns
}

func address(name string, a *Address, derived bool) []column {
	return []column{{name: name + ".name", text: &a.Name, derived: derived}, {name: name + ".addr", text: &a.Addr, derived: derived}}
}

func joined(lists ...[]column) (all []column) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func mailboxFields(v *Mailbox) []column {
	return joined([]column{{name: "name", text: &v.Name}, {name: "address", text: &v.Address}, {name: "signature", text: &v.Signature},
		{name: "imap.user", text: &v.IMAP.User}, {name: "smtp.user", text: &v.SMTP.User}, {name: "sent folder", text: &v.SentFolder}},
		texts("folders", v.Folders, false))
}

func folderFields(v *Folder) []column { return []column{{name: "name", text: &v.Name}} }

// messageFields are all derived: they follow the raw message, erased or redacted with it.
func messageFields(v *Message) []column {
	columns := joined(
		[]column{{name: "subject", text: &v.Subject, derived: true}, {name: "preview", text: &v.Preview, derived: true},
			{name: "message-id", text: &v.MessageIDHeader, derived: true}, {name: "auth server", text: &v.Auth.Server, derived: true}},
		address("from", &v.From, true), addresses("reply-to", v.ReplyTo, true),
		addresses("to", v.To, true), addresses("cc", v.Cc, true), addresses("bcc", v.Bcc, true),
		texts("in-reply-to", v.InReplyTo, true), texts("references", v.References, true))
	for i := range v.Failures {
		n := "failures[" + strconv.Itoa(i) + "]"
		columns = append(columns, column{name: n + ".recipient", text: &v.Failures[i].Recipient, derived: true}, column{name: n + ".words", text: &v.Failures[i].Words, derived: true})
	}
	for i := range v.Files {
		n := "files[" + strconv.Itoa(i) + "]"
		columns = append(columns, column{name: n + ".name", text: &v.Files[i].Name, derived: true},
			column{name: n + ".type", text: &v.Files[i].Type, derived: true}, column{name: n + ".content-id", text: &v.Files[i].ContentID, derived: true})
	}
	return columns
}

func conversationFields(v *Conversation) []column {
	return append(texts("tags", v.Tags, false), column{name: "subject", text: &v.Subject, derived: true},
		column{name: "who", text: &v.Who, derived: true}, column{name: "preview", text: &v.Preview, derived: true})
}

func customerFields(v *Customer) []column {
	return joined([]column{{name: "name", text: &v.Name, derived: !v.NameSet}, {name: "notes", text: &v.Notes}},
		texts("addresses", v.Addresses, false), texts("phones", v.Phones, false))
}

func draftFields(v *Draft) []column {
	return joined([]column{{name: "subject", text: &v.Subject}, {name: "text", text: &v.Text}},
		addresses("to", v.To, false), addresses("cc", v.Cc, false), addresses("bcc", v.Bcc, false))
}

func outboxFields(v *OutboxEntry) []column {
	return append(texts("recipients", v.Recipients, false), column{name: "sender", text: &v.Sender})
}

func agentFields(v *Agent) []column {
	return []column{{name: "name", text: &v.Name}, {name: "email", text: &v.Email}}
}

func sessionFields(v *Session) []column {
	return []column{{name: "address", text: &v.Address}, {name: "browser", text: &v.Browser}}
}

func noticeFields(v *Notice) []column {
	return []column{{name: "recipient", text: &v.Recipient}}
}

// settingFields: a value is bytes, mostly JSON with the shop's own texts. One that is no text holds none.
func settingFields(v *Setting) []column {
	if !utf8.Valid(v.Value) {
		return nil
	}
	text := string(v.Value)
	return []column{{name: "value", text: &text, changed: func() { v.Value = []byte(text) }}}
}
