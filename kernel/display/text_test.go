package display

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type celsius float64

func (c celsius) String() string { return fmt.Sprintf("%.1f°C", float64(c)) }

// TestSmallValuesReadAsFmtWritesThem holds text to fmt.Sprint where that loses nothing: numbers, text on its own, what has methods.
func TestSmallValuesReadAsFmtWritesThem(t *testing.T) {
	n := 7
	var nilError error
	for _, v := range []any{
		true, 42, int8(-3), uint64(math.MaxUint64), uintptr(9), 'x', byte('a'), 1.5, float32(0.1), 1e21, 1e-7, math.Inf(1),
		2 + 3i, complex64(1), "s", "two\nlines", []byte("hi"), [3]bool{true}, []any{1, nil, 2.5}, [][]int{{1}, {2, 3}, nil},
		map[float64]bool{2: true, 1.5: false},
		map[bool]int{true: 1, false: 0}, map[any]int{}, struct{}{}, &[]int{1}, nilError,
		named{1, 2, 3}, []named{{}, {}}, celsius(3), []celsius{1, 2}, time.Second,
		time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), big.NewInt(12), errors.New("e"), []error{errors.New("e"), nil},
		reflect.TypeFor[int](), &n, (*point)(nil), []int(nil), map[string]int(nil),
	} {
		if got, want := text(v), fmt.Sprint(v); got != want {
			t.Errorf("%T: got %q, want %q", v, got, want)
		}
	}
}

type counter struct{ n int }

func (c *counter) inc() { c.n++ }

func (c *counter) Inc() { c.inc() }

type panicky struct{}

func (panicky) String() string { panic("boom") }

type panickyPointer struct{ n int }

func (p *panickyPointer) String() string { return fmt.Sprint(p.n) }

type panickyError struct{}

func (panickyError) Error() string { panic(errors.New("no words")) }

type panickyFormat struct{}

func (panickyFormat) Format(fmt.State, rune) { panic("no form") }

type panickyFormatter struct{ n int }

func (p *panickyFormatter) Format(s fmt.State, _ rune) { fmt.Fprint(s, p.n) }

type panickyPanic struct{}

func (panickyPanic) String() string { panic(panicky{}) }

// TestDifferentFromFmt lists where text departs from fmt on purpose.
func TestDifferentFromFmt(t *testing.T) {
	type job struct {
		id   int
		took time.Duration
		at   time.Time
		err  error
		big  *big.Int
	}
	for _, c := range []struct {
		v    any
		want string
	}{
		{[]string{"a b", "c"}, `["a b" "c"]`},
		{[]any{1, "a", nil, 2.5}, `[1 "a" <nil> 2.5]`},
		{map[string]int{"b": 2, "a": 1}, `map["a":1 "b":2]`},
		{map[int]string{10: "x", 9: "y", -1: "z"}, `map[-1:"z" 9:"y" 10:"x"]`},
		{map[string]named{"k": {}}, `map["k":three]`},
		{point{1, 2}, "{X: 1 Y: 2}"},
		{&point{1, 2}, "&{X: 1 Y: 2}"},
		{reflect.ValueOf(point{1, 2}), "{X: 1 Y: 2}"},
		{struct {
			A *int
			S string
			c []string
		}{}, `{A: <nil> S: "" c: []}`},
		{counter{3}, "{n: 3}"}, // not as a value of another package, which hides what it holds
		{[]any{counter{3}}, "[{n: 3}]"},
		{struct {
			mu sync.Mutex
			n  int
		}{n: 1}, "{mu: sync.Mutex{…} n: 1}"},
		{struct{ v celsius }{3}, "{v: 3}"},              // a method of the user's in an unexported field is not called, as in fmt
		{[]*point{{1, 2}, nil}, "[&{X: 1 Y: 2} <nil>]"}, // no addresses
		{make(chan int, 3), "chan int (len 0, cap 3)"},
		{chan int(nil), "<nil>"},
		{func(int) string { return "" }, "func(int) string"},
		{(func())(nil), "<nil>"},
		{&job{1, time.Second, time.Unix(0, 0).UTC(), errors.New("e"), big.NewInt(5)}, "&{id: 1 took: 1s at: 1970-01-01 00:00:00 +0000 UTC err: e big: 5}"},
		{panicky{}, "display.panicky: panic in method String: boom"},
		{[]panicky{{}}, "[display.panicky: panic in method String: boom]"},
		{panickyError{}, "display.panickyError: panic in method Error: no words"},
		{panickyFormat{}, "display.panickyFormat: panic in method Format: no form"},
		{(*panickyPointer)(nil), "<nil>"},
		{(*panickyFormatter)(nil), "<nil>"},
		{nil, "<nil>"},
		{reflect.Value{}, "<invalid reflect.Value>"},
	} {
		if got := text(c.v); got != c.want {
			t.Errorf("%T: got %q, want %q", c.v, got, c.want)
		}
	}
	if got := text(panickyPanic{}); !strings.HasPrefix(got, "display.panickyPanic: panic in method String: ") {
		t.Errorf("panic with a value that panics: %q", got)
	}
}

