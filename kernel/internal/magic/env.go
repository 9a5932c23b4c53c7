package magic

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"interleave/kernel/internal/environ"
	"interleave/kernel/internal/worker"
)

func chdir(ctx context.Context, h Host, args string) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%cd: %w", err)
	}
	dir := "~"
	switch {
	case len(words) == 1:
		dir = words[0]
	case len(words) > 1: // gophernotes takes the whole line
		if dir = args; !strings.HasPrefix(dir, "/") {
			if _, here, err := h.Process().Surroundings(ctx); err == nil {
				dir = filepath.Join(here, args)
			}
		}
		if st, err := os.Stat(dir); err != nil || !st.IsDir() {
			return fmt.Errorf("%%cd takes one folder, and got %d: quote a name that has blanks", len(words))
		}
	}
	if dir == "~" || strings.HasPrefix(dir, "~/") {
		home, err := os.UserHomeDir()
		if err != nil {
			return fmt.Errorf("%%cd: %w", err)
		}
		dir = filepath.Join(home, dir[1:])
	}
	w, err := h.Process().Worker(ctx)
	if err != nil {
		return err
	}
	back := dir == "-"
	if back {
		if dir = h.Process().Left(); dir == "" {
			return errors.New("%cd -: no folder was left yet")
		}
	}
	from, _ := workingDir(w)
	if err := w.Chdir(ctx, dir); err != nil {
		return fmt.Errorf("%%cd: %s", strings.TrimPrefix(err.Error(), "chdir "))
	}
	here, err := workingDir(w)
	if err != nil {
		return nil
	}
	h.Process().Moved(here, from)
	if back {
		h.Out().Stream("stdout", []byte(here+"\n"))
	}
	return nil
}

func workingDir(w *worker.Worker) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/%d/cwd", w.PID()))
}

// environment lists, shows, sets or removes variables of the worker's environment.
func environment(ctx context.Context, h Host, args string) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%env: %w", err)
	}
	w, err := h.Process().Worker(ctx)
	if err != nil {
		return err
	}
	env, err := w.Environ(ctx)
	if err != nil {
		return fmt.Errorf("%%env: %w", err)
	}
	if len(words) == 0 {
		slices.Sort(env)
		h.Out().Stream("stdout", []byte(strings.Join(env, "\n")+"\n"))
		return nil
	}
	if words[0] == "-u" {
		if len(words) < 2 {
			return errors.New("%env -u takes the names of variables to remove")
		}
		for _, name := range words[1:] {
			if err := w.Unsetenv(ctx, name); err != nil {
				return fmt.Errorf("%%env: %w", err)
			}
			h.Process().SetVariable(name, nil)
		}
		return nil
	}
	name, value, set := strings.Cut(words[0], "=")
	if !set && len(words) == 1 {
		if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") }) {
			return fmt.Errorf("%%env: %s is not set", name)
		}
		h.Out().Stream("stdout", []byte(environ.Lookup(env, name)+"\n"))
		return nil
	}
	if name == "" {
		return errors.New("%env: there is no name before the =")
	}
	if v, spaced := strings.CutPrefix(strings.Join(words[1:], " "), "="); !set && spaced { // NAME = VALUE
		words, value, set = words[:1], strings.TrimSpace(v), true
	}
	if set {
		value = strings.Join(append([]string{value}, words[1:]...), " ")
	} else {
		value = strings.Join(words[1:], " ")
	}
	value = environ.Expand(value, env)
	if err := w.Setenv(ctx, name, value); err != nil {
		return fmt.Errorf("%%env: %w", err)
	}
	h.Process().SetVariable(name, &value)
	return nil
}

// go111module is gophernotes's, and does nothing.
func go111module(_ context.Context, _ Host, args string) error {
	words, err := splitWords(args)
	if err == nil && len(words) == 1 && (words[0] == "on" || words[0] == "off") {
		return nil
	}
	return errors.New("%go111module takes on or off")
}
