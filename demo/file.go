package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image/png"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"postolka/mail"
)

// paper is a PDF of one page: a title and lines. A line with tabs is a table's
// row; "=" before a line makes it bold. {+3} is a date as in the text of a turn.
func paper(name, title string, lines ...string) attachment {
	return func(at time.Time) (mail.File, error) {
		pdf := fpdf.New("P", "mm", "A4", "")
		pdf.SetCatalogSort(true)
		pdf.SetCreationDate(at)
		pdf.SetModificationDate(at)
		pdf.AddUTF8FontFromBytes("go", "", goregular.TTF)
		pdf.AddUTF8FontFromBytes("go", "B", gobold.TTF)
		pdf.SetMargins(20, 20, 20)
		pdf.AddPage()
		pdf.SetFont("go", "B", 9)
		pdf.CellFormat(0, 6, "Kolovrat – všechno do kuchyně · Dlouhá 118, 678 01 Horní Lhota", "B", 1, "", false, 0, "")
		pdf.Ln(8)
		pdf.SetFont("go", "B", 18)
		pdf.MultiCell(0, 9, title, "", "", false)
		pdf.Ln(4)
		for _, l := range lines {
			writeLine(pdf, dates(l, at, false))
		}
		var b bytes.Buffer
		if err := pdf.Output(&b); err != nil {
			return mail.File{}, fmt.Errorf("write a sample PDF: %w", err)
		}
		return mail.File{Name: name, Type: "application/pdf", Data: b.Bytes()}, nil
	}
}

func writeLine(pdf *fpdf.Fpdf, line string) {
	line, bold := strings.CutPrefix(line, "=")
	style := ""
	if bold {
		style = "B"
	}
	pdf.SetFont("go", style, 10.5)
	cells := strings.Split(line, "\t")
	if len(cells) == 1 {
		pdf.MultiCell(0, 6, line, "", "", false)
		return
	}
	for i, c := range cells {
		width, align := 28.0, "R"
		if i == 0 {
			width, align = 170-28*float64(len(cells)-1), ""
		}
		pdf.CellFormat(width, 7, c, "B", 0, align, false, 0, "")
	}
	pdf.Ln(-1)
}

// invoice is a paper with lines of an invoice: "name\tpieces\tCZK".
func invoice(number, order, buyer, total string, lines ...string) attachment {
	all := append([]string{"Objednávka " + order, "Odběratel: " + buyer, "Datum vystavení a plnění: {-2}", "", "=Položka\tKusů\tKč"}, lines...)
	all = append(all, "=Celkem s DPH\t\t"+total, "", "Zaplaceno kartou. Kolovrat není skutečný obchod; doklad je ukázka.")
	return paper("faktura-"+number+".pdf", "Faktura "+number, all...)
}

// table is a CSV as a Czech spreadsheet writes it, with semicolons.
func table(name string, rows ...string) attachment {
	return func(time.Time) (mail.File, error) {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma = ';'
		for _, r := range rows {
			if err := w.Write(strings.Split(r, "|")); err != nil {
				return mail.File{}, err
			}
		}
		w.Flush()
		return mail.File{Name: name, Type: "text/csv", Data: b.Bytes()}, w.Error()
	}
}

// sheet is a text file.
func sheet(name, text string) attachment {
	return func(at time.Time) (mail.File, error) {
		return mail.File{Name: name, Type: "text/plain", Data: []byte(dates(text, at, false))}, nil
	}
}

// invitation is a calendar entry (RFC 5545) of one hour, days after the mail.
func invitation(name, summary, place string, days, hour int) attachment {
	return func(at time.Time) (mail.File, error) {
		y, m, d := at.AddDate(0, 0, days).Date()
		begin := time.Date(y, m, d, hour, 0, 0, 0, prague).UTC()
		const stamp = "20060102T150405Z"
		text := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Kolovrat//demo//CS\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:" + digest(name + at.String())[:16] +
			"@" + shopDomain + "\nDTSTAMP:" + at.UTC().Format(stamp) + "\nDTSTART:" + begin.Format(stamp) + "\nDTEND:" + begin.Add(time.Hour).Format(stamp) +
			"\nSUMMARY:" + summary + "\nLOCATION:" + place + "\nEND:VEVENT\nEND:VCALENDAR\n"
		return mail.File{Name: name, Type: "text/calendar", Data: crlf(text)}, nil
	}
}

// photo is a picture somebody took of a thing.
func photo(name string, s scene) attachment {
	return func(time.Time) (mail.File, error) {
		var b bytes.Buffer
		if err := png.Encode(&b, s.draw(480, 360)); err != nil {
			return mail.File{}, fmt.Errorf("draw a sample picture: %w", err)
		}
		return mail.File{Name: name, Type: "image/png", Data: b.Bytes()}, nil
	}
}
