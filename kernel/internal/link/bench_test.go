package link

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const smallCell = `package notebook

import "fmt"

type point struct{ x, y int }

func (p *point) add(q *point) { p.x += q.x; p.y += q.y }

var here *point

func Run_%s() {
	here = &point{1, 2}
	here.add(&point{3, 4})
	fmt.Println(here, %[1]q)
}
`

const plotCell = `package notebook

import (
	"bytes"
	"fmt"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
	"net/http"
)

var p *plot.Plot

func Run_%s() {
	p = plot.New()
	p.Title.Text = %[1]q
	l, err := plotter.NewLine(plotter.XYs{{X: 1, Y: 2}, {X: 3, Y: 4}})
	if err != nil {
		panic(err)
	}
	p.Add(l)
	c := vgsvg.New(4*vg.Inch, 3*vg.Inch)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		panic(err)
	}
	_, err = http.Get("http://127.0.0.1:1/")
	m := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	m.Mul(m, m)
	fmt.Println(b.Len() > 1000, err != nil, m.At(0, 0))
}
`

var (
	smallImports = []string{"fmt"}
	plotImports  = []string{"bytes", "fmt", "gonum.org/v1/gonum/mat", "gonum.org/v1/plot", "gonum.org/v1/plot/plotter", "gonum.org/v1/plot/vg",
		"gonum.org/v1/plot/vg/draw", "gonum.org/v1/plot/vg/vgsvg", "net/http"}
)

// fresh makes a unit that no cache holds, of a text with a place for a name.
func fresh(text string, imports []string) Unit {
	name := hash(fmt.Sprint(time.Now().UnixNano()))
	return Unit{Source: fmt.Appendf(nil, text, name), Imports: imports, Entry: "Run_" + name, Key: name}
}

func benchmark(b *testing.B, mode Mode, text string, imports []string) {
	w := open(b, Options{Mode: mode})
	var sum Times
	n := 0
	for b.Loop() {
		p, err := w.Build(b.Context(), fresh(text, imports))
		if err != nil {
			b.Fatal(err)
		}
		t := p.Times
		sum.Compile += t.Compile
		sum.Stub += t.Stub
		sum.View += t.View
		sum.Link += t.Link
		sum.Final += t.Final
		n++
		os.Remove(p.Path)
	}
	for name, d := range map[string]time.Duration{"compile": sum.Compile, "stub": sum.Stub, "view": sum.View, "link": sum.Link, "final": sum.Final} {
		b.ReportMetric(d.Seconds()*1000/float64(n), name+"-ms")
	}
}

func BenchmarkBuildSmallThin(b *testing.B)  { benchmark(b, Thin, smallCell, smallImports) }
func BenchmarkBuildSmallThick(b *testing.B) { benchmark(b, Thick, smallCell, smallImports) }
func BenchmarkBuildPlotThin(b *testing.B)   { benchmark(b, Thin, plotCell, plotImports) }
func BenchmarkBuildPlotThick(b *testing.B)  { benchmark(b, Thick, plotCell, plotImports) }

// The same cells as programs, by go build: what the figures are compared with.
func goBuild(b *testing.B, text string) {
	dir := b.TempDir()
	mod, err := os.ReadFile(filepath.Join(repository, "go.mod"))
	if err != nil {
		b.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(repository, "go.sum"))
	if err != nil {
		b.Fatal(err)
	}
	for name, data := range map[string][]byte{"go.mod": mod, "go.sum": sum} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		name := hash(fmt.Sprint(time.Now().UnixNano()))
		src := "package main\n" + fmt.Sprintf(text, name)[len("package notebook\n"):] + "\nfunc main() { Run_" + name + "() }\n"
		if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(src), 0o644); err != nil {
			b.Fatal(err)
		}
		cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "main"), ".")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}

func BenchmarkGoBuildSmall(b *testing.B) { goBuild(b, smallCell) }
func BenchmarkGoBuildPlot(b *testing.B)  { goBuild(b, plotCell) }

func BenchmarkOpenWarm(b *testing.B) {
	open(b, Options{Mode: Thin})
	for b.Loop() {
		w, err := Open(b.Context(), Options{Dir: repository, Mode: Thin})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		w.Close()
		b.StartTimer()
	}
}
