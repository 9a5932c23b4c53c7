// Package environ reads environments, lists of NAME=VALUE, and finds programs by them. It changes none.
package environ

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Notebook is the variable by which Jupyter's server tells a kernel the path of its notebook.
const Notebook = "JPY_SESSION_NAME"

// Name is the name of NAME=VALUE.
func Name(kv string) string {
	name, _, _ := strings.Cut(kv, "=")
	return name
}

// Lookup is a variable's value, "" when it is not set; the last one counts.
func Lookup(env []string, name string) string {
	value := ""
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}

// Variable is a variable as Expand replaces it.
var Variable = regexp.MustCompile(`\$(?:[A-Za-z_]\w*|\{\w+\})`)

// Expand replaces $NAME and ${NAME} of variables that are set; any other $ stays.
func Expand(value string, env []string) string {
	return Variable.ReplaceAllStringFunc(value, func(s string) string {
		name := strings.Trim(s, "${}")
		for _, kv := range slices.Backward(env) {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				return v
			}
		}
		return s
	})
}

// Program finds a program as the shell would, "" if there is none.
func Program(name string, env []string, dir string) string {
	runs := func(p string) bool {
		if !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		st, err := os.Stat(p)
		return err == nil && !st.IsDir() && st.Mode()&0o111 != 0
	}
	if strings.Contains(name, "/") {
		if runs(name) {
			return name
		}
		return ""
	}
	for _, d := range filepath.SplitList(Lookup(env, "PATH")) {
		if p := filepath.Join(d, name); d != "" && runs(p) {
			return p
		}
	}
	return ""
}
