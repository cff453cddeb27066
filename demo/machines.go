package demo

import "postolka/store"

// machines: what programs write to the shop.
func machines() []story {
	return []story{
		{box: podpora, who: cz("Trhovec – prodejci", "prodejci@trhovec.example", ""), subject: "Nová objednávka z tržiště: TRH-5590213",
			turns: []turn{machine(2, "6:15", "Dobrý den,\n\nna tržišti Trhovec jste prodali:\n\n1× Mlýnek na pepř Kamýk, 649 Kč\n1× Solnička Kamýk, 449 Kč\n\nKupující: V. Jandová, Horní Lhota\nObjednávka: TRH-5590213\nOdešlete nejpozději do: {+2}\n\nTato zpráva byla vytvořena automaticky, neodpovídejte na ni.\n",
				`<table width="600" cellpadding="12" style="font-family:Arial,sans-serif;border:1px solid #d8d8d8"><tr><td style="background:#6a2c91;color:#ffffff;font-size:20px"><b>Trhovec</b> · prodejci</td></tr>`+
					`<tr><td><p>Dobrý den,</p><p>na tržišti Trhovec jste prodali:</p><table width="100%" cellpadding="6" style="border-collapse:collapse"><tr style="background:#f3eef7"><th align="left">Zboží</th><th align="right">Kusů</th><th align="right">Kč</th></tr>`+
					`<tr><td>Mlýnek na pepř Kamýk</td><td align="right">1</td><td align="right">649</td></tr><tr><td>Solnička Kamýk</td><td align="right">1</td><td align="right">449</td></tr></table>`+
					`<p>Kupující: V. Jandová, Horní Lhota<br>Objednávka: <b>TRH-5590213</b><br>Odešlete nejpozději do: <b>{+2}</b></p><p><a href="https://prodejci.trhovec.example/o/TRH-5590213">Otevřít objednávku</a></p></td></tr>`+
					`<tr><td style="color:#777777;font-size:12px">Tato zpráva byla vytvořena automaticky, neodpovídejte na ni.<img src="https://img.trhovec.example/pixel.gif?o=5590213" width="1" height="1" alt=""></td></tr></table>`)},
			ending: with(jana)},
		{box: velkoobchod, who: cz("Leoš Tvrdík", "tvrdik@hotel-na-stezce.example", "738 000 117"), subject: "Vzorky porcelánu pro hotel Na Stezce",
			turns: []turn{
				in(14, "13:09", "Dobrý den, pošlete nám prosím vzorky řady Vltava – mělký a hluboký talíř, šálek s podšálkem. Rozhodujeme se mezi třemi dodavateli."),
				out(13, "8:36", "Dobrý den,\n\nvzorky odešly dnes, číslo zásilky DR0055301877CZ. Kdy se vám mohu ozvat?"),
				machine(13, "8:37", "Dobrý den,\n\ndo {+6} jsem na dovolené bez přístupu k e-mailu. V naléhavých případech volejte recepci hotelu, 738 000 100.\n\nLeoš Tvrdík, Hotel Na Stezce\n", "")},
			ending: ending{status: store.StatusWaiting, assignee: petr, tags: []string{"nabídka"}, note: "Zavolat až po jeho dovolené. Konkurence prý nabízí 18 %, my můžeme jít na 22 %."}},
		{box: podpora, forged: true, who: cz("Kolovrat ucetni oddeleni", "faktury@kolovrat-cz.example", ""), subject: "URGENTNÍ: neuhrazená faktura, hrozí exekuce",
			turns: []turn{machine(0, "-5h40m", "Vážený zákazník,\n\nvaše faktura 88213 na částka 14 860 Kč nebyla uhrazena. Zaplaťte ihned přes zabezpečený odkaz, jinak bude účet blokován:\n\nhttps://platba.kolovrat-cz.example/overeni\n\nOddělení faktury\n",
				`<p>Vážený zákazník,</p><p>vaše faktura <b>88213</b> na částka <b>14 860 Kč</b> nebyla uhrazena. Zaplaťte ihned přes zabezpečený odkaz, jinak bude účet blokován:</p>`+
					`<p><a href="https://platba.kolovrat-cz.example/overeni" style="background:#c00000;color:#ffffff;padding:8px 16px">www.kolovrat.example – zaplatit</a></p><p>Oddělení faktury</p>`)}},
		{box: velkoobchod, who: en("Global Cookware Expo", "invite@cookware-expo-leads.example", ""), subject: "LAST CHANCE: attendee list of 48,000 buyers",
			turns:  []turn{machine(8, "3:22", "Dear exhibitor,\n\nwould you be interested in the attendee list of this year's Global Cookware Expo? 48,000 verified buyers with e-mail and phone, only 399 USD this week.\n\nReply YES for pricing.\n", "")},
			ending: ending{status: store.StatusSpam}},
	}
}
