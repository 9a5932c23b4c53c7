package compile

import (
	"fmt"
	"go/token"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"interleave/kernel/internal/cell"
)

// transcriptCells are the cells of the engine's transcripts, a notebook each.
func transcriptCells(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../engine/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("transcripts: %d, %v", len(files), err)
	}
	out := map[string][]string{}
	for _, f := range files {
		a, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range a.Files {
			if strings.HasPrefix(s.Name, "cell ") {
				out[f] = append(out[f], string(s.Data))
			}
		}
	}
	return out
}

// compileCell compiles one cell as the engine does; the unit is nil when the cell is refused.
func compileCell(t *testing.T, c *Checker, st *State, source string) *Unit {
	t.Helper()
	text := cell.NewText(source)
	_, code := cell.Directives(source)
	syn, errs := cell.Parse(text, code)
	if len(errs) > 0 {
		return nil
	}
	u, diags, err := c.Compile(t.Context(), st, syn)
	if err != nil {
		t.Errorf("cell\n%s\n%v", source, err)
		return nil
	}
	if len(diags) > 0 {
		for _, d := range diags {
			if strings.Contains(Plain(d.Message), prime) || strings.Contains(d.Message, "invalid import path") {
				t.Errorf("cell\n%s\nsays %s", source, d.Message)
			}
		}
		return nil
	}
	return u
}

// checkUnit type-checks a unit, as the compiler would.
func checkUnit(t *testing.T, c *Checker, code string, u *Unit) {
	t.Helper()
	if u.Source != nil {
		checkFile(t, c, code, u.Source)
	}
}

// checkFile type-checks what a cell became.
func checkFile(t *testing.T, c *Checker, code string, file []byte) {
	t.Helper()
	src := &source{}
	src.gen(string(file))
	v, err := c.check(t.Context(), src)
	if err != nil {
		t.Errorf("cell\n%s\n%v", code, err)
		return
	}
	for _, e := range v.errs {
		if strings.Contains(e.message, "missing function body") {
			continue
		}
		t.Errorf("cell\n%s\ncompiles to a file with the error\n%v: %s\n%s", code, v.tokens.Position(e.pos), e.message, lineOf(string(file), v, e.pos))
	}
}

func lineOf(src string, v *view, p token.Pos) string {
	at := v.tokens.Offset(p)
	from := strings.LastIndexByte(src[:at], '\n') + 1
	line, _, _ := strings.Cut(src[from:], "\n")
	return line
}

// TestUnitsCheck compiles the cells of all transcripts: what the checks let pass must give a unit that compiles,
// and the same one every time.
func TestUnitsCheck(t *testing.T) {
	for file, cells := range transcriptCells(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			var first []string
			for round := range 3 {
				c, st := newChecker(t), NewState()
				for i, source := range cells {
					u := compileCell(t, c, st, source)
					got := ""
					if u != nil {
						got = string(u.Source)
						checkUnit(t, c, source, u)
						st = u.State
					}
					switch {
					case round == 0:
						first = append(first, got)
					case got != first[i]:
						t.Errorf("cell %d gives another unit in round %d:\n%s\nbefore:\n%s", i+1, round, got, first[i])
					}
				}
			}
		})
	}
}

// TestProgramsCheck makes programs and tests of the cells of all transcripts: what is not refused must compile.
func TestProgramsCheck(t *testing.T) {
	made := 0
	c := newChecker(t)
	for _, cells := range transcriptCells(t) {
		st := NewState()
		for _, source := range cells {
			_, code := cell.Directives(source)
			syn, errs := cell.Parse(cell.NewText(source), code)
			if len(errs) > 0 {
				continue
			}
			for _, form := range []Form{MainForm, TestForm} {
				p, diags, err := c.Program(t.Context(), st, syn, form)
				if err != nil {
					t.Errorf("cell\n%s\n%v", source, err)
				}
				if err != nil || len(diags) > 0 || p.UsesC {
					continue
				}
				made++
				checkFile(t, c, source, p.Source)
			}
			if u := compileCell(t, c, st, source); u != nil {
				st = u.State
			}
		}
	}
	if made < 500 {
		t.Errorf("only %d programs were made", made)
	}
}

// TestUnitsOfMutants compiles cells in another order and with parts exchanged.
func TestUnitsOfMutants(t *testing.T) {
	var all []string
	notebooks := transcriptCells(t)
	for _, file := range slices.Sorted(maps.Keys(notebooks)) {
		all = append(all, notebooks[file]...)
	}
	rounds := 60
	if testing.Short() {
		rounds = 5
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 7))
			c, st := newChecker(t), NewState()
			var tried []string
			for range 40 {
				source := mutant(r, all, tried)
				tried = append(tried, source)
				if u := compileCell(t, c, st, source); u != nil {
					checkUnit(t, c, source, u)
					st = u.State
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// mutant is one of all cells, or of those tried, with parts exchanged.
func mutant(r *rand.Rand, all, tried []string) string {
	source := all[r.IntN(len(all))]
	if r.IntN(2) == 0 { // two cells, line by line
		a, b := strings.Split(source, "\n"), strings.Split(all[r.IntN(len(all))], "\n")
		source = strings.Join(append(a[:r.IntN(len(a)+1)], b[r.IntN(len(b)):]...), "\n")
	}
	if len(tried) > 0 && r.IntN(4) == 0 {
		source = tried[r.IntN(len(tried))]
	}
	for range r.IntN(3) { // one name instead of another
		var names []string
		cell.Identifiers(source+"\n"+strings.Join(tried, "\n"), func(name string) { names = append(names, name) })
		if len(names) > 0 {
			from := names[r.IntN(len(names))]
			source = regexp.MustCompile(`\b`+from+`\b`).ReplaceAllString(source, names[r.IntN(len(names))])
		}
	}
	return source
}
