package measure

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/perf/benchfmt"
)

// seconds maps the units of time to seconds, the base unit of the benchmark format.
var seconds = map[string]float64{"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1}

// WriteBench writes the samples in the Go benchmark format, which benchstat reads: one line
// "Benchmark<name>/variant=<sample>-<GOMAXPROCS> 1 <value> <unit>" for each value, in interleaved order, after
// the machine card as configuration lines. name starts with an upper-case letter and holds only letters and digits. Values in
// ns, us, ms or s are written as sec/op; other units lose their spaces. In the names of samples, white space
// becomes "_" and "/" becomes "|"; two names that become equal are an error.
// (Format: https://golang.org/design/14313-benchmark-format.)
func WriteBench(w io.Writer, name string, card *Card, samples ...Sample) error {
	if !benchName(name) {
		return fmt.Errorf("write benchmark: name %q: want an upper-case letter, then letters and digits", name)
	}
	procs := 1
	var config []benchfmt.Config
	if card != nil {
		procs = max(1, card.GOMAXPROCS)
		config = benchConfig(*card)
	}
	seen := make(map[string]string)
	rows := 0
	for _, s := range samples {
		k := benchVariant(s.Name) + " " + s.Unit
		if other, ok := seen[k]; ok {
			return fmt.Errorf("write benchmark: samples %q and %q have the same name", other, s.Name)
		}
		seen[k] = s.Name
		rows = max(rows, len(s.Values))
	}
	out := benchfmt.NewWriter(w)
	for i := range rows {
		for _, s := range samples {
			if i >= len(s.Values) {
				continue
			}
			value, unit := benchValue(s.Values[i], s.Unit)
			line := benchfmt.Result{
				Config: config, Iters: 1,
				Name:   benchfmt.Name(fmt.Sprintf("%s/variant=%s-%d", name, benchVariant(s.Name), procs)),
				Values: []benchfmt.Value{{Value: value, Unit: unit}},
			}
			if err := out.Write(&line); err != nil {
				return fmt.Errorf("write benchmark: %w", err)
			}
		}
	}
	return nil
}

// ReadBench reads the Go benchmark format, written by [WriteBench] or by "go test -bench". Each benchmark and unit
// gives one sample, named by its variant or else by the whole name without the trailing GOMAXPROCS; sec/op
// becomes s. A line at fault does not stop the others: the samples that could be read come with the joined errors.
func ReadBench(r io.Reader) ([]Sample, error) {
	var list sampleList
	var faults []error
	in := benchfmt.NewReader(r, "input")
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.SyntaxError:
			faults = append(faults, fmt.Errorf("%w: %w", ErrFormat, rec))
		case *benchfmt.Result:
			for _, v := range rec.Values {
				unit := v.Unit
				if unit == "sec/op" {
					unit = "s"
				}
				if err := list.add(variantOf(rec.Name), unit, v.Value); err != nil {
					_, line := rec.Pos()
					faults = append(faults, fmt.Errorf("line %d: %w", line, err))
				}
			}
		}
	}
	if err := in.Err(); err != nil {
		faults = append(faults, err)
	}
	if len(list.samples) == 0 && len(faults) == 0 {
		faults = append(faults, ErrEmpty)
	}
	if err := errors.Join(faults...); err != nil {
		return list.samples, fmt.Errorf("read benchmark: %w", err)
	}
	return list.samples, nil
}

func benchName(name string) bool {
	for i, r := range name {
		if i == 0 && !unicode.IsUpper(r) || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return name != ""
}

func benchVariant(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return '_'
		case r == '/':
			return '|'
		}
		return r
	}, name)
}

func benchValue(value float64, unit string) (float64, string) {
	if factor, ok := seconds[unit]; ok {
		return value * factor, "sec/op"
	}
	unit = strings.Join(strings.Fields(unit), "")
	if unit == "" {
		unit = "value"
	}
	return value, unit
}

// variantOf returns the sample name inside a benchmark name.
func variantOf(name benchfmt.Name) string {
	base, parts := name.Parts()
	whole := string(base)
	for _, part := range parts {
		p := string(part)
		if v, ok := strings.CutPrefix(p, "/variant="); ok {
			return v
		}
		if _, err := strconv.Atoi(strings.TrimPrefix(p, "-")); err != nil || p[0] != '-' {
			whole += p
		}
	}
	return whole
}

// benchConfig turns the card into configuration lines, whose keys start with a lower-case letter and have no
// white space, upper-case letters or colon.
func benchConfig(c Card) []benchfmt.Config {
	var list []benchfmt.Config
	seen := make(map[string]int)
	for _, r := range c.Rows() {
		key := strings.Map(func(r rune) rune {
			r = unicode.ToLower(r)
			if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' {
				return r
			}
			return '-'
		}, r[0])
		key = strings.Trim(key, "-")
		if seen[key]++; seen[key] > 1 {
			key += "-" + strconv.Itoa(seen[key])
		}
		value := strings.Join(strings.Fields(r[1]), " ")
		list = append(list, benchfmt.Config{Key: key, Value: []byte(value), File: true})
	}
	return list
}
