package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"interleave/kernel/internal/notebook"
	"interleave/kernel/internal/python"
	"interleave/kernel/internal/slides"
)

type slidesCommand struct {
	Notebooks []string `arg:"" optional:"" name:"notebook" type:"existingfile" help:"Notebooks to make slides of; all of notebooks/ is the default."`
	Output    string   `short:"o" required:"" placeholder:"DIR" help:"Folder to write into; it is made if it is not there."`
	Execute   bool     `help:"Run the notebooks first; the files themselves stay as they are."`
	Only      string   `enum:",charts" default:"" placeholder:"charts" help:"charts: write the charts alone."`
	Deck      string   `enum:",talk2019" default:"" placeholder:"talk2019" help:"talk2019: one deck in the order of the talk of 2019, a slide for each of its 42 pages."`
	Theme     string   `enum:"light,dark" default:"light" help:"light or dark."`
	Python    string   `placeholder:"PROGRAM" help:"Python to make the environment with."`
}

func (slidesCommand) Help() string {
	return `Each notebook becomes one HTML file that holds everything it shows and opens without a network; several become one more for all of them. With Chromium there is a PDF and a PPTX of each (a title, a picture and notes a slide), and charts/ has every chart as SVG, PNG and PDF, named after notebook and cell.

A slide shows what the notebook's slide metadata says (slide, subslide, fragment, skip, notes), with the outputs that are saved in the notebook, or with --execute those of a run. Left out are progress bars, standard error, and the code of a cell that shows a chart or only names a value; tag a cell show-input to keep its code, hide-input to leave it out. The speaker's notes are those of the notebook, and what its slide leaves out: code, and what a chart says in words. Slides that hold too much are named.

In a deck, Esc shows the overview and S the speaker's view.

Examples:

    interleave slides -o /tmp/slides
    interleave slides notebooks/05-race-condition.ipynb -o /tmp/slides --theme dark
    interleave slides --only charts -o /tmp/slides
    interleave slides --deck talk2019 -o /tmp/slides
`
}

func (c *slidesCommand) Run(ctx context.Context, to streams) error {
	sources, err := c.sources(ctx, to)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Output, 0o755); err != nil {
		return err
	}
	if c.Only == "charts" {
		e, err := newExporter(ctx, to, "charts are written as SVG alone, not as PNG and PDF")
		if err != nil {
			return err
		}
		defer e.close()
		return e.charts(ctx, sources, filepath.Join(c.Output, "charts"), c.Theme)
	}
	p := newProgress(to.err)
	env, err := python.Open(ctx, python.Options{Python: c.Python, Set: python.Lab, Progress: func(done, total int, what string) {
		p.show("install JupyterLab and nbconvert", done, total, what)
	}})
	p.end()
	if err != nil {
		return err
	}
	p.show("convert", 0, 0, "")
	decks, err := c.decks(ctx, slides.Converter{Jupyter: env.Program("jupyter")}, sources)
	p.end()
	if err != nil {
		return err
	}
	e, err := newExporter(ctx, to, "slides are written as HTML alone, not as PDF and PPTX, and charts as SVG alone")
	if err != nil {
		return err
	}
	defer e.close()
	for _, d := range decks {
		path, err := c.write(to, d)
		if err != nil {
			return err
		}
		if err := e.deck(ctx, path, env.Program("python"), c.Theme); err != nil {
			return err
		}
	}
	if c.Deck != "" {
		return nil
	}
	return e.charts(ctx, sources, filepath.Join(c.Output, "charts"), c.Theme)
}

// decks are those of the notebooks and, of several, one of all.
func (c *slidesCommand) decks(ctx context.Context, converter slides.Converter, sources []slides.Source) ([]slides.Deck, error) {
	if c.Deck == talkName {
		evidence, err := talkEvidence()
		if err != nil {
			return nil, err
		}
		deck, err := converter.Replay(ctx, talkName, talkTitle, talkPages, sources, evidence)
		return []slides.Deck{deck}, err
	}
	decks, err := converter.Decks(ctx, sources)
	if err == nil && len(decks) > 1 {
		decks = append(decks, slides.Join("all", "Interleave", decks))
	}
	return decks, err
}

// sources are the notebooks, by name.
func (c *slidesCommand) sources(ctx context.Context, to streams) ([]slides.Source, error) {
	paths := c.Notebooks
	if len(paths) == 0 {
		found, err := filepath.Glob("notebooks/*.ipynb")
		if err != nil {
			return nil, err
		}
		if paths = found; len(paths) == 0 {
			return nil, errors.New("there are no notebooks in the folder notebooks: name the notebooks to make slides of")
		}
	}
	var sources []slides.Source
	for _, path := range paths {
		nb, err := c.read(ctx, to, path)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(path), ".ipynb")
		if slices.ContainsFunc(sources, func(s slides.Source) bool { return s.Name == name }) {
			return nil, fmt.Errorf("two notebooks have the name %s, and so would their decks: make them in two runs, into two folders", name)
		}
		sources = append(sources, slides.Source{Name: name, Notebook: nb})
	}
	slices.SortStableFunc(sources, func(a, b slides.Source) int { return cmp.Compare(a.Name, b.Name) })
	return sources, nil
}

// read reads a notebook, with --execute as it is after a run.
func (c *slidesCommand) read(ctx context.Context, to streams, path string) (*notebook.Notebook, error) {
	if !c.Execute {
		return notebook.Read(path)
	}
	dir, err := os.MkdirTemp("", "interleave-slides-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	done := filepath.Join(dir, "done.ipynb")
	if err := (&runCommand{Timeout: 10 * time.Minute}).one(ctx, streams{out: to.err, err: to.err}, path, done); err != nil {
		return nil, fmt.Errorf("run %s: %w", path, err)
	}
	return notebook.Read(done)
}

// write writes a deck as HTML.
func (c *slidesCommand) write(to streams, d slides.Deck) (path string, err error) {
	text, err := d.HTML(c.Theme)
	if err != nil {
		return "", err
	}
	path = filepath.Join(c.Output, d.Name+".html")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return "", err
	}
	fmt.Fprintln(to.out, path)
	return path, nil
}
