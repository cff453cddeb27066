package attach_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"postolka/attach"
)

// attribute is one of TNEF.
func attribute(level byte, tag int, body []byte) []byte {
	return slices.Concat([]byte{level}, u32(tag), u32(len(body)), body, u16(0))
}

func tnefOf(attributes ...[]byte) []byte {
	return slices.Concat([]byte("\x78\x9f\x3e\x22\x01\x00"), slices.Concat(attributes...))
}

// property is one of MAPI with a single value that has a length.
func property(kind, id int, value []byte) []byte {
	return slices.Concat(u16(kind), u16(id), u32(1), u32(len(value)), value, make([]byte, -len(value)&3))
}

// packedRTF is the example of MS-OXRTFCP §3.1.1.
var packedRTF, _ = base64.StdEncoding.DecodeString("LQAAACsAAABMWkZ18cXHpwMACgByY3BnMTI1QjIK8yBoZWwJACBidwWwbGR9CoAPoA==")

func TestTNEF(t *testing.T) {
	inner := tnefOf(attribute(1, 0x00018004, []byte("Uvnit\xf8 vzkazu\x00")))
	inner = slices.Insert(inner, 6, attribute(1, 0x00069007, u32(1250))...)
	data := tnefOf(
		attribute(1, 0x00069007, slices.Concat(u32(1250), u32(0))),
		attribute(1, 0x00018004, []byte("Objedn\xe1vka\x00")),
		attribute(1, 0x00069003, slices.Concat(u32(5),
			property(0x1f, 0x0c1a, append(wide("Jiří Novák"), 0, 0)),
			property(0x1e, 0x1000, []byte("Dobr\xfd den\x00")),
			property(0x102, 0x1013, []byte("<p>Vážený pane <b title=\"skryté\">Černý</b></p>")),
			slices.Concat(u16(3), u16(0x0017), u32(1)),
			property(0x102, 0x1009, packedRTF))),
		attribute(1, 0x00069004, slices.Concat(u32(1), u32(1), property(0x1e, 0x3003, []byte("hana@example.org\x00")))),
		attribute(2, 0x00069002, make([]byte, 14)),
		attribute(2, 0x00018010, []byte("SEZNAM~1.CSV\x00")),
		attribute(2, 0x0006800f, []byte("klient;Malá")),
		attribute(2, 0x00069005, slices.Concat(u32(2), property(0x1f, 0x3707, wide("Seznam klientů.csv")),
			slices.Concat(u16(0x1f), u16(0x8001), make([]byte, 16), u32(1), u32(8), wide("vlas"), u32(1), u32(4), wide("ba")))),
		attribute(2, 0x00069002, make([]byte, 14)),
		attribute(2, 0x00018010, []byte("vzkaz\x00")),
		attribute(2, 0x00069005, slices.Concat(u32(1), property(0x0d, 0x3701, append(make([]byte, 16), inner...)))),
	)
	text, reasons := attach.Read("winmail.dat", "application/ms-tnef", data, attach.NewBudget(), help)
	for _, want := range []string{"Objednávka", "Jiří Novák", "Dobrý den", "Vážený pane Černý", "skryté", "hello world", "hana@example.org", "vlas", "Seznam klientů.csv\nklient;Malá", "Uvnitř vzkazu"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	if len(reasons) > 0 {
		t.Errorf("reasons %v", reasons)
	}
}

func TestTNEFCutOff(t *testing.T) {
	data := tnefOf(attribute(1, 0x00018004, []byte("Subject of it\x00")), attribute(1, 0x0002800c, []byte("a body that is cut")))
	text, reasons := attach.Read("winmail.dat", "", data[:len(data)-8], attach.NewBudget(), help)
	if !strings.Contains(text, "Subject of it") || !strings.Contains(text, "a body that") || !slices.Equal(reasons, []string{attach.Damaged}) {
		t.Errorf("got %q, %v", text, reasons)
	}
}

func FuzzTNEF(f *testing.F) {
	f.Add(attribute(1, 0x00069003, slices.Concat(u32(2), property(0x1e, 0x1000, []byte("ahoj")), property(0x102, 0x1009, packedRTF))))
	f.Add(attribute(2, 0x00069005, slices.Concat(u32(1), property(0x0d, 0x3701, append(make([]byte, 16), tnefOf()...)))))
	f.Fuzz(func(t *testing.T, data []byte) {
		attach.Read("winmail.dat", "", append([]byte("\x78\x9f\x3e\x22\x01\x00"), data...), attach.NewBudget(), help)
	})
}
