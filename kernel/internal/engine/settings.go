package engine

import (
	"os"
	"path/filepath"
	"slices"
	"sync"

	"interleave/kernel/internal/environ"
)

// settings are what commands have set for cells: %cd, %env, %noautoget. They outlive a worker.
type settings struct {
	mu        sync.Mutex
	dir       string             // what %cd has chosen, "" for Options.Dir
	left      string             // the folder before it, "" before the first %cd
	env       map[string]*string // what %env has set, and removed where nil
	noAutoget bool               // imports get nothing that is missing
}

// reset forgets what %cd and %env have set.
func (s *settings) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dir, s.left, s.env = "", "", nil
}

// move notes the folder that cells run in and the one before.
func (s *settings) move(to, from string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dir, s.left = to, from
}

// folder is what %cd has chosen, "" for the notebook's.
func (s *settings) folder() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dir
}

// leftFolder is the folder before it.
func (s *settings) leftFolder() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// variable sets a variable, and removes it when value is nil.
func (s *settings) variable(name string, value *string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.env == nil {
		s.env = map[string]*string{}
	}
	s.env[name] = value
}

// environ is an environment as %env has changed it.
func (s *settings) environ(env []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	env = slices.DeleteFunc(env, func(kv string) bool { _, changed := s.env[environ.Name(kv)]; return changed })
	for name, value := range s.env {
		if value != nil {
			env = append(env, name+"="+*value)
		}
	}
	return env
}

// autoget says whether imports get what is missing.
func (s *settings) autoget(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noAutoget = !on
}

// gets reports that.
func (s *settings) gets() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.noAutoget
}

// environ is the environment that the notebook has of its own.
func (o Options) environ() []string {
	if o.Env != nil {
		return slices.Clone(o.Env)
	}
	return os.Environ()
}

// standing is a folder, or the nearest one above it that is there.
func standing(dir string) string {
	for {
		if st, err := os.Stat(dir); err == nil && st.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
