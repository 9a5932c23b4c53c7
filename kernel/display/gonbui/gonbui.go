// Package gonbui stands in for github.com/janpfeifer/gonb/gonbui in notebooks that were written for GoNB: a cell that imports
// that path gets this package. It has the functions that show something and that ask for input, under their names there, and
// is made of package display. What talks to widgets or to the page is not there: that needs GoNB's own front-end code.
//
// As there, the functions do nothing outside of a notebook, and the last thing that went wrong is what [Error] returns.
package gonbui

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
	"sync"

	"interleave/kernel/display"
	"interleave/kernel/internal/stage"
)

var (
	// IsNotebook tells whether there is a notebook to show things in.
	IsNotebook = stage.Connected()
	// Debug has Logf print.
	Debug bool
)

// Logf prints a line when Debug is set.
func Logf(format string, args ...any) {
	if Debug {
		fmt.Printf(format+"\n", args...)
	}
}

// shown are the outputs that Update functions have made, and what went wrong.
var shown struct {
	mu     sync.Mutex
	blocks map[string]bool
	err    error
}

// Error is the first error of a function of this package that returns none, nil if there was none.
func Error() error {
	shown.mu.Lock()
	defer shown.mu.Unlock()
	return shown.err
}

func note(err error) {
	shown.mu.Lock()
	defer shown.mu.Unlock()
	if shown.err == nil {
		shown.err = err
	}
}

// Open returns an error outside of a notebook. There is nothing to open.
func Open() error {
	if !IsNotebook {
		return errors.New("there is no notebook to show things in")
	}
	return Error()
}

// Sync does nothing: what was shown is in the notebook when the function that shows it returns.
func Sync() {}

// UniqueId is a name that no other output has.
func UniqueId() string { return rand.Text() }

// UniqueID is UniqueId.
func UniqueID() string { return UniqueId() }

// listened reports whether what is shown is seen: in a notebook, and where display.InTerminal prints it.
func listened() bool { return IsNotebook || stage.Connected() }

// show adds an output to the cell.
func show(d display.Data) {
	if listened() {
		note(display.Display(d))
	}
}

// update shows a bundle in the output with a name, which the first call makes.
func update(id string, d display.Data) {
	if !listened() {
		return
	}
	shown.mu.Lock()
	again := shown.blocks[id]
	if shown.blocks == nil {
		shown.blocks = map[string]bool{}
	}
	shown.blocks[id] = true
	shown.mu.Unlock()
	if again {
		note(display.Update(id, d))
	} else {
		note(display.ShowID(id, d))
	}
}

// DisplayHTML shows a piece of HTML.
func DisplayHTML(html string) { show(display.HTML(html)) }

// DisplayHtml is DisplayHTML.
func DisplayHtml(html string) { DisplayHTML(html) }

// DisplayHTMLF shows a piece of HTML that fmt.Sprintf makes.
func DisplayHTMLF(format string, args ...any) { DisplayHTML(fmt.Sprintf(format, args...)) }

// DisplayHtmlf is DisplayHTMLF.
func DisplayHtmlf(format string, args ...any) { DisplayHTMLF(format, args...) }

// DisplayMarkdown shows a piece of Markdown.
func DisplayMarkdown(markdown string) { show(display.Markdown(markdown)) }

// UpdateHTML shows a piece of HTML in the output named id, in the place of what was there.
func UpdateHTML(id, html string) { update(id, display.HTML(html)) }

// UpdateHtml is UpdateHTML.
func UpdateHtml(id, html string) { UpdateHTML(id, html) }

// UpdateMarkdown shows a piece of Markdown in the output named id, in the place of what was there.
func UpdateMarkdown(id, markdown string) { update(id, display.Markdown(markdown)) }

// DisplayPng shows an encoded PNG picture.
func DisplayPng(png []byte) { show(display.PNG(png)) }

// DisplayPNG is DisplayPng.
func DisplayPNG(png []byte) { DisplayPng(png) }

// DisplayImage shows a picture as PNG.
func DisplayImage(img image.Image) error {
	b, err := encode(img)
	if err == nil {
		DisplayPng(b)
	}
	return err
}

// DisplaySvg shows an SVG picture.
func DisplaySvg(svg string) { show(display.SVG(svg)) }

// DisplaySVG is DisplaySvg.
func DisplaySVG(svg string) { DisplaySvg(svg) }

// EmbedImageAsPNGSrc is a picture as the src attribute of an HTML img.
func EmbedImageAsPNGSrc(img image.Image) (string, error) {
	b, err := encode(img)
	if err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b), nil
}

func encode(img image.Image) ([]byte, error) {
	if img == nil {
		return nil, errors.New("the image is nil")
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

// ScriptJavascript has the front end run a script.
func ScriptJavascript(js string) { show(display.JavaScript(js)) }

// RequestInput prints a prompt. The notebook asks the reader for a line when the program reads standard input, as by fmt.Scan,
// so there is nothing else to do; a line that must not be seen is asked for by display.Password.
func RequestInput(prompt string, password bool) {
	if IsNotebook {
		fmt.Print(prompt)
	}
}
