package slides

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

// Window is a browser window that shows a deck: Eval returns the text that a JavaScript expression, or the promise that
// it is, comes to.
type Window interface {
	Eval(js string) (string, error)
}

// Fault is what is wrong with a slide for a reader at 1280 x 720 pixels.
type Fault struct {
	Slide  string `json:"slide"`  // NOTEBOOK.CELL of the cell that the slide begins with
	Kind   string `json:"kind"`   // overflow, overlap, small, contrast, picture or step
	Detail string `json:"detail"` // what is seen, and where
}

func (f Fault) String() string { return fmt.Sprintf("%s: %s: %s", f.Slide, f.Kind, f.Detail) }

//go:embed check.js
var checkJS string

// Check steps through the deck that a window of 1280 x 720 pixels shows. It finds text and pictures that leave their
// slide or lie on each other, whatever would scroll, text below 18 pixels, in drawings of charts too, contrast below
// WCAG AA (4.5 to 1; 3 to 1 for large text), and pictures that are missing.
func Check(w Window) (slides int, faults []Fault, err error) {
	const step = 20 // what a slow machine does within a browser's patience
	for from := 0; from == 0 || from < slides; from += step {
		text, err := w.Eval(fmt.Sprintf("(%s)(%d, %d)", strings.TrimSpace(checkJS), from, from+step))
		if err != nil {
			return 0, nil, fmt.Errorf("step through the deck: %w", err)
		}
		var result struct {
			Slides int     `json:"slides"`
			Faults []Fault `json:"faults"`
		}
		if err := json.Unmarshal([]byte(text), &result); err != nil {
			return 0, nil, fmt.Errorf("step through the deck: %w", err)
		}
		slides, faults = result.Slides, append(faults, result.Faults...)
	}
	return slides, faults, nil
}
