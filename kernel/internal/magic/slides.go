package magic

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"interleave/kernel/internal/environ"
)

// slides makes slides of the open notebook, as it was last saved.
func slides(ctx context.Context, h Host, args string) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%slides: %w", err)
	}
	folder := ""
	switch {
	case len(words) == 0:
	case len(words) == 2 && words[0] == "-o" && words[1] != "":
		folder = words[1]
	default:
		return errors.New("%slides takes -o and a folder, or nothing: %slides -o /tmp/slides")
	}
	env, dir, err := h.Process().Surroundings(ctx)
	if err != nil {
		return err
	}
	path := environ.Lookup(env, environ.Notebook)
	if !strings.HasSuffix(path, ".ipynb") {
		return fmt.Errorf("%%slides: the program that shows this notebook does not tell its file's name, as JupyterLab does. "+
			"Save it and run in a terminal: interleave slides NOTEBOOK.ipynb -o slides; or name it here first: %%env %s=/path/of/NOTEBOOK.ipynb", environ.Notebook)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%%slides: there is no %s any more: after a notebook was renamed, restart the kernel", path)
	} else if err != nil {
		return fmt.Errorf("%%slides: %w", err)
	}
	if folder == "" {
		folder = filepath.Join(filepath.Dir(path), "slides")
	} else if !filepath.IsAbs(folder) {
		folder = filepath.Join(dir, folder)
	}
	fmt.Fprintf(streamWriter{h.Out(), "stdout"}, "Slides of %s as last saved, at %s. What has changed since is not in them: save first.\n",
		filepath.Base(path), info.ModTime().Format("15:04:05"))
	return child(ctx, h, append(append([]string{}, h.About().Slides...), path, "-o", folder))
}
