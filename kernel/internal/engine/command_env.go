package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"interleave/kernel/internal/worker"
)

func (e *Engine) chdir(r *run, args string) error {
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
			if _, here, err := e.surroundings(r.ctx); err == nil {
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
	w, err := e.current(r.ctx)
	if err != nil {
		return err
	}
	back := dir == "-"
	if back {
		e.mu.Lock()
		dir = e.left
		e.mu.Unlock()
		if dir == "" {
			return errors.New("%cd -: no folder was left yet")
		}
	}
	from, _ := workingDir(w)
	if err := w.Chdir(r.ctx, dir); err != nil {
		return fmt.Errorf("%%cd: %s", strings.TrimPrefix(err.Error(), "chdir "))
	}
	here, err := workingDir(w)
	if err != nil {
		return nil
	}
	e.mu.Lock()
	e.dir, e.left = here, from
	e.mu.Unlock()
	e.builder.Follow(here)
	if back {
		r.out.Stream("stdout", []byte(here+"\n"))
	}
	return nil
}

func workingDir(w *worker.Worker) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/%d/cwd", w.PID()))
}

// noteEnv remembers a variable for the next worker; a nil value removes it.
func (e *Engine) noteEnv(name string, value *string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.env == nil {
		e.env = map[string]*string{}
	}
	e.env[name] = value
}

// withChanges is an environment as %env has changed it. It is called with mu held.
func (e *Engine) withChanges(env []string) []string {
	env = slices.DeleteFunc(env, func(kv string) bool { _, changed := e.env[envName(kv)]; return changed })
	for name, value := range e.env {
		if value != nil {
			env = append(env, name+"="+*value)
		}
	}
	return env
}

// environ lists, shows, sets or removes variables of the worker's environment.
func (e *Engine) environ(r *run, args string) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("%%env: %w", err)
	}
	w, err := e.current(r.ctx)
	if err != nil {
		return err
	}
	env, err := w.Environ(r.ctx)
	if err != nil {
		return fmt.Errorf("%%env: %w", err)
	}
	if len(words) == 0 {
		slices.Sort(env)
		r.out.Stream("stdout", []byte(strings.Join(env, "\n")+"\n"))
		return nil
	}
	if words[0] == "-u" {
		if len(words) < 2 {
			return errors.New("%env -u takes the names of variables to remove")
		}
		for _, name := range words[1:] {
			if err := w.Unsetenv(r.ctx, name); err != nil {
				return fmt.Errorf("%%env: %w", err)
			}
			e.noteEnv(name, nil)
		}
		return nil
	}
	name, value, set := strings.Cut(words[0], "=")
	if !set && len(words) == 1 {
		if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") }) {
			return fmt.Errorf("%%env: %s is not set", name)
		}
		r.out.Stream("stdout", []byte(lookupEnv(env, name)+"\n"))
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
	value = expand(value, env)
	if err := w.Setenv(r.ctx, name, value); err != nil {
		return fmt.Errorf("%%env: %w", err)
	}
	e.noteEnv(name, &value)
	return nil
}

var variable = regexp.MustCompile(`\$(?:[A-Za-z_]\w*|\{\w+\})`)

// expand replaces $NAME and ${NAME} of variables that are set; any other $ stays.
func expand(value string, env []string) string {
	return variable.ReplaceAllStringFunc(value, func(s string) string {
		name := strings.Trim(s, "${}")
		for _, kv := range slices.Backward(env) {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				return v
			}
		}
		return s
	})
}

func (e *Engine) go111module(_ *run, args string) error {
	words, err := splitWords(args)
	if err == nil && len(words) == 1 && (words[0] == "on" || words[0] == "off") {
		return nil
	}
	return errors.New("%go111module takes on or off")
}
