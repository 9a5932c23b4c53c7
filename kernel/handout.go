package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"

	"interleave/kernel/internal/handout"
	"interleave/kernel/internal/notebook"
)

type handoutCommand struct {
	Notebooks []string `arg:"" optional:"" name:"notebook" type:"existingfile" help:"Notebooks to hand out; those of notebooks/ are the default."`
	Output    string   `short:"o" required:"" placeholder:"DIR" help:"Folder to write into; it is made when it is not there."`
}

func (handoutCommand) Help() string {
	return `DIR/student has notebooks without outputs, so that nobody sees the answer before the question, and without cells tagged instructor. DIR/instructor has the same notebooks with solutions in the cells to change, and with all outputs but theirs. Both open in any folder where this kernel is installed, without a network. What comes back is judged by "interleave check", which asks for more than the checks in the notebooks: its hidden checks are in neither edition.

Examples:

    interleave handout -o ~/saturday
    interleave handout -o ~/saturday notebooks/05-race-condition.ipynb
`
}

//go:embed handout.txt
var handoutFiles embed.FS

func (c *handoutCommand) Run(_ context.Context, to streams) error {
	files := c.Notebooks
	if len(files) == 0 {
		var err error
		if files, err = filepath.Glob("notebooks/*.ipynb"); err != nil || len(files) == 0 {
			return fmt.Errorf("there are no notebooks/*.ipynb here: start it in the repository's folder, or name the notebooks")
		}
	}
	for edition, make := range map[string]func(string, *notebook.Notebook) error{
		"student":    func(name string, nb *notebook.Notebook) error { handout.Student(name, nb); return nil },
		"instructor": handout.Instructor,
	} {
		if err := c.edition(edition, files, make); err != nil {
			return err
		}
	}
	note, err := handoutFiles.ReadFile("handout.txt")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.Output, "README.md"), note, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(to.out, "%d notebooks in %s: student is to hand out, instructor has the solutions\n", len(files), c.Output)
	return nil
}

// edition writes one edition of the notebooks.
func (c *handoutCommand) edition(name string, files []string, make func(string, *notebook.Notebook) error) error {
	dir := filepath.Join(c.Output, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		nb, err := notebook.Read(file)
		if err != nil {
			return err
		}
		if err := make(filepath.Base(file), nb); err != nil {
			return err
		}
		if err := nb.Write(filepath.Join(dir, filepath.Base(file))); err != nil {
			return err
		}
	}
	return nil
}
