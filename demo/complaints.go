package demo

import "postolka/store"

// complaints: what came broken or broke, and what goes back, to reklamace@, in Czech.
func complaints() []story {
	return []story{
		{box: reklamace, who: cz("Monika Veselá", "monika.vesela@postovnik.example", "+420 725 000 381"), subject: "Prasklý talíř v sadě – OBJ-2026117712",
			turns: []turn{in(0, "-1h25m", "Dobrý den,\n\ndnes mi dorazila sada talířů Vltava (OBJ-2026117712) a jeden velký talíř je prasklý skoro napůl. Krabice byla zvenku v pořádku, papíru bylo ale uvnitř málo. Fotku přikládám. Stačilo by mi doposlat ten jeden kus, celou sadu vracet nechci.", photo("IMG_2041.png", brokenPlate()))},
			later: []string{"Děkuji, to je od vás velmi vstřícné. Střepy tedy vyhodím a počkám na nový talíř.", "Talíř dorazil, tentokrát zabalený jako poklad. Díky!"}},
		{box: reklamace, who: cz("Jaroslav Hruška", "jaroslav.hruska@dopisy.example", "726 000 518"), subject: "Konvice Lada teče u dna",
			turns:  []turn{in(2, "18:03", "Dobrý den,\n\nkonvici Lada mám od letošního února (OBJ-2026021187) a začala prosakovat u spoje na dně. Po každém vaření je pod ní loužička a na plechu rezavá stopa. Žádám o opravu nebo výměnu v záruce. Jak ji mám poslat?", photo("konvice.png", kettle()))},
			later:  []string{"Dobře, odevzdám ji zítra na výdejně s tím kódem. Krabici už původní nemám, zabalím ji do jiné."},
			ending: with(jana, "reklamace")},
		{box: reklamace, who: cz("Lenka Mrázová", "lenka.mrazova@schrankar.example", ""), subject: "Odstoupení od smlouvy – OBJ-2026117339",
			turns: []turn{
				in(3, "9:49", "Dobrý den,\n\nodstupuji tímto od kupní smlouvy, objednávka OBJ-2026117339, kuchyňský robot Krakonoš, převzato {-4}. Robot jsem jen rozbalila, na naši linku se nevejde na výšku pod skříňku. Peníze prosím vraťte na účet, ze kterého jsem platila.",
					sheet("odstoupeni.txt", "Oznámení o odstoupení od smlouvy\n\nOznamuji, že odstupuji od smlouvy o nákupu zboží: kuchyňský robot Krakonoš KR-800.\nČíslo objednávky: OBJ-2026117339\nDatum převzetí: {-4}\n\nLenka Mrázová\n")),
				out(3, "13:20", "Dobrý den,\n\nodstoupení jsme přijali. Robot prosím pošlete do {+14} na naši adresu, nejlépe v původní krabici. Peníze včetně nejlevnější dopravy vrátíme do 14 dnů od odstoupení, jakmile robot dorazí nebo doložíte odeslání.")},
			later:  []string{"Balík jsem dnes podala na poště, potvrzení mám. Děkuji za jasné pokyny."},
			ending: waiting("vrácení")},
		{box: reklamace, who: cz("Pavel Nešpor", "pavel.nespor@posta-doma.example", "+420 727 000 260"), subject: "Pánev Orlík po půl roce odlupuje povrch",
			turns: []turn{
				in(5, "20:42", "Dobrý den,\n\npánev s nepřilnavým povrchem Orlík Light jsem koupil v květnu. Používáme jen dřevěné obracečky, přesto se povrch odlupuje, viz fotka. To snad po půl roce není normální. Chci vrátit peníze.", photo("panev.png", scratchedPan())),
				out(4, "9:30", "Dobrý den,\n\nreklamaci jsme zaevidovali pod číslem R-2026-0813. Na fotce jsou vidět rýhy; abychom to mohli posoudit, potřebujeme pánev vidět. Kurýra pošleme zdarma, hodí se vám ve středu?"),
				in(3, "7:12", "Ve středu ano, po 15. hodině. Rýhy jsou až od toho, jak jsem odloupnuté kousky čistil houbičkou.")},
			later:  []string{"Děkuji za zprávu. S novou pánví jsem spokojený, peníze tedy zpět nechci."},
			ending: with(jana, "reklamace").noting("Třetí reklamace stejné šarže OL-0426 za měsíc. Zeptat se Petra, jestli je hlásili i ve velkoobchodě.")},
		{box: reklamace, who: cz("Eliška Trojanová", "eliska.trojanova@postovnik.example", ""), subject: "Výměna velikosti chňapek a zástěry",
			turns: []turn{
				in(8, "10:36", "Dobrý den, zástěra L z OBJ-2026116688 je mi velká. Lze vyměnit za S? Chňapky si nechám. Nic není použité, visačky jsou na místě."),
				out(8, "11:59", "Dobrý den,\n\nvelikost S máme a odložila jsem ji pro vás. Zástěru pošlete na naši adresu, do balíku přidejte lístek s číslem V-4471. Novou pošleme hned po převzetí.")},
			later:  []string{"Zástěru jsem dnes poslala, lístek je uvnitř."},
			ending: waiting("výměna")},
		{box: reklamace, who: cz("Stanislav Adámek", "stanislav.adamek@dopisy.example", "728 000 943"), subject: "Reklamace váhy – ukazuje nesmysly", charset: "windows-1250",
			turns: []turn{
				in(17, "8:25", "Dobrý den,\n\nkuchyňská váha Gram 5 (OBJ-2026114870) ukazuje pokaždé něco jiného. Kilo mouky jednou váží 870 g, podruhé 1 120 g. Baterie jsem vyměnil za nové. Žádám o vyřízení reklamace."),
				out(16, "10:10", "Dobrý den,\n\ntohle dělá vadný snímač, víme o něm u kusů s číslem začínajícím 26A. Posíláme rovnou novou váhu, starou nevracejte, jen ji prosím odevzdejte do elektroodpadu."),
				in(13, "18:18", "Nová váha přišla, váží přesně. Děkuji za solidní jednání, bez zbytečného papírování.")},
			ending: solved("reklamace")},
		{box: reklamace, who: cz("Renata Bílková", "renata.bilkova@schrankar.example", "+420 729 000 076"), subject: "Stížnost na vyřízení reklamace R-2026-0702",
			turns: []turn{
				in(34, "16:57", "Dobrý den,\n\nuž třicátý den čekám na vyřízení reklamace mixéru R-2026-0702. Podle zákona jste měli lhůtu 30 dní, dnes končí. Nikdo mi nenapsal ani řádek. Pokud se neozvete, odstupuji od smlouvy a obrátím se na ČOI."),
				out(33, "7:45", "Dobrý den,\n\nmáte pravdu a omlouváme se. Servis mixér uznal jako neopravitelný už před týdnem a my vám to nenapsali. Můžete si vybrat nový kus, nebo vrácení 2 490 Kč na účet; obojí dnes."),
				in(33, "8:20", "Vraťte peníze na účet, ze kterého jsem platila."),
				out(33, "9:02", "Dobrý den,\n\nplatba odešla, na účtu ji uvidíte nejpozději zítra. Potvrzení přikládám. Ještě jednou se omlouváme.",
					paper("dobropis-R-2026-0702.pdf", "Dobropis k reklamaci R-2026-0702", "Tyčový mixér Bystřina 900 W", "Vráceno: 2 490,00 Kč na účet, ze kterého bylo placeno", "Datum: {+0}")),
				in(32, "17:30", "Peníze dorazily. Oceňuji aspoň tu omluvu.")},
			ending: ending{status: store.StatusSolved, tags: []string{"reklamace", "vrácení"}, note: "Stížnost probrána s Karlem: lhůty reklamací od teď hlídat každé pondělí."}},
		{box: reklamace, who: cz("Miloslav Kadlec", "miloslav.kadlec@posta-doma.example", ""), subject: "Ulomené ucho hrnku Pohoda",
			turns: []turn{
				in(46, "12:02", "Dobrý den, u červeného hrnku se při mytí ulomilo ucho. Hrnek je starý tři týdny (OBJ-2026113512). Je na to záruka?"),
				out(45, "9:19", "Dobrý den,\n\nucho se při běžném mytí ulomit nemá. Posíláme nový hrnek, starý nechte pro kaktus."),
				in(42, "11:44", "Hrnek přišel, kaktus se zabydlel. Díky!")},
			ending: solved("reklamace")},
		{box: reklamace, who: cz("Drahomíra Šafářová", "drahomira.safarova@postovnik.example", "+420 730 000 615"), subject: "Vrácení peněz za OBJ-2026109941",
			turns: []turn{
				in(80, "14:34", "Dobrý den,\n\nzboží z OBJ-2026109941 jsem vrátila před dvanácti dny, podle sledování ho máte od {-9}. Peníze zatím nepřišly. Nezapomněli jste na mě?"),
				out(79, "8:51", "Dobrý den,\n\nnezapomněli, jen jsme neměli číslo účtu – platila jste na dobírku. Pošlete nám ho prosím?"),
				in(79, "9:40", "Aha, pardon. Číslo účtu: 1000000039/9999."),
				out(79, "10:15", "Děkuji, 1 128 Kč odejde dnes odpoledne.")},
			ending: solved("vrácení")},
		{box: reklamace, who: cz("Vladimír Stach", "vladimir.stach@dopisy.example", ""), subject: "Nůž Bobr se vyštípl", plain: true,
			turns: []turn{
				in(64, "19:05", "Dobry den, kucharsky nuz Bobr 20 cm se mi vystipl o kost z kolena. Je to reklamace?\n\nPosilam z mobilu."),
				out(63, "8:37", "Dobrý den,\n\nna kosti je kalená čepel křehká, takže záruka to bohužel není. Náš brusič ji ale přebrousí za 120 Kč a bude jako nová. Stačí nůž poslat zabalený v kartonu."),
				in(60, "18:22", "Ok, to je ferove. Posilam.")},
			ending: solved("reklamace")},
	}
}
