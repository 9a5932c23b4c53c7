package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers says what the packages of this module import of each other. A package without a row imports none;
// whoever may import it says so in its own row. Below lessons and plots see lessonsAndPlots.
//
// A row that is missing here is added when the arrow points the way of the straight line in DESIGN.md, and
// is a reason to think again when it points back.
var layers = map[string]string{
	// What cells import.
	"kernel/display":                "kernel/display/internal/chart kernel/internal/events kernel/internal/rich kernel/internal/stage",
	"kernel/display/gonbui":         "kernel/display kernel/internal/stage",
	"kernel/display/gonum":          "kernel/display/internal/chart plots/canvas plots/letters",
	"kernel/display/internal/chart": "kernel/internal/stage",
	"kernel/internal/stage":         "kernel/internal/events kernel/internal/worker/frame",
	"kernel/internal/worker/frame":  "kernel/internal/events",
	"kernel/internal/worker/inmate": "kernel/internal/events kernel/internal/stage kernel/internal/worker/frame",
	"kernel/internal/worker/host":   "kernel/internal/worker/inmate",

	// The kernel, from the sockets on one side and the cell's text on the other to the engine.
	"kernel/internal/session":      "kernel/internal/events",
	"kernel/internal/compile":      "kernel/internal/address kernel/internal/cell kernel/internal/revision kernel/internal/rich plots/spell",
	"kernel/internal/worker":       "kernel/internal/events kernel/internal/stage kernel/internal/worker/frame",
	"kernel/internal/stack":        "kernel/internal/address",
	"kernel/internal/racereport":   "kernel/internal/cell kernel/internal/stack",
	"kernel/internal/flame":        "kernel/internal/picture",
	"kernel/internal/link":         "kernel/internal/revision kernel/internal/whole kernel/internal/worker/frame", // its self test runs the worker's program
	"kernel/internal/wire":         "kernel/internal/whole",
	"kernel/internal/notebook":     "kernel/internal/whole",
	"kernel/internal/python":       "kernel/internal/whole",
	"kernel/internal/gopls":        "kernel/internal/whole",
	"kernel/internal/catalog":      "kernel/internal/whole",
	"kernel/internal/installation": "kernel/internal/whole",
	"kernel/internal/picture":      "plots/canvas plots/letters",
	"kernel/internal/timeline":     "kernel/internal/picture plots/states",
	"kernel/internal/faults": "kernel/internal/address kernel/internal/cell kernel/internal/compile kernel/internal/link " +
		"kernel/internal/revision kernel/internal/session kernel/internal/stack kernel/internal/words " +
		"kernel/internal/worker",
	"kernel/internal/packages": "kernel/internal/catalog kernel/internal/compile kernel/internal/link",
	"kernel/internal/assist": "kernel/internal/cell kernel/internal/compile kernel/internal/gopls kernel/internal/link " +
		"kernel/internal/packages kernel/internal/session",
	"kernel/internal/magic": "kernel/internal/address kernel/internal/assist kernel/internal/cell kernel/internal/compile " +
		"kernel/internal/environ kernel/internal/events kernel/internal/faults kernel/internal/flame " +
		"kernel/internal/link kernel/internal/picture kernel/internal/racereport kernel/internal/session " +
		"kernel/internal/stack kernel/internal/testreport kernel/internal/timeline kernel/internal/words " +
		"kernel/internal/worker plots/spell plots/stats",
	"kernel/internal/engine": "kernel/internal/address kernel/internal/assist kernel/internal/cell kernel/internal/compile " +
		"kernel/internal/environ kernel/internal/events kernel/internal/faults kernel/internal/link " +
		"kernel/internal/magic kernel/internal/packages kernel/internal/session kernel/internal/stack " +
		"kernel/internal/words kernel/internal/worker plots/spell",
	"kernel/internal/serve": "kernel/internal/engine kernel/internal/session kernel/internal/wire kernel/internal/worker",

	// The commands, which see all of it.
	"kernel/internal/client": "kernel/internal/wire",
	"kernel/internal/export": "kernel/internal/cell kernel/internal/compile kernel/internal/link kernel/internal/notebook " +
		"kernel/internal/packages",
	"kernel/internal/handout": "kernel/internal/cell kernel/internal/notebook lessons/exercises",
	"kernel/internal/slides":  "kernel/internal/notebook",
	"kernel": "kernel/internal/assist kernel/internal/browser kernel/internal/client kernel/internal/engine kernel/internal/export kernel/internal/gopls kernel/internal/handout kernel/internal/installation kernel/internal/kernelspec kernel/internal/link " +
		"kernel/internal/notebook kernel/internal/python kernel/internal/serve kernel/internal/slides kernel/internal/wheel kernel/internal/wire kernel/internal/worker " +
		"lessons/seed", // whose map says which cell has what page of the talk

	"kernel/internal/kerneltest": "kernel/internal/client kernel/internal/python kernel/internal/wire",
}

