package demo

import "postolka/store"

// orders: questions before and after buying, to podpora@, in Czech.
func orders() []story {
	return []story{
		{box: podpora, who: cz("Alena Horáková", "alena.horakova@postovnik.example", "+420 602 000 114"), subject: "Změna adresy u OBJ-2026118342",
			turns: []turn{in(0, "-38m", "Dobrý den,\n\ndnes ráno jsem u vás objednala sadu misek Vltava (OBJ-2026118342) a až teď vidím, že se vyplnila stará adresa. Od září bydlíme na adrese Na Výsluní 14, Dolní Kamenice. Jde to ještě změnit, než balíček odejde?")},
			later: []string{"To je skvělé, moc děkuji za rychlost. Číslo domu je správně, zvonek je na jméno Horákovi.", "Balíček už se hlásí na cestě. Ještě jednou díky!"}},
		{box: podpora, who: cz("Tomáš Beneš", "t.benes@dopisy.example", ""), subject: "Je konvice Lada vhodná na indukci?",
			turns: []turn{in(0, "-2h15m", "Zdravím,\n\nv popisu nerezové konvice Lada 1,2 l je jednou napsáno „všechny typy sporáků“ a níže „mimo indukce“. Tak jak to prosím je? Máme novou indukční desku a magnet na staré konvici držel jen napůl.")},
			later: []string{"Díky za vysvětlení, objednávám tu větší s čistým dnem. Ať se daří."}},
		{box: podpora, who: cz("Ludmila Pokorná", "ludmila.pokorna@schrankar.example", "777 000 318"), subject: "Faktura na firmu – OBJ-2026117905",
			turns: []turn{
				in(1, "15:42", "Dobrý den,\n\nobjednávka OBJ-2026117905 je pro naši školní jídelnu. Potřebovala bych fakturu vystavit na: Školní jídelna U Lípy, Lipová 7, Horní Lhota, a ne na moje jméno. Účetní závěrku dělám do {+6}, tak kdyby to šlo dřív, byla bych ráda.\n\nPosílám soupis položek, jak ho vede naše účetní.",
					table("soupis-jidelna.csv", "Položka|Kusů|Cena s DPH", "Naběračka nerez 0,2 l|6|1 074", "GN nádoba 1/2|4|1 916", "Prkénko HACCP zelené|3|747"))},
			later: []string{"Děkuji, faktura dorazila a sedí. Předám ji účetní."}},
		{box: podpora, who: cz("Marek Jelínek", "marek.jelinek@posta-doma.example", "+420 603 000 472"), subject: "Dvakrát stržená platba",
			turns: []turn{
				in(1, "20:08", "Dobrý večer,\n\nza OBJ-2026118011 mi banka ukazuje dvě platby po 1 349 Kč. Zaplatil jsem kartou, stránka pak spadla, tak jsem dal znovu. Objednávku ale vidím jen jednu. Vrátíte mi tu druhou platbu, nebo se mám ptát v bance?")},
			later: []string{"Dobrý den,\n\ndruhá platba se mi opravdu vrátila na účet. Děkuji za vyřízení.", "Není zač děkovat mně, to vy. Určitě nakoupím znovu."}},
		{box: podpora, who: cz("Jiřina Málková", "jirina.malkova@postovnik.example", ""), subject: "Dárkové balení k Vánocům",
			turns:  []turn{in(2, "9:27", "Dobrý den, ráda bych objednala 4 hrnky Pohoda (2 modré a 2 červené) jako dárky. Balíte i do dárkového papíru každý zvlášť a šlo by přidat lístek s textem? A do kdy musím objednat, aby to přišlo před Štědrým dnem?", photo("hrnky.png", mugs()))},
			later:  []string{"Perfektní, objednám tedy každý zvlášť. Na lístek prosím napište „Od Ježíška“.", "Objednáno! Už se těším."},
			ending: with(jana)},
		{box: podpora, who: cz("Vojtěch Kříž", "vojtech.kriz@dopisy.example", "+420 604 000 233"), subject: "Náhradní těsnění do tlakového hrnce Sázava",
			turns: []turn{
				in(3, "11:10", "Dobrý den,\n\nmáme od vás tlakový hrnec Sázava 6 l, asi pět let starý. Těsnění už je ztvrdlé a hrnec syčí okolo celé poklice. Prodáváte náhradní? Na dně je vyraženo SZ-60/22."),
				out(3, "13:55", "Dobrý den,\n\ntěsnění pro SZ-60/22 máme skladem za 189 Kč pod označením TES-SZ22. Měníme zároveň i bezpečnostní ventil, stárne stejně rychle; spolu vyjdou na 259 Kč. Chcete poslat obojí?"),
				in(2, "18:31", "Ano, pošlete prosím obojí na dobírku. A ještě dotaz: dá se to vyměnit doma, nebo musím do servisu?")},
			later:  []string{"Děkuji za návod, zvládl jsem to za pět minut. Hrnec drží jako nový."},
			ending: with(jana, "díly")},
		{box: podpora, who: cz("Hana Vacková", "hana.vackova@schrankar.example", ""), subject: "Slevový kód PODZIM15 nefunguje",
			turns: []turn{
				in(6, "8:50", "Dobrý den,\n\nz novinek mi přišel kód PODZIM15, ale v košíku to píše, že neplatí pro vybrané zboží. Mám tam jen formu na bábovku a váhu. Na co se tedy vztahuje?"),
				out(6, "10:12", "Dobrý den,\n\nkód platí na nádobí a formy, na přístroje (váhy, mixéry) bohužel ne, a text v novinkách to neuváděl dost jasně. Aby vás to nemrzelo, poslala jsem vám do košíku ručně stejnou slevu i na váhu. Platí do {+7}.")},
			ending: waiting("slevy")},
		{box: podpora, who: cz("Radek Šimůnek", "radek.simunek@posta-doma.example", "605 000 871"), subject: "Zrušení objednávky OBJ-2026116477",
			turns: []turn{
				in(19, "21:16", "Dobrý den, prosím o zrušení objednávky OBJ-2026116477, manželka koupila stejný mixér včera v obchodě. Zaplaceno zatím není."),
				out(18, "8:05", "Dobrý den,\n\nobjednávku jsem zrušila, nic neplaťte. Kdyby vám přesto přišla výzva k platbě, můžete ji ignorovat."),
				in(18, "8:41", "Děkuji, tak rychle jsem to nečekal.")},
			ending: solved()},
		{box: podpora, who: cz("Božena Ryšavá", "bozena.rysava@postovnik.example", ""), subject: "Jak pečovat o litinovou pánev?", charset: "iso-8859-2",
			turns: []turn{
				in(27, "14:20", "Dobrý den,\n\ndostala jsem k narozeninám vaši litinovou pánev Orlík 26 cm. Syn ji umyl v myčce a teď je celá šedivá a místy rezaví. Dá se ještě zachránit? Je mi to moc líto, vařila jsem na ní teprve třikrát."),
				out(26, "9:33", "Dobrý den,\n\nzachránit se dá, nebojte. Rez vydrhněte drátěnkou, pánev dobře osušte, potřete tenkou vrstvou řepkového oleje a dejte na hodinu dnem vzhůru do trouby na 200 °C. Postup s obrázky přikládám. Myčku pak už nepoužívejte.",
					paper("pece-o-litinu.pdf", "Péče o litinovou pánev", "1. Rez odstraňte drátěnkou a teplou vodou.", "2. Pánev úplně osušte, nejlépe na mírném plameni.", "3. Potřete tenkou vrstvou oleje i zvenku a na držadle.", "4. Pečte hodinu na 200 °C dnem vzhůru, nechte vychladnout v troubě.", "5. Podle potřeby opakujte.", "", "Do myčky litina nepatří: prostředek rozpustí vypálený olej.")),
				in(24, "17:02", "Moc děkuji, povedlo se! Pánev je černá jako dřív a palačinky se nepřipalují. Syn dostal zákaz myčky.")},
			ending: solved("péče")},
		{box: podpora, who: cz("Zdeněk Fiala", "zdenek.fiala@dopisy.example", "+420 606 000 190"), subject: "Kdy bude zase skladem mlýnek Kamýk?",
			turns: []turn{
				in(40, "10:47", "Dobrý den, sleduji u vás ruční mlýnek na mák Kamýk, už měsíc je u něj „není skladem“. Kdy ho čekáte?"),
				out(40, "12:30", "Dobrý den,\n\nvýrobce nám slíbil dodávku okolo {+12}. Zapsala jsem vás do hlídače; jakmile mlýnky dorazí, přijde vám e-mail."),
				out(27, "9:15", "Dobrý den,\n\nmlýnky právě naskladňujeme. Jeden jsem vám na dva dny odložila, stačí ho objednat."),
				in(27, "19:48", "Objednáno, děkuji, že jste si vzpomněli.")},
			ending: solved()},
		{box: podpora, who: cz("Šárka Dostálová", "sarka.dostalova@schrankar.example", ""), subject: "Omylem jiná barva – OBJ-2026112906",
			turns: []turn{
				in(55, "16:05", "Dobrý den,\n\nobjednala jsem zástěru v hořčicové, přišla tmavě modrá. Na faktuře je hořčicová. Modrá se mi nehodí do kuchyně, prosím o výměnu. OBJ-2026112906.",
					invoice("2026112906", "OBJ-2026112906", "Šárka Dostálová", "459,00", "Zástěra Lípa, hořčicová\t1\t379,00", "Doprava\t\t80,00")),
				out(54, "8:22", "Dobrý den,\n\nomlouváme se, skladník sáhl do vedlejší přihrádky. Hořčicovou posíláme dnes a modrou si kurýr při předání převezme; nic za to neplatíte."),
				in(51, "12:40", "Vše proběhlo, zástěra je krásná. Děkuji.")},
			ending: solved("výměna")},
		{box: podpora, who: cz("Kamil Vondra", "kamil.vondra@posta-doma.example", "607 000 655"), subject: "Poukaz k narozeninám – platnost", plain: true,
			turns: []turn{
				in(71, "13:13", "Zdravim,\n\nnasel jsem v supliku poukaz na 500 Kc, cislo KLV-7731-20, platil do konce minuleho mesice. Da se jeste uplatnit? Je od kolegu z prace."),
				out(70, "9:40", "Dobrý den,\n\nplatnost jsem vám prodloužila o tři měsíce, do {+90}. Číslo zůstává stejné, zadejte ho v košíku."),
				in(70, "10:02", "Super, diky moc!")},
			ending: ending{status: store.StatusSolved, tags: []string{"slevy"}}},
	}
}
