package demo

// rights: people who ask for their data, in Czech; one more is among the English.
func rights() []story {
	return []story{
		{box: podpora, who: cz("Kristýna Blažková", "kristyna.blazkova@schrankar.example", "+420 736 000 291"), subject: "Žádost o výmaz osobních údajů (čl. 17 GDPR)",
			turns: []turn{in(1, "11:29", "Dobrý den,\n\npodle čl. 17 GDPR žádám o výmaz všech osobních údajů, které o mně vedete, včetně e-mailů a záznamů o objednávkách, u nichž už neběží zákonná lhůta. Nakupovala jsem u vás pod adresou kristyna.blazkova@schrankar.example a telefonem 736 000 291, naposledy OBJ-2026104210. O vyřízení mě prosím informujte.")},
			later: []string{"Děkuji za potvrzení přijetí. Občanku posílat nechci, ale klidně potvrdím cokoli z této adresy."}},
		{box: podpora, who: cz("Kristýna Blažková", "kristyna.blazkova@schrankar.example", "+420 736 000 291"), subject: "OBJ-2026104210 – chybí návod",
			turns: []turn{
				in(89, "10:05", "Dobrý den, u parního hrnce z OBJ-2026104210 chyběl návod. Pošlete mi ho prosím v PDF? Kdyby něco, volejte 736 000 291."),
				out(89, "11:32", "Dobrý den,\n\nnávod je v příloze. Nejdůležitější je strana o odvápnění.",
					paper("navod-parni-hrnec.pdf", "Parní hrnec Mlha – návod", "1. Nalijte 0,5 l vody, nejvýše po rysku.", "2. Zeleninu skládejte volně, tvrdší dospod.", "3. Po každém desátém vaření odvápněte octem 1 : 3.", "", "Kolovrat, podpora@kolovrat.example")),
				in(88, "18:19", "Děkuji, mám.")},
			ending: solved()},
		{box: podpora, who: cz("Antonín Louda", "antonin.louda@posta-doma.example", ""), subject: "Odhlášení z novinek a námitka", plain: true,
			turns: []turn{
				in(20, "6:58", "Dobrý den,\n\npotřetí žádám o vyřazení z obchodních sdělení na adresu antonin.louda@posta-doma.example. Vznáším námitku podle čl. 21 GDPR. Odkaz v patičce nefunguje."),
				out(20, "9:14", "Dobrý den,\n\nadresu jsem z novinek vyřadila a zapsala na seznam, kam už se nesmí posílat. Odkaz jsme opravili, míří teď na správnou stránku. Omlouváme se za obtěžování."),
				in(19, "7:03", "Beru na vědomí.")},
			ending: solved("GDPR")},
		{box: podpora, who: cz("Blanka Ševčíková", "blanka.sevcikova@dopisy.example", "737 000 826"), subject: "Oprava příjmení v účtu",
			turns: []turn{
				in(50, "13:27", "Dobrý den, po svatbě jsem se přejmenovala z Navrátilové na Ševčíkovou. V účtu i na fakturách mi to prosím opravte. Telefon zůstává 737 000 826."),
				out(50, "14:40", "Dobrý den,\n\nv účtu máte nové příjmení, faktury vystavené před svatbou se ze zákona nemění. Přejeme hodně štěstí!")},
			ending: solved("GDPR")},
	}
}
