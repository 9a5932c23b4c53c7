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

	"interleave/kernel/internal/notebook"
	"interleave/kernel/internal/python"
	"interleave/kernel/internal/slides"
)

type slidesCommand struct {
	Notebooks []string `arg:"" optional:"" name:"notebook" type:"existingfile" help:"Notebooks to make slides of; all of notebooks/ is the default."`
	Output    string   `short:"o" required:"" placeholder:"DIR" help:"Folder to write into; it is made if it is not there."`
	Theme     string   `enum:"light,dark" default:"light" help:"light or dark."`
	Python    string   `placeholder:"PROGRAM" help:"Python to make the environment with."`
}

func (slidesCommand) Help() string {
	return `Each notebook becomes one HTML file that holds everything it shows and opens without a network; several become one more for all of them. A slide shows what the notebook's slide metadata says (slide, subslide, fragment, skip, notes), with the outputs that are saved in the notebook. Left out are progress bars, standard error, and the code of a cell that shows a chart or only names a value; tag a cell show-input to keep its code, hide-input to leave it out.

In a deck, Esc shows the overview and S the speaker's view.

Examples:

    kernel slides -o /tmp/slides
    kernel slides notebooks/05-race-condition.ipynb -o /tmp/slides --theme dark
`
}

func (c *slidesCommand) Run(ctx context.Context, to streams) error {
	sources, err := c.sources()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Output, 0o755); err != nil {
		return err
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
	converter := slides.Converter{Jupyter: env.Program("jupyter")}
	decks, err := converter.Decks(ctx, sources)
	p.end()
	if err != nil {
		return err
	}
	if len(decks) > 1 {
		decks = append(decks, slides.Join("all", "Interleave", decks))
	}
	for _, d := range decks {
		if err := c.write(to, d); err != nil {
			return err
		}
	}
	return nil
}

// sources are the notebooks, by name.
func (c *slidesCommand) sources() ([]slides.Source, error) {
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
		nb, err := notebook.Read(path)
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

// write writes a deck as HTML.
func (c *slidesCommand) write(to streams, d slides.Deck) error {
	text, err := d.HTML(c.Theme)
	if err != nil {
		return err
	}
	path := filepath.Join(c.Output, d.Name+".html")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(to.out, "%s\n", path)
	return nil
}
