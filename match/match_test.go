package match

import (
	"slices"
	"testing"
)

func find(t *testing.T, kind Kind, value, text string) []Hit {
	t.Helper()
	id, err := ParseIdentifier(kind, value)
	if err != nil {
		t.Fatalf("ParseIdentifier(%v, %q): %v", kind, value, err)
	}
	m, err := NewMatcher([]Identifier{id})
	if err != nil {
		t.Fatal(err)
	}
	hits := m.Find([]byte(text))
	if any := m.Any([]byte(text), nil); len(hits) > 0 && !any {
		t.Errorf("Any says no where Find finds %v", hits)
	}
	return hits
}

func TestFindHit(t *testing.T) {
	for _, c := range []struct {
		name, value, text, place string
		kind                     Kind
		form                     Form
	}{
		{"address as given", "jan@firma.cz", "Piste na jan@firma.cz.", "jan@firma.cz", Email, Exact},
		{"address in capitals", "jan@firma.cz", "<JAN@Firma.CZ>", "JAN@Firma.CZ", Email, Normalised},
		{"address with a tag", "jan@firma.cz", "To: jan+eshop@firma.cz", "jan+eshop@firma.cz", Email, Normalised},
		{"address given with a tag", "jan+x@firma.cz", "To: jan@firma.cz", "jan@firma.cz", Email, Normalised},
		{"percent-encoded address", "jan@firma.cz", "u?e=jan%40firma.cz&x=1", "jan%40firma.cz", Email, Normalised},
		{"address percent-encoded twice", "jan@firma.cz", "u?e=jan%2540firma.cz", "jan%2540firma.cz", Email, Normalised},
		{"address with an entity", "jan@firma.cz", "jan&#64;firma.cz", "jan&#64;firma.cz", Email, Normalised},
		{"address with named entities", "jan@firma.cz", "jan&commat;firma&period;cz", "jan&commat;firma&period;cz", Email, Normalised},
		{"address in JavaScript", "jan@firma.cz", `m="jan\x40firma\u002ecz"`, `jan\x40firma\u002ecz`, Email, Normalised},
		{"name in bytes of a log", "Jan Novák", `jmeno: Jan Nov\xc3\xa1k`, `Jan Nov\xc3\xa1k`, Name, Normalised},
		{"name in Latin-1 of JavaScript", "Jan Novák", `j='Jan Nov\xE1k'`, `Jan Nov\xE1k`, Name, Normalised},
		{"address with a quoted local part", "jan@firma.cz", `To: "jan"@firma.cz`, `jan"@firma.cz`, Email, Normalised},
		{"phone with the zero of old Czech numbers", "603123456", "tel. 0603/123 456", "0603/123 456", Phone, Normalised},
		{"name that a form asks for in pieces", "Jan Novák", "Jméno: Jan\nPříjmení: Novák\n", "Jan\nPříjmení: Novák", Name, Normalised},
		{"name in pieces, surname first", "Jan Novák", "Příjmení: Novák\nJméno: Jan\n", "Novák\nJméno: Jan", Name, Normalised},
		{"name in fields of a link", "Jan Novák", "?first_name=Jan&last_name=Nov%C3%A1k&x=1", "Jan&last_name=Nov%C3%A1k", Name, Normalised},
		{"name in fields of JSON", "Jan Novák", `{"firstName":"Jan","lastName":"Novák"}`, `Jan","lastName":"Novák`, Name, Normalised},
		{"name in elements of XML", "Jan Novák", "<FirstName>Jan</FirstName><LastName>Novák</LastName>", "Jan</FirstName><LastName>Novák", Name, Normalised},
		{"German name without umlauts", "Jürgen Müller", "MUELLER Juergen", "MUELLER Juergen", Name, Normalised},
		{"Slovak man in the instrumental", "Ján Kováč", "s Jánom Kováčom", "Jánom Kováčom", Name, Inflected},
		{"Slovak woman in the dative", "Mária Horváthová", "Márii Horváthovej", "Márii Horváthovej", Name, Inflected},
		{"Polish man in the dative", "Marek Nowak", "Markowi Nowakowi", "Markowi Nowakowi", Name, Inflected},
		{"Polish man in the genitive", "Paweł Zieliński", "Pawła Zielińskiego", "Pawła Zielińskiego", Name, Inflected},
		{"Polish woman in the dative", "Magdalena Wiśniewska", "Magdalenie Wiśniewskiej", "Magdalenie Wiśniewskiej", Name, Inflected},
		{"address in quoted-printable", "jan@firma.cz", "pište jan=40firma.cz", "jan=40firma.cz", Email, Normalised},
		{"name in quoted-printable of windows-1250", "Lucie Hájková", "Dobr=FD den Lucie H=E1jkov=E1", "Lucie H=E1jkov=E1", Name, Normalised},
		{"phone across a soft line break", "778325033", "Content-Transfer-Encoding: quoted-printable\n\ntel 778 =\n325=20033\n", "778 =\n325=20033", Phone, Normalised},
		{"address across a quoted soft line break", "jan@firma.cz", "> Dobr=C3=BD den, ja=\n> n=40firma.cz\n", "ja=\n> n=40firma.cz", Email, Normalised},
		{"address of an IDN in quoted-printable", "jan@háčky.cz", "Dobr=C3=BD den, jan@h=C3=A1=C4=\n=8Dky.cz", "jan@h=C3=A1=C4=\n=8Dky.cz", Email, Normalised},
		{"address of an IDN read as Latin-1", "jan@háčky.cz", "jan@hÃ¡Ä\u008dky.cz", "jan@hÃ¡Ä\u008dky.cz", Email, Normalised},
		{"number behind = within quoted-printable", "27074358", "Dobr=C3=BD den =C4=8C=C3=AD, ičo=27074358", "27074358", CompanyID, Exact},
		{"number in a table of values", "27074358", "cena=30 dph=21 ičo=27074358 ks=15", "27074358", CompanyID, Exact},
		{"name of UTF-8 read as Latin-1", "Jan Novák", "Dobrý den, Jan NovÃ¡k", "Jan NovÃ¡k", Name, Normalised},
		{"name of UTF-8 read as windows-1250", "Jan Novák", "Dobrý den, NovĂˇk Jan", "NovĂˇk Jan", Name, Normalised},
		{"name of UTF-8 read as Latin-1 with controls", "Jiří Kučera", "Ji\u00c5\u0099\u00c3\u00ad Ku\u00c4\u008dera", "Ji\u00c5\u0099\u00c3\u00ad Ku\u00c4\u008dera", Name, Normalised},
		{"name of UTF-8 read as windows-1250, all letters", "Jiří Kučera", "JiĹ™Ă\u00ad KuÄŤera", "JiĹ™Ă\u00ad KuÄŤera", Name, Normalised},
		{"second first name", "Jan Novák", "dopis Jan Karel Novák", "Jan Karel Novák", Name, Normalised},
		{"second first name inflected", "Jan Novák", "od Jana Karla Nováka", "Jana Karla Nováka", Name, Inflected},
		{"two surnames", "Jana Nováková", "Jana Svobodová Nováková", "Jana Svobodová Nováková", Name, Normalised},
		{"two surnames with a dash", "Jana Nováková", "Jana Svobodová-Nováková", "Jana Svobodová-Nováková", Name, Normalised},
		{"name in short records", "Ondřej Marek", "givenName: Ondřej\nsn: Marek", "Ondřej\nsn: Marek", Name, Normalised},
		{"address with (a)", "jan@firma.cz", "jan(a)firma.cz", "jan(a)firma.cz", Email, Normalised},
		{"address with [a] and spaces", "jan@firma.cz", "jan [a] firma.cz", "jan [a] firma.cz", Email, Normalised},
		{"address with a comma for its dot", "jan@firma.cz", "jan@firma,cz", "jan@firma,cz", Email, Normalised},
		{"address before the year in a file's name", "jan@firma.cz", "jan@firma.cz_2026", "jan@firma.cz", Email, Exact},
		{"address before a word in a file's name", "jan@firma.cz", "jan@firma.cz-smlouva.pdf", "jan@firma.cz", Email, Exact},
		{"address behind a date", "jan@firma.cz", "<20261102.jan@firma.cz>", "jan@firma.cz", Email, Exact},
		{"address behind a number in a file's name", "jan@firma.cz", "Novak_777123456_jan@firma.cz.pdf", "jan@firma.cz", Email, Exact},
		{"street with an initial", "Dr. Edvarda Beneše 3, Brno", "Dr. E. Beneše 3, Brno", "Dr. E. Beneše 3, Brno", Address, Normalised},
		{"street given with an initial", "E. Beneše 3, Brno", "Edvarda Beneše 3, Brno", "Edvarda Beneše 3, Brno", Address, Normalised},
		{"street of a general", "Generála Píky 3, Brno", "gen. Píky 3, Brno", "gen. Píky 3, Brno", Address, Normalised},
		{"postal address in camel case", "Husova 87, 530 02 Pardubice", `{"street": "Husova", "houseNumber": "87", "zip": "53002"}`, `Husova", "houseNumber": "87", "zip": "53002`, Address, Normalised},
		{"postal address in XML", "Polní 184, 760 01 Zlín", "<Street>Polní</Street><HouseNumber>184</HouseNumber><City>Zlín</City>", "Polní</Street><HouseNumber>184</HouseNumber><City>Zlín", Address, Normalised},
		{"account with its bank apart", "2000145399/0800", "č. ú. 2000145399, kód banky: 0800", "2000145399, kód banky: 0800", Account, Normalised},
		{"account of an IBAN with its bank apart", "CZ6508000000192000145399", "19-2000145399 banka 0800", "19-2000145399 banka 0800", IBAN, Normalised},
		{"IPv4 in a host's name", "10.20.30.42", "ip-10-20-30-42.ec2.example", "10-20-30-42", IP, Normalised},
		{"IPv6 with zeros and a gap", "2001:db8::ff00:42:8329", "2001:0db8::ff00:0042:8329", "2001:0db8::ff00:0042:8329", IP, Normalised},
		{"postal address in the right column", "Husova 177, 110 00 Praha 1", "Jiná 1  Husova 177\n100 00 Praha    110 00 Praha 1", "Husova 177\n100 00 Praha    110 00 Praha", Address, Normalised},
		{"second first name in a link", "Jan Novák", "?name=Jan+Karel+Novák", "Jan+Karel+Novák", Name, Normalised},
		{"address in JSON within CSV", "Dlouhá 12, 110 00 Praha", `""street"": ""Dlouhá"", ""houseNumber"": ""12"", ""zip"": ""110 00""`, `Dlouhá"", ""houseNumber"": ""12"", ""zip"": ""110 00`, Address, Normalised},
		{"second first name with a dash", "Jörg Müller", "Jörg-Peter Müller", "Jörg-Peter Müller", Name, Normalised},
		{"address with a space behind its dot", "jan@firma.cz", "jan@firma. cz", "jan@firma. cz", Email, Normalised},
		{"address with a space behind its dot in a link", "jan@firma.cz", "id=jan@firma.+cz&x", "jan@firma.+cz", Email, Normalised},
		{"address with a space before its dot", "jan@firma.cz", "jan@firma .cz", "jan@firma .cz", Email, Normalised},
		{"address with a comma before its last part", "jan@shop.co.uk", "jan@shop.co,uk", "jan@shop.co,uk", Email, Normalised},
		{"address spelled in Polish", "jan@firma.pl", "jan małpa firma kropka pl", "jan małpa firma kropka pl", Email, Normalised},
		{"address behind a time and a number", "jan@firma.cz", "<20261102100000.12.jan@firma.cz>", "jan@firma.cz", Email, Exact},
		{"phone as a fraction of a spreadsheet", "777123456", "420777123456.0", "420777123456", Phone, Normalised},
		{"phone with its extension", "777123456", "+420777123456x12", "+420777123456", Phone, Normalised},
		{"phone with backslashes", "777123456", `777\123\456`, `777\123\456`, Phone, Normalised},
		{"phone in a drawn table", "777123456", "777|123|456", "777|123|456", Phone, Normalised},
		{"birth number in pairs with spaces around the slash", "920315/1221", "92 03 15 / 1221", "92 03 15 / 1221", BirthNumber, Normalised},
		{"birth number with a fraction slash", "920315/1221", "920315⁄1221", "920315⁄1221", BirthNumber, Normalised},
		{"account in three fields", "19-2000145399/0800", "Předčíslí: 19\nČíslo účtu: 2000145399\nKód banky: 0800", "19\nČíslo účtu: 2000145399\nKód banky: 0800", Account, Normalised},
		{"number of the street named", "Palackého 105, Plzeň", "Palackého č. or. 105, Plzeň", "Palackého č. or. 105, Plzeň", Address, Normalised},
		{"postcode behind a slash", "Krátká 194, 702 00 Ostrava", "Krátká 194 / 702 00 Ostrava", "Krátká 194 / 702 00 Ostrava", Address, Normalised},
		{"couple with a plus sign", "Jan Novák", "Jan + Eva Novákovi", "Jan + Eva Novákovi", Name, Inflected},
		{"couple with an ampersand", "Eva Nováková", "Jan & Eva Novákovi", "Jan & Eva Novákovi", Name, Inflected},
		{"name of windows-1250 read as Western", "Jiří Kučera", "Jiøí Kuèera", "Jiøí Kuèera", Name, Inflected},
		{"name of ISO 8859-2 read as Western", "Zdeněk Hrubeš", "Zdenìk Hrube¹", "Zdenìk Hrube¹", Name, Inflected},
		{"address with its sign twice", "jan@firma.cz", "jan@@firma.cz", "jan@@firma.cz", Email, Normalised},
		{"initial between the names", "Jan Novák", "dopis Jan M. Novák", "Jan M. Novák", Name, Normalised},
		{"nickname in quotes", "Jan Novák", "Jan „Honza“ Novák", "Jan „Honza“ Novák", Name, Normalised},
		{"nickname in brackets", "Jan Novák", "Jan (Honza) Novák", "Jan (Honza) Novák", Name, Normalised},
		{"name as one word", "Jan Novák", "web.example/jannovak", "jannovak", Name, Normalised},
		{"name as one word, surname first", "Jan Novák", "@NovakJan", "NovakJan", Name, Normalised},
		{"husband of a couple", "Jan Novák", "manželé Jan a Eva Novákovi", "Jan a Eva Novákovi", Name, Inflected},
		{"wife of a couple", "Eva Nováková", "od Jana a Evy Novákových", "Jana a Evy Novákových", Name, Inflected},
		{"couple, surname first", "Jan Němec", "Němcovi Jan a Eva", "Němcovi Jan a Eva", Name, Inflected},
		{"man's name in -a", "Ota Sova", "od Oty Sovy", "Oty Sovy", Name, Inflected},
		{"Oto declined as Ota", "Oto Pavel", "od Oty Pavla", "Oty Pavla", Name, Inflected},
		{"vowel that comes with the ending", "Jakub Švec", "Jakuba Ševce", "Jakuba Ševce", Name, Inflected},
		{"German genitive", "Jürgen Müller", "Jürgen Müllers Auftrag", "Jürgen Müllers", Name, Inflected},
		{"first of a range of phones", "222333444", "tel. 222 333 444-5", "222 333 444", Phone, Normalised},
		{"phone with tildes", "777123456", "tel. 777~123~456", "777~123~456", Phone, Normalised},
		{"phone with commas", "777123456", "tel. 777, 123, 456.", "777, 123, 456", Phone, Normalised},
		{"phone with colons", "777123456", "tel: 777:123:456", "777:123:456", Phone, Normalised},
		{"phone with stars", "777123456", "777*123*456", "777*123*456", Phone, Normalised},
		{"phone with middle dots", "777123456", "+420 777·123·456", "777·123·456", Phone, Normalised},
		{"phone with a bracket", "777123456", "[777] 123 456", "777] 123 456", Phone, Normalised},
		{"phone in Arabic digits", "777123456", "٧٧٧ ١٢٣ ٤٥٦", "٧٧٧ ١٢٣ ٤٥٦", Phone, Normalised},
		{"birth number in pairs", "920315/1221", "r. č. 92 03 15/1221", "92 03 15/1221", BirthNumber, Normalised},
		{"VAT number without its country", "PL5252248482", "NIP 525-224-84-82", "525-224-84-82", CompanyID, Normalised},
		{"IBAN without its country", "PL61109010140000071219812874", "61 1090 1014 0000 0712 1981 2874", "61 1090 1014 0000 0712 1981 2874", IBAN, Normalised},
		{"phone behind an IBAN", "777123456", "CZ65 0800 0000 1920 0014 5399 777 123 456", "777 123 456", Phone, Normalised},
		{"address in markdown", "jan@firma.cz", "_jan@firma.cz_", "jan@firma.cz", Email, Exact},
		{"address with (at)", "jan@firma.cz", "jan (at) firma.cz", "jan (at) firma.cz", Email, Normalised},
		{"address with [at] and [dot]", "jan@firma.cz", "jan[at]firma[dot]cz", "jan[at]firma[dot]cz", Email, Normalised},
		{"address spelled in English", "jan.novak@firma.cz", "it is jan dot novak at firma dot cz ok", "jan dot novak at firma dot cz", Email, Normalised},
		{"address spelled in Czech", "jan@firma.cz", "jan zavináč firma tečka cz", "jan zavináč firma tečka cz", Email, Normalised},
		{"address wrapped behind the dot", "jan@firma.cz", "na jan@firma.\r\n> cz prosím", "jan@firma.\r\n> cz", Email, Normalised},
		{"address wrapped anywhere", "jan.novak@firma.cz", "na jan.no\nvak@fir\nma.cz", "jan.no\nvak@fir\nma.cz", Email, Normalised},
		{"address with spaces around the sign", "jan@firma.cz", "jan @ firma.cz", "jan @ firma.cz", Email, Normalised},
		{"address with a soft hyphen", "jan@firma.cz", "jan@fir\u00adma.cz", "jan@fir\u00adma.cz", Email, Normalised},
		{"address with zero-width spaces", "jan@firma.cz", "jan\u200b@\u200bfirma.cz", "jan\u200b@\u200bfirma.cz", Email, Normalised},
		{"return path with the address inside", "jan@firma.cz", "bounce-7-jan=firma.cz@lists.example", "jan=firma.cz", Email, Normalised},
		{"return path of a forwarder", "jan@firma.cz", "SRS0=x1Y=AB=firma.cz=jan@forward.example", "firma.cz=jan", Email, Normalised},
		{"address as a file's name", "jan@firma.cz", "smlouva jan@firma.cz.pdf", "jan@firma.cz", Email, Exact},
		{"address as an archive's name", "jan@firma.cz", "jan@firma.cz.tar.gz", "jan@firma.cz", Email, Exact},
		{"domain in Unicode, given in ASCII", "jan@" + asciiDomain(t), "jan@háčky.cz", "jan@háčky.cz", Email, Normalised},
		{"domain in ASCII, given in Unicode", "jan@háčky.cz", "jan@" + asciiDomain(t), "jan@" + asciiDomain(t), Email, Normalised},
		{"phone with country code", "777 123 456", "tel. +420 777 123 456,", "+420 777 123 456", Phone, Normalised},
		{"phone with 00", "+420777123456", "00420777123456", "00420777123456", Phone, Normalised},
		{"phone with dashes", "+420777123456", "777-123-456", "777-123-456", Phone, Normalised},
		{"phone with dots", "+420777123456", "777.123.456.", "777.123.456", Phone, Normalised},
		{"phone with parentheses", "777123456", "(+420) 777 / 123 456", "+420) 777 / 123 456", Phone, Normalised},
		{"phone with NBSP", "777123456", "777\u00a0123\u00a0456", "777\u00a0123\u00a0456", Phone, Normalised},
		{"phone with thin spaces and a soft hyphen", "777123456", "777\u2009123\u00ad456", "777\u2009123\u00ad456", Phone, Normalised},
		{"phone in pairs", "777123456", "777 12 34 56", "777 12 34 56", Phone, Normalised},
		{"phone wrapped", "777123456", "777 123\n456", "777 123\n456", Phone, Normalised},
		{"phone in a tel link", "777123456", "tel:+420777123456", "+420777123456", Phone, Normalised},
		{"one of two phones", "602111222", "777 123 456 / 602 111 222", "602 111 222", Phone, Normalised},
		{"German phone with trunk zero", "+49 171 1234567", "0171/1234567", "0171/1234567", Phone, Normalised},
		{"German phone with (0)", "+49 171 1234567", "+49 (0)171 1234567", "+49 (0)171 1234567", Phone, Normalised},
		{"name as given", "Jan Novák", "od Jan Novák, Praha", "Jan Novák", Name, Exact},
		{"name without accents", "Jan Novák", "JAN NOVAK", "JAN NOVAK", Name, Normalised},
		{"name in NFD", "Jan Novák", "Jan Nova\u0301k", "Jan Nova\u0301k", Name, Normalised},
		{"surname first", "Jan Novák", "Novák Jan", "Novák Jan", Name, Normalised},
		{"surname first with comma and title", "Jan Novák", "Novák, Ing. Jan", "Novák, Ing. Jan", Name, Normalised},
		{"genitive", "Jan Novák", "bez Jana Nováka", "Jana Nováka", Name, Inflected},
		{"instrumental", "Ing. Jan Novák, Ph.D.", "s Janem Novákem", "Janem Novákem", Name, Inflected},
		{"name in two cells", "Jan Novák", "12\tJan\tNovák\t", "Jan\tNovák", Name, Normalised},
		{"name in two quoted cells", "Jan Novák", `"Novák";"Jan";`, `Novák";"Jan`, Name, Normalised},
		{"name in a drawn table", "Jan Novák", "| Jan | Novák |", "Jan | Novák", Name, Normalised},
		{"name wrapped", "Jan Novák", "Jan\n> Novák", "Jan\n> Novák", Name, Normalised},
		{"feminine dative", "Jana Nováková", "Janě Novákové", "Janě Novákové", Name, Inflected},
		{"surname alone in the feminine", "Novák", "paní Nováková", "Nováková", Name, Inflected},
		{"possessive", "Novák", "Novákův dopis", "Novákův", Name, Inflected},
		{"name in windows-1250 bytes", "Jan Novák", "Jan Nov\xe1k", "Jan Nov\xe1k", Name, Normalised},
		{"name in a link", "Jan Novák", "?q=Jan+Nov%C3%A1k", "Jan+Nov%C3%A1k", Name, Normalised},
		{"name in Japanese", "山田太郎", "山田太郎さん", "山田太郎", Name, Exact},
		{"order number with separators", "2024/00123", "obj. č. 2024-00123", "2024-00123", Order, Normalised},
		{"order number behind letters", "202400123", "VS202400123", "202400123", Order, Exact},
		{"code", "FV-2024-00123", "faktura fv2024/00123", "fv2024/00123", Order, Normalised},
		{"IBAN in fours", "CZ6508000000192000145399", "CZ65 0800 0000 1920 0014 5399", "CZ65 0800 0000 1920 0014 5399", IBAN, Normalised},
		{"account of an IBAN", "CZ6508000000192000145399", "19-2000145399/0800", "19-2000145399/0800", IBAN, Normalised},
		{"account with zeros", "19-2000145399/0800", "000019-2000145399/0800", "000019-2000145399/0800", Account, Normalised},
		{"IBAN of an account", "19-2000145399/0800", "CZ6508000000192000145399", "CZ6508000000192000145399", Account, Normalised},
		{"birth number without slash", "880125/1680", "8801251680", "8801251680", BirthNumber, Normalised},
		{"company's tax number", "27082440", "DIČ: CZ27082440", "27082440", CompanyID, Exact},
		{"IPv4", "192.168.1.1", "from [192.168.1.1]:25", "192.168.1.1", IP, Exact},
		{"IPv6 written out", "2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:0db8:0000:0000:0000:0000:0000:0001", IP, Normalised},
		{"address in JSON", "jan@firma.cz", `{"text":"prosím,\njan\u0040firma.cz"}`, `jan\u0040firma.cz`, Email, Normalised},
		{"address in a calendar", "jan@firma.cz", "BEGIN:VCALENDAR\r\nDESCRIPTION:volejte\\njan@fir\r\n ma.cz", "jan@fir\r\n ma.cz", Email, Normalised},
		{"name in an old card", "Jan Novák", "BEGIN:VCARD\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Nov=C3=\r\n=A1k;Jan", "Nov=C3=\r\n=A1k;Jan", Name, Normalised},
		{"name in JSON", "Jan Novák", `["Jan Nov\u00e1k"]`, `Jan Nov\u00e1k`, Name, Normalised},
		{"name in a Windows path", "Novák", `C:\novak\a.txt`, "novak", Name, Normalised},
		{"account in an IBAN behind a word of four letters", "19-2000145399/0800", "ucet CZ65 0800 0000 1920 0014 5399 nebo", "CZ65 0800 0000 1920 0014 5399", Account, Normalised},
		{"IPv4 behind a label", "10.0.0.4", "IP:10.0.0.4", "10.0.0.4", IP, Exact},
		{"IPv6 behind a label", "2001:db8::1", "IP:2001:db8::1", "2001:db8::1", IP, Exact},
		{"birth number with spaces around the slash", "880125/1680", "880125 / 1680", "880125 / 1680", BirthNumber, Normalised},
		{"IČO without its zeros", "00177041", "IČO: 177041", "177041", CompanyID, Normalised},
		{"foreign VAT number", "ATU12345678", "ATU 12345678", "ATU 12345678", CompanyID, Normalised},
		{"variable symbol with zeros", "2024001234", "VS: 2024001234", "2024001234", VariableSymbol, Exact},
		{"variable symbol padded", "12345", "0000012345", "0000012345", VariableSymbol, Normalised},
		{"short variable symbol behind its label", "482", "var. symbol 482", "482", VariableSymbol, Exact},
		{"customer number", "K-10482", "zákaznické číslo k10482", "k10482", Customer, Normalised},
		{"short order number behind its label", "482", "objednávka č. 482", "482", Order, Exact},
		{"Message-ID", "<CAF+x=1.2@mail.example>", "References: <a@b> <CAF+x=1.2@mail.example>", "CAF+x=1.2@mail.example", MessageID, Exact},
		{"Message-ID in a link", "1.2@mail.example", "https://lists.example/m/1.2%40mail.example/", "1.2%40mail.example", MessageID, Normalised},
		{"postal address without its postcode", "Dlouhá 12, 110 00 Praha 1", "ul. Dlouhá č. p. 12, Praha 1", "Dlouhá č. p. 12, Praha", Address, Normalised},
		{"postal address in lines", "Dlouhá 12, 11000 Praha", "DLOUHA 12\n110 00 PRAHA", "DLOUHA 12\n110 00 PRAHA", Address, Normalised},
		{"postal address, town first", "Dlouhá 12, Praha", "110 00 Praha 1, Dlouhá 12", "Praha 1, Dlouhá 12", Address, Normalised},
		{"postal address with both numbers", "Dlouhá 12, Praha", "Dlouhá 1234/12, Praha", "Dlouhá 1234/12, Praha", Address, Normalised},
		{"postal address inflected", "Dlouhá 12, Praha", "v Dlouhé 12 v Praze", "Dlouhé 12 v Praze", Address, Inflected},
		{"square abbreviated", "náměstí Míru 5, Praha", "nám. Míru 5, Praha", "Míru 5, Praha", Address, Normalised},
		{"foreign postal address", "12 Long Street, London", "12 Long St, London", "12 Long St, London", Address, Normalised},
		{"house letter apart", "Dlouhá 12a, Praha", "Dlouhá 12 A, Praha", "Dlouhá 12 A, Praha", Address, Normalised},
		{"house letter apart in what is given", "Dlouhá 12 A, Praha", "Dlouhá 12a, Praha", "Dlouhá 12a, Praha", Address, Normalised},
		{"a word of one letter behind the number", "Dlouhá 12, Praha", "Dlouhá 12 a Praha", "Dlouhá 12 a Praha", Address, Normalised},
		{"German street abbreviated", "Hauptstraße 5, 10115 Berlin", "HAUPTSTR. 5, 10115 Berlin", "HAUPTSTR. 5, 10115 Berlin", Address, Normalised},
		{"kind of street given only", "tř. 17. listopadu 5, 779 00 Olomouc", "17. listopadu 5, 77900 Olomouc", "17. listopadu 5, 77900 Olomouc", Address, Normalised},
		{"kind of street written only", "17. listopadu 5, 779 00 Olomouc", "tř. 17. listopadu 5, 77900 Olomouc", "17. listopadu 5, 77900 Olomouc", Address, Normalised},
		{"square without its kind", "nám. Míru 5, Praha", "Míru 5, Praha", "Míru 5, Praha", Address, Normalised},
		{"Slovak street inflected", "Hlavná 5, Bratislava", "na Hlavnej 5 v Bratislave", "Hlavnej 5 v Bratislave", Address, Inflected},
		{"square that has no other name", "Náměstí 5, Lhota", "Náměstí 5, Lhota", "Náměstí 5, Lhota", Address, Exact},
		{"village", "Lhota 15, 123 45 Lhota", "Lhota 15\n12345", "Lhota 15\n12345", Address, Normalised},
		{"postal address as text", "Dlouhá 12, 110 00 Praha", "Dlouha 12\n110 00 PRAHA 1", "Dlouha 12\n110 00 PRAHA", Text, Normalised},
	} {
		t.Run(c.name, func(t *testing.T) {
			hits := find(t, c.kind, c.value, c.text)
			if len(hits) != 1 {
				t.Fatalf("got %d hits %v, want 1", len(hits), hits)
			}
			if got := c.text[hits[0].From:hits[0].To]; got != c.place || hits[0].Form != c.form {
				t.Errorf("got %q (%v), want %q (%v)", got, hits[0].Form, c.place, c.form)
			}
		})
	}
}