// outside says which of our packages may import what, where that is a matter of layers: Go code is unknown
// to the sockets, ZeroMQ to everything but the sockets, tests' helpers to the program.
var outside = []struct{ prefix, by string }{
	{"github.com/go-zeromq/zmq4", "kernel/internal/wire kernel/internal/client"},
	{"github.com/chromedp/", "kernel/internal/browser"},
	{"github.com/alecthomas/kong", "kernel"},
	{"gonum.org/v1/plot", "kernel/display/gonum kernel/internal/picture kernel/internal/link/profile"},
	{"testing", "kernel/internal/kerneltest"},
}

// withoutZMQ are packages that may not even depend on ZeroMQ: they speak to clients by the interfaces of session.
var withoutZMQ = []string{"kernel/internal/session", "kernel/internal/magic", "kernel/internal/engine", "kernel/internal/export"}

func isZMQ(path string) bool { return strings.HasPrefix(path, "github.com/go-zeromq/zmq4") }

// goSource are the packages that know Go's syntax or types.
const goSource = "kernel/internal/cell kernel/internal/compile kernel/internal/revision kernel/internal/engine kernel/internal/magic kernel/internal/catalog kernel/internal/racereport"

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath           string
	Imports, TestImports []string
	Deps                 []string
}

const modulePrefix = "interleave/"

// lessonsAndPlots are the trees that stand for themselves: only notebooks and Example tests, which are
// packages of their own, see more than one. Plots is the lower one: it has what lessons, charts and the kernel share.
var lessonsAndPlots = []string{"lessons", "plots"}

// shared are the packages of plots that lessons may import. They draw nothing, so a lesson's program links no charts.
const shared = "plots/spell plots/states plots/stats"

// layerFaults are the imports that point the wrong way.
func layerFaults(packages []listed) []string {
	var faults []string
	for _, p := range packages {
		path := strings.TrimPrefix(p.ImportPath, modulePrefix)
		tree := slices.IndexFunc(lessonsAndPlots, func(tree string) bool { return within(path, tree) })
		imports := p.Imports
		if tree >= 0 {
			imports = slices.Concat(imports, p.TestImports) // those of package x_test are not among them
		}
		for _, name := range imports {
			ours, isOurs := strings.CutPrefix(name, modulePrefix)
			switch {
			case isOurs && tree >= 0 && within(path, "lessons") && slices.Contains(strings.Fields(shared), ours):
			case isOurs && tree >= 0 && !within(ours, lessonsAndPlots[tree]):
				faults = append(faults, fmt.Sprintf("%s imports %s: it may import nothing of ours but %s", path, ours, lessonsAndPlots[tree]))
			case isOurs && tree < 0 && !slices.Contains(strings.Fields(layers[path]), ours):
				faults = append(faults, fmt.Sprintf("%s imports %s, which its row in layers does not have", path, ours))
			case !isOurs && tree < 0 && !mayImport(path, name):
				faults = append(faults, fmt.Sprintf("%s imports %s, which is the business of other packages", path, name))
			}
		}
	}
	return faults
}

