package demo

import "postolka/store"

// deliveries: where a parcel is and what became of it, to podpora@, in Czech.
func deliveries() []story {
	return []story{
		{box: podpora, who: cz("Petra Kolářová", "petra.kolarova@postovnik.example", "+420 608 000 402"), subject: "Balíček „doručen“, ale nic nemám",
			turns: []turn{in(0, "-4h50m", "Dobrý den,\n\npodle sledování byla zásilka k OBJ-2026117580 včera ve 14:06 doručena. Byla jsem celý den doma a nikdo nezvonil. Sousedka taky nic nepřevzala. Můžete zjistit, komu ji řidič předal? Byl v ní dárek pro maminku na neděli.")},
			later: []string{"Děkuji za zjištění, balíček byl opravdu v trafice na rohu. Lístek ve schránce ale nebyl, to by si dopravce měl pohlídat.", "Dobře, beru to jako vyřízené. Hezký den."}},
		{box: podpora, who: cz("Ondřej Sedlák", "ondrej.sedlak@dopisy.example", ""), subject: "Mohu si OBJ-2026118107 vyzvednout osobně?",
			turns: []turn{in(1, "17:25", "Dobrý den, příští týden pojedu přes Horní Lhotu. Dá se doručení u OBJ-2026118107 změnit na osobní odběr? Ušetřil bych poštovné a vy obal :-) Stačilo by mi úterý odpoledne.")},
			later: []string{"Výborně, přijedu okolo třetí. Platit budu kartou, jestli to jde."}},
		{box: podpora, who: cz("Věra Čermáková", "vera.cermakova@schrankar.example", "+420 721 000 835"), subject: "Zásilka stojí na depu už pět dní",
			turns: []turn{
				in(4, "7:58", "Dobrý den,\n\nOBJ-2026117066 je od {-5} „na depu“ a nic se neděje. Na lince dopravce mě po dvaceti minutách odpojili. Můžete to prosím popohnat? Obědváme z papírových talířů."),
				out(4, "9:20", "Dobrý den,\n\npsala jsem dopravci, štítek se na depu poškodil a balík čekal na nový. Slíbili doručení do dvou dnů. Budu to hlídat."),
				in(2, "19:20", "Dobrý den, dva dny uběhly a balík je stále na depu. Co bude dál?"),
				out(1, "8:31", "Dobrý den,\n\nmrzí mě to. Posíláme dnes novou sadu jiným dopravcem, dorazí zítra dopoledne. Ten první balík, až se najde, jen odmítněte.")},
			later:  []string{"Nová sada dorazila v pořádku, děkuji. Kdyby přišla i ta první, pošlu ji zpátky."},
			ending: waiting("doprava").to(jana).noting("Dopravce potvrdil ztrátu štítku, reklamaci zásilky jsem podala pod č. DPV-55218. Až přijde náhrada, zkontrolovat částku.")},
		{box: podpora, who: cz("Lukáš Bartoš", "lukas.bartos@posta-doma.example", ""), subject: "Doručení na Slovensko",
			turns: []turn{
				in(7, "12:12", "Ahojte, doručujete aj na Slovensko? Sestra bydlí v Hornej Dubine a chtěl bych jí poslat pekáč. Kolik by stálo poštovné a jak dlouho to jde?"),
				out(7, "14:45", "Dobrý den,\n\nano, na Slovensko posíláme za 149 Kč, trvá to 2–3 pracovní dny. V košíku stačí zvolit zemi doručení, na fakturační adresu to nemá vliv.")},
			ending: waiting("doprava")},
		{box: podpora, who: cz("Markéta Tichá", "marketa.ticha@postovnik.example", "+420 722 000 149"), subject: "Odložit doručení OBJ-2026116950",
			turns: []turn{
				in(10, "9:05", "Dobrý den,\n\nod zítřka budu v nemocnici a balík by neměl kdo převzít. Můžete OBJ-2026116950 poslat až za dva týdny?"),
				out(10, "10:28", "Dobrý den,\n\nzásilku jsme zastavili na skladě, pošleme ji po {+15}. Ozvu se den předem. Přeji brzké uzdravení."),
				in(10, "10:51", "Děkuji vám, jste hodná.")},
			ending: ending{status: store.StatusSnoozed, assignee: jana, tags: []string{"doprava"}, snooze: 5, note: "Po propuštění z nemocnice nejdřív zavolat, pak teprve odeslat."}},
		{box: podpora, who: cz("František Mareš", "frantisek.mares@dopisy.example", "723 000 564"), subject: "Chybí jedna krabice ze dvou", charset: "windows-1250",
			turns: []turn{
				in(13, "15:36", "Dobrý den,\n\nz OBJ-2026116204 přišla jen jedna krabice (talíře). Příbory a ubrus chybí, na štítku je napsáno 1/2. Co s tím?"),
				out(12, "8:14", "Dobrý den,\n\ndruhá krabice jela jiným autem, podle dopravce ji dnes předají. Pokud do večera nepřijede, napište a příbory pošleme znovu."),
				in(12, "16:50", "Tak už je tady, žluté auto kolem čtvrté. Všechno v pořádku, děkuji.")},
			ending: solved("doprava")},
		{box: podpora, who: cz("Iveta Krejčová", "iveta.krejcova@schrankar.example", ""), subject: "Špatné PSČ v objednávce OBJ-2026115518",
			turns: []turn{
				in(22, "18:44", "Dobrý den, teď jsem si všimla, že jsem v OBJ-2026115518 přehodila dvě číslice v PSČ. Správně je 678 01. Dorazí to i tak?"),
				out(21, "7:59", "Dobrý den,\n\nopravila jsem to dřív, než se tiskl štítek. Dorazí v pořádku ve čtvrtek.")},
			ending: solved("doprava")},
		{box: podpora, who: cz("Bohumil Zeman", "bohumil.zeman@posta-doma.example", "+420 724 000 007"), subject: "Kurýr nechal zásilku v dešti", plain: true,
			turns: []turn{
				in(48, "19:31", "Dobrý den,\n\nkurýr položil krabici před branku do louže. Karton je rozmočený, naštěstí hrnce to přežily, jen návod a záruční list jsou na vyhození. Pošlete mi prosím nové? OBJ-2026113377. Fotku přikládám.", photo("krabice.png", dentedParcel())),
				out(47, "9:08", "Dobrý den,\n\nomlouvám se za kurýra, dopravci jsem stížnost předala i s fotkou. Návod i záruční list posílám v příloze, záruka platí i bez papíru – stačí číslo objednávky.",
					paper("zarucni-list-OBJ-2026113377.pdf", "Záruční list", "Objednávka OBJ-2026113377", "Výrobek: sada hrnců Berounka, 5 dílů", "Datum prodeje: {-4}", "Záruka: 24 měsíců")),
				in(47, "20:15", "Děkuji, to stačí.")},
			ending: solved("doprava")},
		{box: podpora, who: cz("Dagmar Urbanová", "dagmar.urbanova@postovnik.example", ""), subject: "Sledovací číslo k OBJ-2026110284",
			turns: []turn{
				in(83, "11:55", "Dobrý den, nepřišlo mi sledovací číslo k objednávce OBJ-2026110284. Můžete mi ho prosím poslat?"),
				out(83, "13:01", "Dobrý den,\n\nzásilka má číslo DR0055219046CZ, na cestě je od včerejška. E-mail skončil nejspíš ve spamu.")},
			ending: solved("doprava")},
	}
}