func TestLongValues(t *testing.T) {
	type inner struct {
		Name string
		hits []int
	}
	type config struct {
		Title   string
		Inner   inner
		Byname  map[string]inner
		Nothing *inner
		Wait    time.Duration
		//lint:ignore U1000 it is printed
		mu sync.Mutex
		n  atomic.Int64
	}
	c := &config{
		Title:  "a \"long\" title, with text that alone takes most of the line",
		Inner:  inner{"first", []int{1, 2, 3}},
		Byname: map[string]inner{"b": {"two", nil}, "a": {strings.Repeat("n", 90), []int{1}}},
		Wait:   time.Minute,
	}
	c.n.Store(5)
	numbers := make([]int, 60)
	for i := range numbers {
		numbers[i] = i * 1000
	}
	for _, tc := range []struct {
		name string
		v    any
		want string
	}{
		{"struct", c, `&display.config{
  Title:   "a \"long\" title, with text that alone takes most of the line"
  Inner:   {Name: "first" hits: [1 2 3]}
  Byname:  map[string]display.inner (len 2) {
    "a": display.inner{
      Name: "` + strings.Repeat("n", 90) + `"
      hits: [1]
    }
    "b": {Name: "two" hits: []}
  }
  Nothing: <nil>
  Wait:    1m0s
  mu:      sync.Mutex{…}
  n:       5
}`},
		{"numbers", numbers, `[]int (len 60) [
  0 1000 2000 3000 4000 5000 6000 7000 8000 9000 10000 11000 12000 13000 14000 15000 16000 17000
  18000 19000 20000 21000 22000 23000 24000 25000 26000 27000 28000 29000 30000 31000 32000
  33000 34000 35000 36000 37000 38000 39000 40000 41000 42000 43000 44000 45000 46000 47000
  48000 49000 50000 51000 52000 53000 54000 55000 56000 57000 58000 59000
]`},
		{"strings", []string{strings.Repeat("a", 60), strings.Repeat("b", 60)}, `[]string (len 2) [
  0: "` + strings.Repeat("a", 60) + `"
  1: "` + strings.Repeat("b", 60) + `"
]`},
		{"unnamed struct", struct{ A, B string }{strings.Repeat("a", 60), strings.Repeat("b", 60)}, `struct{
  A: "` + strings.Repeat("a", 60) + `"
  B: "` + strings.Repeat("b", 60) + `"
}`},
		{"text of several lines", []any{1, lines{}, strings.Repeat("x", 100)}, `[]any (len 3) [
  0: 1
  1: one
    two
  2: "` + strings.Repeat("x", 100) + `"
]`},
	} {
		if got := text(tc.v); got != tc.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tc.name, got, tc.want)
		}
	}
}

type lines struct{}

func (lines) String() string { return "one\ntwo" }