func within(path, tree string) bool { return path == tree || strings.HasPrefix(path, tree+"/") }

// mayImport reports whether a package below kernel may import one from outside the module.
func mayImport(path, name string) bool {
	for _, o := range outside {
		if strings.HasPrefix(name, o.prefix) && !slices.Contains(strings.Fields(o.by), path) {
			return false
		}
	}
	switch name {
	case "go/ast", "go/parser", "go/scanner", "go/token", "go/types", "go/importer":
		return slices.Contains(strings.Fields(goSource), path)
	}
	return true
}

// TestLayers looks at every import of the module.
func TestLayers(t *testing.T) {
	packages := listModule(t)
	for _, fault := range layerFaults(packages) {
		t.Error(fault)
	}
	found, imported := map[string]bool{}, map[string]map[string]bool{}
	for _, p := range packages {
		path := strings.TrimPrefix(p.ImportPath, modulePrefix)
		found[path], imported[path] = true, map[string]bool{}
		for _, name := range p.Imports {
			imported[path][name] = true
		}
		if slices.Contains(withoutZMQ, path) && slices.ContainsFunc(p.Deps, isZMQ) {
			t.Errorf("%s depends on ZeroMQ, by what it imports", path)
		}
		if slices.Contains(strings.Fields(shared), path) && slices.Contains(p.Deps, "gonum.org/v1/plot") {
			t.Errorf("%s depends on gonum's plot", path)
		}
		if path == "kernel" && slices.Contains(p.Deps, "testing") {
			t.Error("the program holds package testing")
		}
	}
	for _, path := range withoutZMQ {
		if !found[path] {
			t.Errorf("withoutZMQ has %s, which does not exist", path)
		}
	}
	for _, name := range strings.Fields(shared) {
		if !found[name] {
			t.Errorf("shared has %s, which does not exist", name)
		}
	}
	for path, row := range layers {
		for _, name := range append(strings.Fields(row), path) {
			if !found[name] {
				t.Errorf("layers has %s, which does not exist", name)
			} else if name != path && !imported[path][modulePrefix+name] {
				t.Errorf("%s does not import %s: take it out of the row", path, name)
			}
		}
	}
}

// TestLayersFindsFaults is the test of the test.
func TestLayersFindsFaults(t *testing.T) {
	for _, c := range []struct {
		from, to string
		test     bool // imported by a test of the same package
		fault    bool
	}{
		{"kernel/internal/session", "interleave/kernel/internal/engine", false, true},
		{"kernel/internal/wire", "interleave/kernel/internal/session", false, true},
		{"kernel/internal/wire", "go/ast", false, true},
		{"kernel/internal/session", "github.com/go-zeromq/zmq4", false, true},
		{"kernel/internal/newcomer", "interleave/kernel/internal/cell", false, true},
		{"kernel/internal/client", "testing", false, true},
		{"lessons/race", "interleave/plots", false, true},
		{"lessons/race", "interleave/plots", true, true},
		{"lessons/race", "interleave/plots/stats", false, false},
		{"plots", "interleave/lessons/race", false, true},
		{"plots", "interleave/kernel/display", false, true},
		{"lessons/race", "interleave/lessons/kit/check", false, false},
		{"lessonsabout", "interleave/lessons/kit/check", false, true},
		{"kernel/internal/engine", "interleave/kernel/internal/session", false, false},
		{"kernel/internal/wire", "encoding/json", false, false},
	} {
		p := listed{ImportPath: modulePrefix + c.from, Imports: []string{c.to}}
		if c.test {
			p.Imports, p.TestImports = nil, p.Imports
		}
		if faults := layerFaults([]listed{p}); (len(faults) > 0) != c.fault {
			t.Errorf("%s imports %s: faults %q", c.from, c.to, faults)
		}
	}
}

func listModule(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,Deps", modulePrefix+"...").Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("go list: %v\n%s", err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 20 {
		t.Fatalf("go list knows only %d packages", len(packages))
	}
	return packages
}
