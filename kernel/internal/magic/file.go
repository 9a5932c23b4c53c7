package magic

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"interleave/kernel/internal/environ"
	"interleave/kernel/internal/faults"
	"interleave/kernel/internal/session"
)

// writeFile writes a cell's text to a file in the folder that cells run in.
func writeFile(ctx context.Context, h Host, in Input) *session.Fault {
	name := "%%" + in.Line.Name
	words, err := splitWords(in.Line.Args)
	if err != nil {
		return faults.Plain("CommandError", name+": "+err.Error())
	}
	rest := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "-a" || w == "--append" })
	if len(rest) != 1 || len(words)-len(rest) > 1 {
		return faults.Plain("CommandError", fmt.Sprintf("%s takes one file name, and -a to append: %s notes.txt", name, name))
	}
	env, dir, err := h.Process().Surroundings(ctx)
	if err != nil {
		return faults.Command(err)
	}
	named := environ.Expand(rest[0], env)
	if v := environ.Variable.FindString(named); v != "" {
		return faults.Plain("CommandError", fmt.Sprintf("%s: %s is not set: %%env %s=VALUE sets it", name, v, strings.Trim(v, "${}")))
	}
	path := inDir(named, dir)
	_, statErr := os.Stat(path)
	flag, did := os.O_WRONLY|os.O_CREATE|os.O_TRUNC, "wrote"
	switch {
	case len(words) > len(rest):
		flag, did = os.O_WRONLY|os.O_CREATE|os.O_APPEND, "appended to"
	case statErr == nil:
		did = "overwrote"
	}
	body := below(in.Text.Source, in.Line)
	if body != "" && !strings.HasSuffix(body, "\n") {
		body += "\n" // front ends drop the last one
	}
	f, err := os.OpenFile(path, flag, 0o644)
	if err == nil {
		if _, err = f.WriteString(body); err == nil {
			err = f.Close()
		} else {
			f.Close()
		}
	}
	if err != nil {
		return faults.Plain("CommandError", name+": "+err.Error())
	}
	h.Out().Stream("stdout", fmt.Appendf(nil, "%s %s (%d bytes)\n", did, named, len(body)))
	return nil
}

// inDir resolves a file's name as the shell would.
func inDir(name, dir string) string {
	if name == "~" || strings.HasPrefix(name, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, name[1:])
		}
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
