package camera

import "time"

// Width and Height are the size of a frame in pixels.
const (
	Width  = 320
	Height = 240
)

// Frame is one picture of a camera, a byte of brightness a pixel, row by row: noise, and a bright square that moves.
type Frame struct {
	Camera, Number int
	Pixels         []byte // Width*Height
	X, Y           int    // the true centre of the square, to judge the analysis by
}

const side = 24 // of the bright square, in pixels

// NewFrame makes the frame with this number of a camera. Equal arguments make equal frames.
func NewFrame(camera, number int) Frame {
	f := Frame{Camera: camera, Number: number, Pixels: make([]byte, Width*Height)}
	noise := uint32(camera*7919 + number*104729 + 1)
	for i := range f.Pixels {
		noise = noise*1664525 + 1013904223
		f.Pixels[i] = byte(noise >> 26) // 0 to 63
	}
	f.X = side + (camera*53+number*7)%(Width-2*side)
	f.Y = side + (camera*31+number*5)%(Height-2*side)
	for y := f.Y - side/2; y < f.Y+side/2; y++ {
		for x := f.X - side/2; x < f.X+side/2; x++ {
			f.Pixels[y*Width+x] += 160
		}
	}
	return f
}

// Detection is what an analysis finds: the centre of the brightest square.
type Detection struct {
	Camera int `json:"camera"`
	Frame  int `json:"frame"`
	X      int `json:"x"`
	Y      int `json:"y"`
}

// Right reports whether a detection is of this frame and at most two pixels off.
func (d Detection) Right(f Frame) bool {
	near := func(a, b int) bool { return a-b <= 2 && b-a <= 2 }
	return d.Camera == f.Camera && d.Frame == f.Number && near(d.X, f.X) && near(d.Y, f.Y)
}

// Analyst analyses frames, one at a time. It keeps its memory from frame to frame, so each worker has its own.
type Analyst struct{ sums, columns []int32 }

// NewAnalyst makes an analyst.
func NewAnalyst() *Analyst {
	return &Analyst{sums: make([]int32, Width*Height), columns: make([]int32, Width)}
}

// Analyse looks for the square so many times, each a scan of the whole frame with a window of another size, and
// gives what the last scan found. Between two scans it calls pause and stops early if that returns false.
func (a *Analyst) Analyse(f Frame, scans int, pause func() bool) (Detection, bool) {
	d := Detection{Camera: f.Camera, Frame: f.Number}
	for scan := range scans {
		window := side - (scans-1-scan)%5 // the last scan has the size of the square
		d.X, d.Y = a.scan(f.Pixels, window)
		if !pause() {
			return d, false
		}
	}
	return d, true
}

// scan finds the centre of the brightest window by running sums: first along the rows, then down the columns.
func (a *Analyst) scan(pixels []byte, window int) (x, y int) {
	for row := range Height {
		line, out := pixels[row*Width:(row+1)*Width], a.sums[row*Width:(row+1)*Width]
		sum := int32(0)
		for i, p := range line {
			sum += int32(p)
			if i >= window {
				sum -= int32(line[i-window])
			}
			out[i] = sum
		}
	}
	clear(a.columns)
	best := int32(-1)
	for row := range Height {
		line := a.sums[row*Width : (row+1)*Width]
		for i := window - 1; i < Width; i++ {
			a.columns[i] += line[i]
			if row >= window {
				a.columns[i] -= a.sums[(row-window)*Width+i]
			}
			if row >= window-1 && a.columns[i] > best {
				best, x, y = a.columns[i], i, row
			}
		}
	}
	return x - window/2 + 1, y - window/2 + 1
}

// Scans is how many scans take about d on this machine when nothing disturbs them, by the fastest of several tries.
func Scans(d time.Duration) int {
	f, a := NewFrame(0, 0), NewAnalyst()
	best := time.Hour
	for range 12 {
		start := time.Now()
		a.scan(f.Pixels, side)
		best = min(best, time.Since(start))
	}
	return max(1, int(d/max(best, 1)))
}
