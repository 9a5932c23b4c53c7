package magic

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"interleave/kernel/internal/cell"
	"interleave/kernel/internal/faults"
)

// explained is a cell, and below it what the compiler said of it (go1.26.8, amd64, shortened); ID is the cell's.
const explained = `func fresh(n int) *int { p := n; return &p }

func sum(s []int, at int) (t int) {
	return t + s[at] + len(s[1:at])
}
var keep = fresh(1)`

const escapeOutput = `/In/ID:1:6: can inline fresh with cost 8 as: func(int) *int { p := n; return &p }
/In/ID:3:6: can inline sum with cost 22 as: func([]int, int) int { return t + s[at] + len(s[1:at]) }
/In/ID:6:6: can inline Run_0123456789abcdef0123 with cost 60 as: func() { keep = fresh(1) }
/In/ID:6:17: inlining call to fresh
/In/ID:1:26: p escapes to heap in fresh:
/In/ID:1:26:   flow: ~r0 ← &p:
/In/ID:1:26:     from &p (address-of) at /In/ID:1:41
/In/ID:1:26:     from return &p (return) at /In/ID:1:34
/In/ID:1:26: moved to heap: p
/In/ID:3:10: s does not escape
/In/ID:3:10: parameter s leaks to ~r0 with derefs=1:
/In/0123456789ab:3:10: another cell's
/In/ID:4:26: Found IsSliceInBounds
/In/ID:4:26: Found IsSliceInBounds
/In/ID:4:14: Found IsInBounds
/usr/lib/go/src/fmt/print.go:314:13: inlining call to Fprintln
`

func TestDecisions(t *testing.T) {
	text := cell.NewText(explained)
	got := decisions(strings.ReplaceAll(escapeOutput, "ID", text.ID), text.ID)
	want := map[int][]string{
		1: {"can inline fresh, cost 8 of 80", "moved to heap: p (by return, line 1)"},
		3: {"can inline sum, cost 22 of 80", "s does not escape"},
		4: {"bounds check of a slice expression", "bounds check of an index"},
		6: {"inlining call to fresh"},
	}
	if !maps.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

const asmOutput = "nb.sum STEXT nosplit size=81 args=0x20 locals=0x8 funcid=0x0 align=0x0\n" +
	"\t0x0000 00000 (/In/ID:3[/tmp/x.go:7])\tTEXT\tnb.sum(SB), NOSPLIT|ABIInternal, $8-32\n" +
	"\t0x0000 00000 (/In/ID:3[/tmp/x.go:7])\tPUSHQ\tBP\n" +
	"\t0x0009 00009 (/In/ID:3[/tmp/x.go:7])\tFUNCDATA\t$0, gclocals·wvjpxkknJ4nY1JtrArJJaw==(SB)\n" +
	"\t0x0020 00032 (/In/ID:4[/tmp/x.go:11])\tCMPQ\tCX, DI\n" +
	"\t0x0023 00035 (/In/ID:4[/tmp/x.go:11])\tJCS\t75\n" +
	"\t0x0025 00037 (/usr/lib/go/src/runtime/x.go:9)\tCALL\truntime.panicIndex(SB)\n" +
	"\trel 22+4 t=R_PCREL type:int+0\n" +
	"\t0x0000 55 48 89 e5  UH..\n" +
	"nb.Run_0123456789abcdef0123 STEXT size=62 args=0x8 locals=0x18 funcid=0x0 align=0x0\n" +
	"\t0x0000 00000 (/In/ID:6[/tmp/x.go:5])\tLEAQ\ttype:int(SB), AX\n" +
	"nb.other STEXT size=9 args=0x8 locals=0x18 funcid=0x0 align=0x0\n" +
	"\t0x0000 00000 (/In/0123456789ab:1[/tmp/x.go:5])\tRET\n" +
	"type:.eq.nb.T STEXT dupok size=9 args=0x8 locals=0x18 funcid=0x0 align=0x0\n" +
	"\t0x0000 00000 (/In/ID:1[/tmp/x.go:5])\tRET\n" +
	"nb.long STEXT size=900 args=0x8 locals=0x18 funcid=0x0 align=0x0\n"

func TestAssembly(t *testing.T) {
	cells := &faults.Cells{}
	text := cell.NewText(explained)
	cells.Remember(text, 4)
	long := strings.Repeat("\t0x0000 00000 (/In/ID:1[/tmp/x.go:5])\tRET\n", mostAssembly+7)
	got := assembly(cells, strings.ReplaceAll(asmOutput+long, "ID", text.ID), text.ID, 6)
	if len(got) != 3 {
		t.Fatalf("%d functions: %+v", len(got), got)
	}
	want := []string{"In[4]:3  func sum(s []int, at int) (t int) {", "        0  PUSHQ      BP", "In[4]:4  return t + s[at] + len(s[1:at])",
		"       32  CMPQ       CX, DI", "       35  JCS        75", "       37  CALL       runtime.panicIndex(SB)"}
	if f := got[0]; f.name != "sum" || f.size != 81 || !slices.Equal(f.lines, want) {
		t.Errorf("got %s, %d bytes\n%s\nwant\n%s", f.name, f.size, strings.Join(f.lines, "\n"), strings.Join(want, "\n"))
	}
	if f := got[1]; f.name != "the cell" || f.size != 62 {
		t.Errorf("got %+v", f)
	}
	if f := got[2]; f.name != "long" || f.lines[len(f.lines)-1] != "      … 8 instructions more" {
		t.Errorf("%s ends in %q", f.name, f.lines[len(f.lines)-1])
	}
}

// FuzzExplanations: what the compiler says never ends the kernel.
func FuzzExplanations(f *testing.F) {
	text := cell.NewText(explained)
	for _, s := range []string{escapeOutput, asmOutput} {
		f.Add(strings.ReplaceAll(s, "ID", text.ID))
	}
	f.Add("nb.f STEXT size=1 \n\t0x0 0 ()\tRET\n")
	f.Fuzz(func(t *testing.T, out string) {
		cells := &faults.Cells{}
		cells.Remember(text, 1)
		for n, notes := range decisions(out, text.ID) {
			if len(notes) == 0 {
				t.Errorf("line %d has an empty list", n)
			}
		}
		for _, fn := range assembly(cells, out, text.ID, 6) {
			if len(fn.lines) == 0 {
				t.Errorf("%s is empty", fn.name)
			}
		}
	})
}
