package slides

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

//go:embed template
var template embed.FS

// Converter turns notebooks into sections of reveal.js.
type Converter struct {
	Jupyter string // the program, of an environment with nbconvert
}

// Deck is the slides of one notebook or of several.
type Deck struct {
	Name     string // the file's name without extension
	Title    string
	Sections string // HTML
}

// Decks converts each notebook into a deck. All go through one nbconvert.
func (c Converter) Decks(ctx context.Context, sources []Source) ([]Deck, error) {
	var decks []Deck
	var pages [][]page
	for _, s := range sources {
		decks = append(decks, Deck{Name: s.Name, Title: s.Title()})
		pages = append(pages, s.pages())
	}
	return decks, c.convert(ctx, decks, pages)
}

// convert fills in the sections of decks, from the cells of each.
func (c Converter) convert(ctx context.Context, decks []Deck, pages [][]page) error {
	dir, err := os.MkdirTemp("", "interleave-slides-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	templates, err := fs.Sub(template, "template")
	if err == nil {
		err = os.CopyFS(filepath.Join(dir, "templates"), templates)
	}
	if err != nil {
		return fmt.Errorf("write the template: %w", err)
	}
	args := []string{"nbconvert", "--to", "slides", "--template", "interleave-slides", "--output-dir", dir, "--log-level", "ERROR",
		"--TemplateExporter.extra_template_basedirs=" + filepath.Join(dir, "templates"),
		"--HTMLExporter.exclude_anchor_links=True", "--TemplateExporter.exclude_input_prompt=True", "--TemplateExporter.exclude_output_prompt=True"}
	for i := range decks {
		text, err := json.Marshal(map[string]any{
			"cells": pages[i], "nbformat": 4, "nbformat_minor": 4,
			"metadata": page{"language_info": page{"name": "go", "pygments_lexer": "go"}},
		})
		if err != nil {
			return err
		}
		path := filepath.Join(dir, fmt.Sprintf("deck%03d.ipynb", i))
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
		args = append(args, path)
	}
	cmd := exec.CommandContext(ctx, c.Jupyter, args...)
	cmd.Dir = dir
	// Nothing of the user's configuration may change what the template expects.
	cmd.Env = append(os.Environ(), "JUPYTER_CONFIG_DIR="+filepath.Join(dir, "config"), "JUPYTER_NO_CONFIG=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("nbconvert: %w\n%s", err, strings.Join(lines[max(0, len(lines)-6):], "\n"))
	}
	for i := range decks {
		text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("deck%03d.slides.html", i)))
		if err != nil {
			return fmt.Errorf("nbconvert wrote no slides of %s: %w", decks[i].Name, err)
		}
		decks[i].Sections = relink(tidy(string(text)), decks)
	}
	return nil
}

var (
	cellID    = regexp.MustCompile(` id="cell-id=[^"]*"`)
	headingID = regexp.MustCompile(`(<h[1-6]) id="[^"]*"`)
	tableCell = regexp.MustCompile(`<td[^>]*>[^<]*</td>`)
	interval  = regexp.MustCompile(`\[(-?[0-9.]+), (-?[0-9.]+)\]`)
)

// tidy takes out what would name two things in a document of several notebooks alike, and keeps an interval in a table
// on one line.
func tidy(sections string) string {
	sections = cellID.ReplaceAllString(sections, "")
	sections = headingID.ReplaceAllString(sections, "$1")
	return tableCell.ReplaceAllStringFunc(sections, func(cell string) string {
		return interval.ReplaceAllString(cell, "[$1,&nbsp;$2]")
	})
}
