package slides

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Camera is a window that can take a picture of what it shows, as PNG.
type Camera interface {
	Window
	Picture() ([]byte, error)
}

// Page is a slide for PowerPoint: a title that can be edited over a picture of all else.
type Page struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// Outside is that the slide does not show its title: it goes on with the slide before it.
	Outside bool `json:"outside"`

	Notes string `json:"notes"` // the speaker's notes, and the text of the slide
	PNG   []byte `json:"-"`
	File  string `json:"file"`

	// Where the title stands, in CSS pixels, and the height of its letters.
	Left   float64 `json:"left"`
	Top    float64 `json:"top"`
	Height float64 `json:"height"`
	Size   float64 `json:"size"`
}

//go:embed page.js
var pageJS string

// Pages takes the pictures of all slides of the deck that a window shows, without their titles.
func Pages(ctx context.Context, w Camera) ([]Page, error) {
	var pages []Page
	for i := 0; ; i++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		text, err := w.Eval(fmt.Sprintf("(%s)(%d)", pageJS, i))
		if err != nil {
			return nil, fmt.Errorf("show slide %d: %w", i+1, err)
		}
		if text == "" {
			return pages, nil
		}
		var p Page
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return nil, fmt.Errorf("show slide %d: %w", i+1, err)
		}
		if p.PNG, err = w.Picture(); err != nil {
			return nil, fmt.Errorf("slide %d: %w", i+1, err)
		}
		pages = append(pages, p)
	}
}

//go:embed powerpoint.py
var powerPointPy string

// PowerPoint writes slides as a .pptx file; python is that of an environment with python-pptx.
func PowerPoint(ctx context.Context, python, path, theme string, pages []Page) error {
	dir, err := os.MkdirTemp("", "interleave-slides-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for i := range pages {
		pages[i].File = filepath.Join(dir, fmt.Sprintf("%d.png", i))
		if err := os.WriteFile(pages[i].File, pages[i].PNG, 0o644); err != nil {
			return err
		}
	}
	list, err := json.Marshal(map[string]any{"theme": theme, "pages": pages})
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, python, "-I", "-c", powerPointPy, path)
	cmd.Stdin = strings.NewReader(string(list))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("write %s: %w\n%s", path, err, strings.TrimSpace(string(out)))
	}
	return nil
}