func TestWhatIsLeftOutIsCounted(t *testing.T) {
	type wide struct{ A, B [200]int }
	big := map[int]wide{}
	for i := range 1000 {
		big[i] = wide{}
	}
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"numbers":  {make([]int, 1000), "… 500 more elements\n]"},
		"elements": {make([]point, 60), "49: {X: 0 Y: 0}\n  … 10 more elements\n]"},
		"one":      {make([]point, 51), "… 1 more element\n]"},
		"entries":  {big, " more entries\n}"},
		"string":   {strings.Repeat("é", 100_000), "é… (100000 more bytes)"},
		"inside":   {[]string{strings.Repeat("é", 1000)}, "é\"… (1500 more bytes)\n]"},
		"huge":     {make([]byte, 1<<28), "more elements\n]"},
		"huge 2":   {make([]struct{}, 1<<40), "more elements\n]"},
	} {
		got := text(c.v)
		if !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: ends with %q, want %q", name, got[max(0, len(got)-60):], c.want)
		}
		if n := strings.Count(got, "\n"); n > 2*pageLines {
			t.Errorf("%s: %d lines", name, n)
		}
	}
}

type list struct {
	v    int
	next *list
}

type tree map[string]tree

// TestEnds: values that fmt would not finish, or not before the stack is full.
func TestEnds(t *testing.T) {
	ring := &list{v: 1}
	ring.next = &list{2, ring}
	if got, want := text(ring), "&{v: 1 next: &{v: 2 next: <cycle>}}"; got != want {
		t.Errorf("ring: got %q", got)
	}
	self := []any{1, nil}
	self[1] = self
	if got, want := text(self), "[1 <cycle>]"; got != want {
		t.Errorf("slice in itself: got %q", got)
	}
	m := map[string]any{"a": 1}
	m["self"] = m
	if got, want := text(m), `map["a":1 "self":<cycle>]`; got != want {
		t.Errorf("map in itself: got %q", got)
	}
	forest := tree{}
	forest["x"] = tree{"y": forest}
	if got, want := text(forest), `map["x":map["y":<cycle>]]`; got != want {
		t.Errorf("maps: got %q", got)
	}
	type loop *loop
	var l loop
	l = &l
	if got := text(l); !strings.HasPrefix(got, "0x") {
		t.Errorf("pointer to itself: got %q", got)
	}
	var long *list
	for i := range 1_000_000 {
		long = &list{i, long}
	}
	if got := text(long); strings.Count(got, "\n") > pageLines {
		t.Errorf("long list: %d lines", strings.Count(got, "\n"))
	}
	keys := map[*point]*list{}
	for i := range 1000 {
		keys[&point{i, i}] = ring
	}
	if got := text(keys); !strings.Contains(got, "more entries") {
		t.Errorf("pointers as keys: %q", got)
	}
	wide := any(1)
	for range 200 { // 2^200 paths
		wide = []any{wide, wide}
	}
	text(wide)
	nan := map[float64]int{math.NaN(): 1, math.NaN(): 2}
	if got := text(nan); !strings.Contains(got, "NaN:1") || !strings.Contains(got, "NaN:2") {
		t.Errorf("NaN: %q", got)
	}
}

// TestVersionsDoNotShow: the kernel tells versions of a type apart by a letter that is its own business.
func TestVersionsDoNotShow(t *testing.T) {
	type Tʹ2 struct{ A, B string }
	long := strings.Repeat("x", 60)
	for _, v := range []any{
		&Tʹ2{long, long}, []Tʹ2{{long, long}}, map[string]*Tʹ2{"a": {long, long}}, make(chan Tʹ2), func(Tʹ2) {}, reflect.TypeFor[Tʹ2](),
		Table([]chan Tʹ2{nil}).Data[MIMETypeText], Any("", Tʹ2{}).Data[MIMETypeText],
	} {
		if got := text(v); strings.ContainsRune(got, 'ʹ') || !strings.Contains(got, "display.T") || strings.Contains(got, "T2") {
			t.Errorf("%T: %s", v, got)
		}
	}
	for in, want := range map[string]string{"nb.Tʹ12": "nb.T", "map[nb.Aʹ]nb.Bʹ3": "map[nb.A]nb.B", "T2": "T2", "": "", "ʹ1ʹ2x3": "x3"} {
		if got := stripVersions(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := text("ʹ1"); got != "ʹ1" {
		t.Errorf("the user's own text was changed: %q", got)
	}
}
