package demo

import "postolka/store"

// english: customers from abroad and foreigners at home, to all three mailboxes.
func english() []story {
	return []story{
		{box: podpora, who: en("Fiona Hartley", "fiona.hartley@inkwell.example", "+44 7700 900118"), subject: "Wrong size tablecloth – order OBJ-2026117820",
			turns: []turn{in(0, "-2h50m", "Hello,\n\nI ordered the Lípa linen tablecloth in 140 x 240 cm (order OBJ-2026117820) and received 140 x 180. The label on the bag says 240, so I think it was simply packed wrong. We have guests on {+9} and the short one looks rather silly on our table. Could I swap it before then?")},
			later: []string{"That was quick, thank you! I'll hand the short one to the courier when the new one comes.", "The right one has just arrived and it fits perfectly. Thanks again for sorting this out."}},
		{box: velkoobchod, who: en("Daniel Okafor", "daniel@northpier-kitchen.example", "+44 20 7946 0417"), subject: "Stocking Kolovrat cast iron in the UK",
			turns: []turn{in(1, "10:16", "Hi there,\n\nI run a small kitchen shop by the sea and a customer showed me one of your Orlík cast iron pans. I'd love to stock the 20, 26 and 30 cm. What are your trade prices for, say, 24 pieces of each, and who handles customs on your side?")},
			later: []string{"Those prices work for us. Please send a pro forma invoice and I'll arrange the payment this week."}},
		{box: podpora, who: en("Maeve Brennan", "maeve.brennan@letterbox.example", ""), subject: "Do you ship to Ireland?",
			turns: []turn{
				in(5, "21:37", "Hi,\n\nquick one: do you ship to Ireland and roughly what would it cost for one Berounka pot set? The basket only offers me neighbouring countries."),
				out(4, "8:44", "Hello,\n\nwe do, although the basket does not know it yet. The pot set would be 24 EUR by courier and takes five to six working days. If you tell us your address, we will place the order for you and send a payment link.")},
			later:  []string{"Lovely. I'll take one set in red, please. I'll send the address in a moment."},
			ending: waiting("doprava")},
		{box: podpora, who: en("Samuel Whitcombe", "sam.whitcombe@inkwell.example", "+44 7700 900642"), subject: "Invoice missing for OBJ-2026116873",
			turns: []turn{
				in(6, "14:09", "Hello, my accountant is asking for the invoice for OBJ-2026116873 and I can't find it anywhere. The confirmation e-mail has no attachment. Could you send it again?"),
				out(6, "15:20", "Hello,\n\nhere it is. The confirmation goes out before the invoice is made, and the second e-mail seems to have been lost.",
					invoice("2026116873", "OBJ-2026116873", "Samuel Whitcombe", "2 148,00", "Hrnec Berounka 4 l\t1\t1 899,00", "Doprava\t\t249,00"))},
			ending: waiting("fakturace")},
		{box: reklamace, who: en("Greta Lindqvist", "greta.lindqvist@brevlada.example", ""), subject: "Return of OBJ-2026117125",
			turns: []turn{
				in(4, "16:48", "Dear team,\n\nI would like to return the espresso cups from order OBJ-2026117125. They are beautiful but far smaller than I imagined. They are unused. How do I send them back from abroad?"),
				out(3, "9:05", "Hello,\n\nno problem. The label for the parcel is attached, any parcel shop of the carrier will take it. We refund the cups and the original postage once they arrive; the return postage of 9 EUR is deducted.",
					paper("return-label-V-4502.pdf", "RETURN V-4502", "Kolovrat, Dlouhá 118, 678 01 Horní Lhota, Czech Republic", "Order OBJ-2026117125", "Contents: 6 espresso cups", "Valid until {+21}")),
				in(2, "12:22", "Thank you. One cup was chipped when I opened the box, I only noticed now when packing. Does that change anything?", photo("cups.png", mugs()))},
			later:  []string{"That's very fair, thank you. The parcel went out this morning."},
			ending: with(jana, "vrácení")},
		{box: podpora, who: en("Oliver Prescott", "oliver.prescott@letterbox.example", ""), subject: "Pan handle gets too hot",
			turns: []turn{
				in(11, "19:55", "Hi, is it normal that the handle of the Orlík 26 cm gets too hot to touch within five minutes on gas? My old pan didn't do that."),
				out(10, "8:18", "Hello,\n\nwith cast iron in one piece it is, I'm afraid: the handle is the same metal as the pan. A leather sleeve helps a lot. We would gladly send you one for free, just tell us the address."),
				in(10, "20:31", "That's kind. Same address as the order, OBJ-2026115960."),
				out(9, "9:02", "The sleeve left today. Please never put it in the oven.")},
			ending: waiting()},
		{box: podpora, who: en("Hannah Meyerbeer", "hannah.meyerbeer@briefkasten.example", ""), subject: "Is the Pohoda mug dishwasher safe?",
			turns: []turn{
				in(16, "11:03", "Hello! Are the Pohoda mugs dishwasher safe, and is the red glaze free of lead and cadmium? I'd like to use them for my kids."),
				out(16, "13:41", "Hello,\n\nyes to both. The glaze is tested every year; the latest report is attached.",
					paper("test-report-pohoda.pdf", "Migration test – Pohoda mug, red glaze", "=Element\tFound\tLimit", "Lead (mg/l)\t< 0,01\t4,0", "Cadmium (mg/l)\t< 0,005\t0,3", "", "Result: complies."))},
			ending: solved()},
		{box: podpora, who: en("Callum Reid", "callum.reid@inkwell.example", "+44 7700 900377"), subject: "Parcel stuck in customs",
			turns: []turn{
				in(23, "9:40", "Hi, the carrier says my parcel (OBJ-2026114471) is waiting for a document from the sender. Do you know which one?"),
				out(23, "10:25", "Hello,\n\nthey want a commercial invoice with the tariff number. We uploaded it just now and attach a copy for you.",
					sheet("commercial-invoice.txt", "COMMERCIAL INVOICE OBJ-2026114471\nSender: Kolovrat, Horni Lhota, CZ\nGoods: rolling pin, beech wood, 1 pc\nHS code: 4419 90\nValue: 14.90 EUR\nDate: {+0}\n")),
				in(20, "18:12", "It cleared and arrived today. Cheers!")},
			ending: solved("doprava")},
		{box: reklamace, who: en("Priya Raman", "priya.raman@letterbox.example", ""), subject: "Broken lid knob – pressure cooker",
			turns: []turn{
				in(31, "17:26", "Hello,\n\nthe knob on the lid of our Sázava pressure cooker came off in my hand. It's 14 months old, order OBJ-2025098816. Can it be fixed?"),
				out(30, "8:57", "Hello,\n\nyes, it is under warranty. We are sending a new knob with its screw; you only need a small screwdriver. Please tighten it when the lid is cold."),
				in(26, "19:40", "Knob arrived, fixed in two minutes. Great service.")},
			ending: solved("reklamace", "díly")},
		{box: podpora, who: en("Jonas Albrecht", "jonas.albrecht@briefkasten.example", ""), subject: "Please change my e-mail address",
			turns: []turn{
				in(38, "13:17", "Hello, I'm losing my old mailbox at the end of the month. Please change the address of my customer account to jonas@albrecht-haus.example. The old one was jonas.albrecht@briefkasten.example."),
				out(38, "14:02", "Hello,\n\ndone. We sent a link to the new address, please confirm it there. Your orders and vouchers stay with the account.")},
			ending: solved()},
		{box: velkoobchod, who: en("Sofia Marchetti", "marchetti@tavola-grande.example", ""), subject: "Wooden boards, 200 pieces with engraving",
			turns: []turn{
				in(36, "10:28", "Good morning,\n\nwe are opening our third restaurant and need 200 oak serving boards, 35 x 20 cm, with our name engraved. Is this something you do?"),
				out(36, "13:16", "Good morning,\n\nwe do, with a partner workshop twenty minutes from us. 200 boards with laser engraving would be 11.80 EUR each, ready four weeks after you approve a sample."),
				in(35, "9:50", "Please go ahead with a sample. The file with the name is attached.", sheet("engraving.txt", "TAVOLA GRANDE\nserif capitals, width 90 mm, lower right corner\n")),
				out(24, "15:44", "The sample left today. We look forward to your opinion."),
				in(18, "11:09", "The sample is beautiful. Approved, please start."),
				out(18, "11:35", "Thank you! The boards will be ready on {+28}.")},
			ending: ending{status: store.StatusWaiting, assignee: petr, tags: []string{"nabídka"}, note: "Dílna potvrdila termín i cenu. Záloha 50 % došla."}},
		{box: podpora, who: en("Theo Vandermeer", "theo.vandermeer@brievenbus.example", ""), subject: "Gift voucher not accepted",
			turns: []turn{
				in(44, "20:20", "Hi, my voucher KLV-8104-55 is refused at checkout, it says \"already used\". I have certainly not used it."),
				out(43, "9:11", "Hello,\n\nyour first attempt broke off at the payment and kept the voucher blocked. It is free again; sorry for the trouble.")},
			ending: solved("slevy")},
		{box: reklamace, who: en("Ingrid Solberg", "ingrid.solberg@brevlada.example", "+44 7700 900530"), subject: "Crack in baking stone after first use",
			turns: []turn{
				in(52, "18:36", "Hello,\n\nthe baking stone from OBJ-2026113190 cracked right across during the first pizza. I heated it slowly as the leaflet says. I'd be happy with a replacement."),
				out(51, "8:29", "Hello,\n\nthat should not happen. A new stone is on its way, packed in twice as much cardboard. Please keep the old one as two small ones if you like."),
				in(46, "21:03", "New stone works, four pizzas so far. Thank you!")},
			ending: solved("reklamace", "výměna")},
		{box: podpora, who: en("Ruth Abernathy", "ruth.abernathy@inkwell.example", ""), subject: "Recipe for the gingerbread in your newsletter?",
			turns: []turn{
				in(62, "15:51", "Hello, your last newsletter showed gingerbread with a white pattern, made with the Advent cutters. My Czech neighbour says there is a recipe but the link doesn't work. Could you share it?"),
				out(61, "10:07", "Hello,\n\nwith pleasure, it is my grandmother's. The secret is to let the dough rest overnight.",
					sheet("gingerbread.txt", "GINGERBREAD\n\n400 g plain flour, 140 g icing sugar, 50 g butter, 2 eggs,\n2 tbsp honey, 1 tsp soda, 2 tsp gingerbread spice\n\nMix, rest overnight, roll 4 mm thick, bake 8 minutes at 170 C.\nBrush with beaten egg while hot.\n")),
				in(59, "19:18", "They turned out wonderfully. Please thank your grandmother!")},
			ending: solved()},
		{box: podpora, who: en("Gareth Pugh-Lewis", "gareth@pughlewis.example", ""), subject: "Order cancelled by itself – OBJ-2026111640",
			turns: []turn{
				in(68, "12:44", "Hi, I got a mail that OBJ-2026111640 was cancelled, but I never cancelled it."),
				out(68, "14:30", "Hello,\n\nthe card payment was not confirmed within 48 hours, so the shop let it go by itself. The goods are still here; here is a new payment link that holds for a week: https://www.kolovrat.example/pay/OBJ-2026111640"),
				in(67, "9:13", "Paid. Thanks.")},
			ending: solved("fakturace")},
		{box: velkoobchod, who: en("Amelia Fontaine", "amelia@petite-batterie.example", ""), subject: "Minimum order for resellers",
			turns: []turn{
				in(87, "11:21", "Hello, what is your minimum order for resellers within the EU, and do you offer drop shipping?"),
				out(86, "9:39", "Hello,\n\nthe minimum is 400 EUR for the first order and 200 EUR after that. We don't do drop shipping, every box goes to your own address. The terms are attached.",
					paper("terms-resellers.pdf", "Terms for resellers", "First order: from 400 EUR", "Following orders: from 200 EUR", "Payment: 14 days after a first order paid in advance", "Discount: 25 % off retail price without VAT"))},
			ending: solved("nabídka")},
		{box: podpora, who: en("Noah Castellan", "noah.castellan@letterbox.example", ""), subject: "Which data do you hold about me?",
			turns: []turn{
				in(12, "17:34", "Dear Sir or Madam,\n\nunder Article 15 GDPR I request a copy of all personal data you process about me, the purposes, the recipients, and how long you keep it. I ordered from you twice (OBJ-2026108850 and OBJ-2026113044), both times from this address. An electronic copy is fine."),
				out(11, "8:26", "Hello,\n\nwe received your request and passed it on to our privacy officer. You will have the copy within one month, that is before {+29}, most likely sooner. As you write from the address of your orders, we need no further proof of identity.")},
			later:  []string{"Thank you for confirming. I look forward to the copy."},
			ending: waiting("GDPR")},
	}
}