func asciiDomain(t *testing.T) string {
	t.Helper()
	a, ok := parseAddress("jan@háčky.cz")
	if !ok {
		t.Fatal("no address")
	}
	return a.ascii
}

func TestFindLookAlike(t *testing.T) {
	for _, c := range []struct {
		name, value, text string
		kind              Kind
	}{
		{"longer local part", "jan@firma.cz", "xjan@firma.cz", Email},
		{"longer local part with a dot", "jan@firma.cz", "a.jan@firma.cz", Email},
		{"longer domain", "jan@firma.cz", "jan@firma.czech", Email},
		{"longer domain behind an ending", "jan@firma.cz", "jan@firma.cz.pdfs", Email},
		{"forwarder's path of another", "jan@firma.cz", "SRS0=x1Y=AB=firma.cz=jana@forward.example", Email},
		{"deeper domain", "jan@firma.cz", "jan@firma.cz.example.com", Email},
		{"other person of the domain", "jan@firma.cz", "petr@firma.cz", Email},
		{"domain with accents", "jan@hacky.cz", "jan@háčky.cz", Email},
		{"domain without accents", "jan@háčky.cz", "jan@hacky.cz", Email},
		{"tag that ends in the local part", "jan@firma.cz", "petr+jan@firma.cz", Email},
		{"words around at", "jan@firma.cz", "jan, at firma we", Email},
		{"longer number", "777123456", "7771234567", Phone},
		{"number with more in front", "777123456", "1777123456", Phone},
		{"a fraction", "777123456", "0.777123456", Phone},
		{"other country", "+420777123456", "+421 777 123 456", Phone},
		{"other country with 00", "+420777123456", "00421 777 123 456", Phone},
		{"other country unseparated", "+420777123456", "+421777123456", Phone},
		{"bank account", "777123456", "777123456/0800", Phone},
		{"part of a dashed number", "777123456", "2024-777-123-456", Phone},
		{"part of a card number", "11111111", "4111 1111 1111 1111", Order},
		{"longer word", "Jan Novák", "Jan Novákovský", Name},
		{"other first name", "Jan Novák", "Jana Nováková", Name},
		{"first name in another sentence", "Jan Novák", "Přišel Jan! Novák odešel.", Name},
		{"first names of two with a dash", "Jan Novák", "Jan - Petr Novák", Name},
		{"two persons", "Jan Novák", "Jan a Petr Novák", Name},
		{"another word between the names", "Jan Novák", "Jan potkal Novák", Name},
		{"address with a letter", "jan@firma.cz", "jan a firma.cz", Email},
		{"address in another domain with a dash", "jan@firma.cz", "jan@firma.cz-servis.example", Email},
		{"address behind a short number", "jan@firma.cz", "12.jan@firma.cz", Email},
		{"account at another bank", "2000145399/0800", "č. ú. 2000145399, kód banky: 0300", Account},
		{"account without its bank", "2000145399/0800", "č. ú. 2000145399, VS 0800", Account},
		{"street with another initial", "Dr. Edvarda Beneše 3, Brno", "Dr. J. Beneše 3, Brno", Address},
		{"IPv4 in a longer row", "10.20.30.42", "5-10-20-30-42", IP},
		{"postal address before another", "Dlouhá 12, 110 00 Praha", "Dlouhá 12, 602 00 Brno, Krátká 3, 110 00 Praha", Address},
		{"decimal fraction", "777123456", "0,777123456", Phone},
		{"price with a zero", "123456", "celkem 123456.00", Order},
		{"account with another prefix in three fields", "19-2000145399/0800", "Předčíslí: 119\nČíslo účtu: 2000145399\nKód banky: 0800", Account},
		{"sentence behind a domain", "jan@firma.cz.com", "jan@firma.cz. Komu", Email},
		{"couple of others with an ampersand", "Jan Novák", "Petr & Eva Novákovi", Name},
		{"initial of another's name", "Jan Novák", "Novák M., Jan K.", Name},
		{"cells of three persons", "Jan Novák", `"Novák", "Eva", "Jan"`, Name},
		{"name in a longer word", "Jan Novák", "jannovakova", Name},
		{"surname of another than the couple", "Eva Nováková", "Eva řekla Novákovi", Name},
		{"short name as one word", "Eva Malá", "evamala", Name},
		{"longer surname", "Lis", "Lison", Name},
		{"longer order number", "202400123", "1202400123", Order},
		{"order number in a longer dashed one", "00123", "2024-00123", Order},
		{"longer IPv4", "192.168.1.1", "192.168.1.11", IP},
		{"IPv4 with more in front", "92.168.1.1", "192.168.1.1", IP},
		{"digits behind letters of a code", "777123456", "FV777123456", Phone},
		{"digits in a hash", "202400123", "a1f202400123", Order},
		{"digits of a phone", "123456", "+420 777 123 456", Order},
		{"digits of an account", "202400123", "202400123/0800", VariableSymbol},
		{"short code across a space", "K-482", "k 482 korunám", Customer},
		{"short variable symbol without its label", "482", "celkem 482 Kč", VariableSymbol},
		{"short order number in a longer one", "482", "objednávka č. 4825", Order},
		{"birth number divided elsewhere", "880125/1680", "8801 251680", BirthNumber},
		{"longer Message-ID", "1.2@mail.example", "<11.2@mail.example>", MessageID},
		{"Message-ID of a longer host", "1.2@mail.example", "<1.2@mail.example.com>", MessageID},
		{"longer house number", "Dlouhá 12, Praha", "Dlouhá 123, Praha", Address},
		{"town of another address before it", "Dlouhá 12, 110 00 Praha", "Krátká 3, Praha 1, nebo Dlouhá 12, Brno", Address},
		{"house number with a letter", "Dlouhá 12, Praha", "Dlouhá 12a, Praha", Address},
		{"house letter apart", "Dlouhá 12, Praha", "Dlouhá 12 A, Praha", Address},
		{"longer name of a village", "Lhota 15, 763 12 Luhačovice", "Horní Lhota č.p. 15, 763 12", Address},
		{"phone in an IBAN", "737766698", "IBAN CZ65 0800 737766698 1234 5678", Phone},
		{"a price of more groups", "777123456", "1,777,123,456 Kč", Phone},
		{"a price with cents", "777123456", "777,123,456.50", Phone},
		{"numbers of a list", "777123456", "12, 777, 123, 456", Phone},
		{"phone parted by different signs", "777123456", "777, 123: 456", Phone},
		{"time and number", "123045678", "12:30, 456, 78", Phone},
		{"order number like a range", "222333444", "222333444-5", Phone},
		{"range that goes on", "222333444", "222 333 444-5-6", Phone},
		{"birth number in pairs without slash", "920315/1221", "92 03 15 1221", BirthNumber},
		{"VAT number without country and label", "PL5252248482", "525-224-84-82", CompanyID},
		{"same street in another town", "Dlouhá 12, 110 00 Praha", "Dlouhá 12, 602 00 Brno", Address},
		{"same street and town, another postcode", "Dlouhá 12, 110 00 Praha", "Dlouhá 12, 198 00 Praha", Address},
		{"other street of the town", "Dlouhá 12, Praha", "Krátká 12, Praha", Address},
		{"escape of another letter", "novak@firma.cz", `{"a":"x\\\\u0061novak@firma.cz"}`, Email},
		{"account with a prefix", "2000145399/0800", "19-2000145399/0800", Account},
	} {
		t.Run(c.name, func(t *testing.T) {
			if hits := find(t, c.kind, c.value, c.text); len(hits) > 0 {
				t.Errorf("got %q, want no hit", c.text[hits[0].From:hits[0].To])
			}
		})
	}
}

