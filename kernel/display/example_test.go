package display_test

import (
	"fmt"
	"image"
	"time"

	"interleave/kernel/display"
)

// printed stands for the notebook in these examples: the text that a value has beside its richer forms.
func printed(values ...any) {
	if d, ok := display.Bundle(values...); ok {
		fmt.Println(d.Data[display.MIMETypeText])
	}
}

type temperature float64

func (t temperature) HTML() string   { return fmt.Sprintf("<b>%.1f</b> °C", float64(t)) }
func (t temperature) String() string { return fmt.Sprintf("%.1f °C", float64(t)) }

// A type with an HTML method is shown as HTML, and as text where HTML cannot be shown.
func ExampleHTMLer() {
	d, _ := display.Bundle(temperature(21))
	fmt.Println(d.Data["text/html"])
	fmt.Println(d.Data["text/plain"])
	// Output:
	// <b>21.0</b> °C
	// 21.0 °C
}

// What the last expression of a cell shows.
func ExampleBundle() {
	printed([]string{"a", "b"})
	printed(6, nil) // a value and an error that is nil
	printed(nil, fmt.Errorf("no such file"))
	printed(nil) // nothing
	// Output:
	// ["a" "b"]
	// 6
	// <nil> no such file
}

func ExampleTable() {
	type result struct {
		Name    string
		Workers int           `display:"workers"`
		Time    time.Duration `display:"time"`
	}
	printed(display.Table([]result{
		{"mutex", 4, 120 * time.Millisecond},
		{"atomic", 4, 35 * time.Millisecond},
	}))
	// Output:
	// Name    workers   time
	// mutex         4  120ms
	// atomic        4   35ms
}

func ExampleMIME() {
	printed(display.MIME(display.MIMEMap{
		"text/html":  "<i>x</i>",
		"text/plain": "x",
	}, nil))
	// Output: x
}

// A file that cannot be read is said where it would have been shown.
func ExampleFile() {
	printed(display.File("image/png", "/no/such/picture.png"))
	// Output: display.File: open /no/such/picture.png: no such file or directory
}

func ExampleSized() {
	printed(display.Sized(image.NewGray(image.Rect(0, 0, 8, 8)), 200, 200))
	// Output: image: 8 x 8 pixels
}

func ExampleRange() {
	sum := 0
	for i := range display.Range(10, "adding") { // in a notebook, with a progress bar
		sum += i
	}
	fmt.Println(sum)
	// Output: 45
}

func ExampleProgress() {
	jobs := []string{"a", "b", "c"}
	bar := display.Progress(len(jobs), "jobs")
	defer bar.Done()
	for range jobs {
		bar.Add(1)
	}
}

// One output that changes while a cell runs, or from a later cell.
func ExampleHandle() {
	status := display.New()
	for _, step := range []string{"reading", "sorting", "done"} {
		if err := status.Update(step); err != nil {
			fmt.Println(err) // outside of a notebook
			return
		}
	}
}

// Work that watches the context of its cell can be interrupted.
func ExampleContext() {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 3 {
		select {
		case <-display.Context().Done():
			fmt.Println("interrupted")
			return
		case <-tick.C:
		}
	}
	fmt.Println("done")
	// Output: done
}
