package demo

// wholesale: shops, canteens and suppliers, to velkoobchod@, in Czech.
func wholesale() []story {
	return []story{
		{box: velkoobchod, who: cz("Ing. Robert Hájek", "hajek@penzion-podskalou.example", "+420 731 000 702"), subject: "Poptávka: nádobí pro penzion, 40 míst",
			turns: []turn{in(0, "-3h20m", "Dobrý den,\n\notevíráme po rekonstrukci jídelnu v penzionu Pod Skalou a poptávám nádobí pro 40 osob: talíř mělký, hluboký, dezertní, miska, hrnek, kompletní příbory. Mělo by to vydržet průmyslovou myčku. Seznam přikládám. Potřebujeme to do {+21}, jde to? A jaká je sleva při odběru nad 50 tisíc?",
				table("poptavka-penzion.csv", "Zboží|Kusů|Poznámka", "Talíř mělký 26 cm|48|bílý", "Talíř hluboký 22 cm|48|bílý", "Talíř dezertní 19 cm|48|bílý", "Miska 0,4 l|48|", "Hrnek 0,3 l|60|stohovatelný", "Příbory, sada 4 ks|48|nerez 18/10"))},
			later: []string{"Děkuji za nabídku, cena je v pořádku. Posílám závaznou objednávku, prosím o zálohovou fakturu.", "Faktura zaplacena, těšíme se na dodávku."}},
		{box: velkoobchod, who: cz("Gabriela Nováčková", "novackova@domacipotreby-lhota.example", ""), subject: "Nový ceník na příští rok?",
			turns:  []turn{in(2, "10:58", "Dobrý den, kdy prosím vyjde ceník na příští rok? Tiskneme katalog do {+10} a potřebovala bych alespoň ceny hrnců Berounka a pánví Orlík.")},
			later:  []string{"Předběžné ceny mi stačí, děkuji."},
			ending: with(petr)},
		{box: velkoobchod, who: cz("Jan Pešek", "pesek@kantyna-tovarni.example", "732 000 459"), subject: "Objednávka 2026-88, chybí 12 nádob GN",
			turns: []turn{
				in(3, "7:40", "Dobrý den,\n\nv dnešní dodávce k naší objednávce 2026-88 bylo 24 nádob GN 1/1 místo 36. Na dodacím listu je 36 a podpis našeho skladníka, ale ten počítal krabice, ne kusy. Sken dodacího listu posílám.",
					paper("dodaci-list-2026-88.pdf", "Dodací list 2026-88", "Odběratel: Kantýna Tovární", "=Položka\tKusů\tKrabic", "GN nádoba 1/1, hloubka 65 mm\t36\t3", "Víko GN 1/1\t36\t2")),
				out(3, "9:55", "Dobrý den,\n\nprověřili jsme sklad a jedna krabice tu opravdu zůstala. Pošleme ji zítra ráno na naše náklady."),
				in(2, "13:15", "Krabice dorazila, ale víka v ní nesedí – jsou na GN 1/2. Vyměníte je?")},
			ending: with(petr, "doprava").noting("Sklad: víka GN 1/1 a 1/2 leží ve stejném regálu, prohodili je už podruhé. Opravit štítky.")},
		{box: velkoobchod, who: cz("Simona Richterová", "richterova@svatby-u-rybnika.example", "+420 733 000 128"), subject: "Zapůjčení 120 sklenic na svatbu",
			turns: []turn{
				in(9, "12:27", "Dobrý den, půjčujete také sklo? Potřebovali bychom 120 sklenic na víno a 60 na sekt na víkend za tři týdny."),
				out(9, "15:03", "Dobrý den,\n\nsklo nepůjčujeme, ale prodáme vám ho a nerozbité kusy vykoupíme zpět za 70 % ceny. Pozvánku k prohlídce vzorků přikládám, hodí se vám?",
					invitation("prohlidka-vzorku.ics", "Prohlídka vzorků skla – Kolovrat", "Dlouhá 118, Horní Lhota", 3, 14))},
			later:  []string{"Termín se hodí, přijedeme ve dvou. Ten zpětný výkup zní rozumně."},
			ending: waiting("nabídka")},
		{box: velkoobchod, who: cz("Účtárna – Potraviny Sedlo", "uctarna@potraviny-sedlo.example", ""), subject: "Nesouhlasí DPH na faktuře 2026115102",
			turns: []turn{
				in(15, "9:11", "Dobrý den,\n\nna faktuře 2026115102 je sazba DPH 12 % u kuchyňských utěrek. Podle nás patří do základní sazby 21 %. Prosíme o opravu, měsíc uzavíráme {+8}.",
					invoice("2026115102", "OBJ-2026115102", "Potraviny Sedlo", "3 920,00", "Utěrka bavlněná, 10 ks\t28\t3 500,00")),
				out(14, "10:32", "Dobrý den,\n\nmáte pravdu, v kartě zboží byla špatná sazba. Opravný daňový doklad posílám v příloze.",
					paper("opravny-doklad-2026115102.pdf", "Opravný daňový doklad k faktuře 2026115102", "Odběratel: Potraviny Sedlo", "Důvod: chybná sazba daně u kuchyňských utěrek (12 % → 21 %)", "Datum: {+0}")),
				in(14, "11:06", "Děkujeme, v pořádku.")},
			ending: solved("fakturace")},
		{box: velkoobchod, who: cz("Kateřina Lišková", "liskova@keramika-z-kopce.example", "+420 734 000 880"), subject: "Nabídka ručně točené keramiky",
			turns: []turn{
				in(29, "13:50", "Dobrý den,\n\njsme malá dílna ze tří lidí a točíme užitkovou keramiku – hrnky, misky, máslenky. Hledáme obchod, který by ji vzal do komise. Mohla bych přivézt vzorky?"),
				out(28, "8:48", "Dobrý den,\n\nlíbí se nám to, podobné zboží zákazníci hledají. Vzorky prosím přivezte kterékoli úterý dopoledne. Marže v komisi je u nás 35 %, smlouvu vám pošlu předem."),
				in(27, "16:20", "Přijedu to nejbližší úterý. Děkuji za důvěru!"),
				out(20, "12:10", "Dobrý den,\n\nděkujeme za návštěvu. Začneme s máslenkami a hrnky, po 30 kusech. Smlouva je v příloze.",
					paper("komisni-smlouva.pdf", "Komisionářská smlouva – návrh", "Komisionář: Kolovrat", "Komitent: Keramika z kopce", "Předmět: 30 ks máslenka, 30 ks hrnek 0,25 l", "Marže: 35 % z prodejní ceny bez DPH", "Vyúčtování: do 10. dne následujícího měsíce"))},
			ending: solved("dodavatelé")},
		{box: velkoobchod, who: cz("Michal Doubek", "doubek@skolni-kuchyne-brdy.example", ""), subject: "Prodloužení splatnosti faktury 2026111873", charset: "iso-8859-2",
			turns: []turn{
				in(58, "11:33", "Dobrý den,\n\nzřizovatel nám poslal peníze později, než slíbil. Mohli byste prodloužit splatnost faktury 2026111873 o čtrnáct dní? Je to poprvé za šest let."),
				out(58, "12:15", "Dobrý den,\n\nsamozřejmě, novou splatnost jsem zapsal na {+14}. Penále neúčtujeme."),
				in(45, "9:02", "Dnes zaplaceno. Děkujeme za pochopení.")},
			ending: solved("fakturace")},
		{box: velkoobchod, who: cz("Ivana Procházková", "prochazkova@cukrarna-u-mostu.example", "+420 735 000 344"), subject: "Reklamní tisk na krabice na dorty",
			turns: []turn{
				in(76, "15:18", "Dobrý den, umíte potisknout krabice na dorty naším logem? Šlo by nám o 500 kusů 28 × 28 cm."),
				out(75, "9:26", "Dobrý den,\n\numíme, jednobarevný potisk vyjde na 3,20 Kč za kus, příprava 900 Kč jednou. Logo prosím v křivkách (PDF nebo SVG)."),
				in(73, "10:49", "To je víc, než jsme čekali, zatím to necháme. Díky za rychlou odpověď.")},
			ending: solved("nabídka")},
	}
}
