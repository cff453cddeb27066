package demo

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// scene is a drawing on a table top: shapes in order, in a space of 48 by 36.
type scene struct {
	table  color.RGBA
	shapes []shape
}

// shape is a filled outline.
type shape struct {
	fill   color.RGBA
	points [][2]float64
}

func (s scene) draw(width, height int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(s.table), image.Point{}, draw.Src)
	scale := float64(width) / 48
	for _, sh := range s.shapes {
		r := vector.NewRasterizer(width, height)
		for i, p := range sh.points {
			x, y := float32(p[0]*scale), float32(p[1]*scale)
			if i == 0 {
				r.MoveTo(x, y)
			} else {
				r.LineTo(x, y)
			}
		}
		r.ClosePath()
		r.Draw(img, img.Bounds(), image.NewUniform(sh.fill), image.Point{})
	}
	return img
}

func oval(c color.RGBA, x, y, rx, ry float64) shape {
	s := shape{fill: c}
	for a := range 72 {
		sin, cos := math.Sincos(float64(a) * math.Pi / 36)
		s.points = append(s.points, [2]float64{x + rx*cos, y + ry*sin})
	}
	return s
}

func box(c color.RGBA, x, y, w, h float64) shape {
	return shape{c, [][2]float64{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}}
}

// crack is a thin jagged line.
func crack(c color.RGBA, points ...[2]float64) shape {
	s := shape{fill: c, points: points}
	for i := len(points) - 1; i >= 0; i-- {
		s.points = append(s.points, [2]float64{points[i][0] + .35, points[i][1] + .2})
	}
	return s
}

var (
	wood   = color.RGBA{196, 154, 108, 255}
	slate  = color.RGBA{92, 99, 112, 255}
	cloth  = color.RGBA{226, 221, 208, 255}
	white  = color.RGBA{248, 247, 243, 255}
	cream  = color.RGBA{233, 229, 218, 255}
	shade  = color.RGBA{0, 0, 0, 60}
	dark   = color.RGBA{45, 42, 40, 255}
	blue   = color.RGBA{52, 92, 148, 255}
	red    = color.RGBA{178, 58, 48, 255}
	carton = color.RGBA{176, 134, 88, 255}
	rust   = color.RGBA{150, 82, 36, 255}
)

func brokenPlate() scene {
	return scene{wood, []shape{oval(shade, 25, 20, 15, 13), oval(white, 24, 18, 15, 13), oval(cream, 24, 18, 10, 8.7),
		crack(dark, [2]float64{12, 10}, [2]float64{17, 13}, [2]float64{19, 17}, [2]float64{25, 19}, [2]float64{28, 25}, [2]float64{34, 27}),
		crack(dark, [2]float64{19, 17}, [2]float64{16, 22}, [2]float64{17, 28}),
		{wood, [][2]float64{{34, 27}, {39, 22}, {40, 29}}}}}
}

func scratchedPan() scene {
	return scene{slate, []shape{oval(shade, 20, 20, 14, 13), box(dark, 30, 15.5, 16, 4), oval(dark, 19, 18, 14, 13), oval(color.RGBA{70, 66, 64, 255}, 19, 18, 12, 11),
		crack(cream, [2]float64{12, 12}, [2]float64{18, 15}, [2]float64{24, 16}), crack(cream, [2]float64{13, 20}, [2]float64{20, 22}, [2]float64{27, 21}),
		oval(rust, 16, 25, 1.6, 1.1)}}
}

func dentedParcel() scene {
	return scene{cloth, []shape{{shade, [][2]float64{{9, 12}, {41, 10}, {43, 32}, {10, 33}}}, {carton, [][2]float64{{8, 10}, {40, 8}, {41, 22}, {36, 25}, {41, 30}, {9, 31}}},
		box(color.RGBA{214, 190, 150, 255}, 22, 9, 4, 22), box(white, 11, 15, 8, 6), box(dark, 12, 16, 1, 4), box(dark, 14, 16, .5, 4), box(dark, 15.2, 16, 1.4, 4), box(dark, 17.4, 16, .6, 4),
		crack(dark, [2]float64{33, 14}, [2]float64{36, 20}, [2]float64{34, 25})}}
}

func mugs() scene {
	return scene{wood, []shape{box(shade, 9, 13, 12, 16), oval(blue, 21.5, 20, 3.5, 5), oval(wood, 21.5, 20, 2, 3.4), box(blue, 8, 11, 12, 16), oval(white, 14, 11, 6, 1.8),
		box(shade, 29, 14, 12, 15), oval(red, 41.5, 20, 3.5, 5), oval(wood, 41.5, 20, 2, 3.4), box(red, 28, 12, 12, 15), oval(white, 34, 12, 6, 1.8)}}
}

func kettle() scene {
	return scene{cloth, []shape{oval(shade, 24, 27, 13, 5), {white, [][2]float64{{14, 28}, {17, 12}, {31, 12}, {34, 28}}}, {white, [][2]float64{{32, 18}, {40, 12}, {41, 14}, {33, 23}}},
		oval(dark, 24, 11.5, 7, 1.6), oval(dark, 24, 9.8, 1.4, 1), box(dark, 11, 13, 1.8, 12), box(dark, 11, 13, 6, 1.8), box(dark, 11, 24, 5, 1.8),
		crack(rust, [2]float64{22, 28}, [2]float64{23, 24}, [2]float64{21, 20})}}
}