// TestFindBesideSigns: typographic quotes and other signs are no letters.
func TestFindBesideSigns(t *testing.T) {
	for _, c := range []struct {
		id   Identifier
		text string
	}{
		{Identifier{Name, "Jan Novák"}, "Podepsán „Jan Novák“."},
		{Identifier{Name, "Jan Novák"}, "•Jan Novák…"},
		{Identifier{Name, "Novák"}, "Novák→Brno"},
		{Identifier{Text, "modrá konvice"}, "«modrá konvice»"},
		{Identifier{Email, "jan.novak@firma.cz"}, "„jan.novak@firma.cz“"},
		{Identifier{Email, "jan.novak@firma.cz"}, "?to=jan.novak+(at)+firma+dot+cz"},
		{Identifier{VariableSymbol, "343468847"}, "?msg=VS:+343468847"},
		{Identifier{Customer, "K-182300"}, "?q=č.+K-182300"},
		{Identifier{IP, "2001:db8::fc:16"}, "BEGIN:VCARD\r\nNOTE:IP=2001:db8::fc:16\r\nEND:VCARD\r\n"},
	} {
		if hits := matcher(t, c.id).Find([]byte(c.text)); len(hits) != 1 {
			t.Errorf("%v %q: got %d hits in %q, want 1", c.id.Kind, c.id.Value, len(hits), c.text)
		}
	}
	if terms := Identifiers("[IPv6:2001:db8::1] mailto:10.8.4.1:443"); !containsAny(terms, []string{"2001:db8::1"}) || !containsAny(terms, []string{"10.8.4.1"}) {
		t.Errorf("terms: got %q", terms)
	}
}

// TestIndexHasAnAddressWithAnyTag: what Gmail writes into the return path of what it
// forwards has signs in its tag that no other local part has.
func TestIndexHasAnAddressWithAnyTag(t *testing.T) {
	const text = "Return-Path: <jan+caf_=eva=firma.cz@gmail.example>"
	if hits := find(t, Email, "jan@gmail.example", text); len(hits) != 1 {
		t.Errorf("got %v, want a hit", hits)
	}
	if got := Identifiers(text); !slices.Contains(got, "jan@gmail.example") {
		t.Errorf("the index has %q", got)
	}
}
