package measure

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ErrFormat is returned, wrapped with the line, for input that is no measurement file.
var ErrFormat = errors.New("not a measurement")

var csvHeader = []string{"run", "variant", "value", "unit", "wall_s", "cpu_s"}

// WriteCSV writes one line per value, in the order in which interleaved values were taken, after the machine card
// in lines that start with "# ". The columns are run (from 1), variant, value, unit, and the wall and CPU seconds
// of the reading, empty if unknown. card may be nil.
func WriteCSV(w io.Writer, card *Card, samples ...Sample) error {
	if card != nil {
		for _, r := range card.Rows() {
			if _, err := fmt.Fprintf(w, "# %s: %s\n", r[0], strings.ReplaceAll(r[1], "\n", " ")); err != nil {
				return fmt.Errorf("write csv: %w", err)
			}
		}
	}
	out := csv.NewWriter(w)
	out.Write(csvHeader) // the writer keeps its first error
	rows := 0
	for _, s := range samples {
		rows = max(rows, len(s.Values))
	}
	for i := range rows {
		for _, s := range samples {
			if i >= len(s.Values) {
				continue
			}
			wall, cpu := "", ""
			if i < len(s.Readings) {
				wall = number(s.Readings[i].Wall.Seconds())
				if s.Readings[i].CPUKnown {
					cpu = number(s.Readings[i].CPU.Seconds())
				}
			}
			out.Write([]string{strconv.Itoa(i + 1), s.Name, number(s.Values[i]), s.Unit, wall, cpu})
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// ReadCSV reads what [WriteCSV] wrote, or any CSV with the columns variant, value and unit in any order and among
// others. Samples come in the order of their first value. The machine card is not read back. The error is
// [ErrFormat], [ErrNotFinite] or [ErrEmpty], wrapped with the line.
func ReadCSV(r io.Reader) ([]Sample, error) {
	in := csv.NewReader(bufio.NewReader(r))
	in.Comment = '#'
	header, err := in.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("read csv: no header: %w", ErrFormat)
	} else if err != nil {
		return nil, fmt.Errorf("read csv: %w: %w", ErrFormat, err)
	}
	column := map[string]int{}
	for i, name := range header {
		column[strings.TrimSpace(name)] = i
	}
	for _, need := range []string{"variant", "value", "unit"} {
		if _, ok := column[need]; !ok {
			return nil, fmt.Errorf("read csv: no column %q: %w", need, ErrFormat)
		}
	}
	var list sampleList
	for {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read csv: %w: %w", ErrFormat, err)
		}
		line, _ := in.FieldPos(0)
		value, err := strconv.ParseFloat(row[column["value"]], 64)
		if err != nil {
			return nil, fmt.Errorf("read csv: line %d: value %q: %w", line, row[column["value"]], ErrFormat)
		}
		if err := list.add(row[column["variant"]], row[column["unit"]], value); err != nil {
			return nil, fmt.Errorf("read csv: line %d: %w", line, err)
		}
	}
	if len(list.samples) == 0 {
		return nil, fmt.Errorf("read csv: %w", ErrEmpty)
	}
	return list.samples, nil
}

// sampleList collects values into samples, one for each pair of name and unit, in the order of appearance.
type sampleList struct {
	samples []Sample
	index   map[[2]string]int
}

func (l *sampleList) add(name, unit string, value float64) error {
	if err := check([]float64{value}); err != nil {
		return fmt.Errorf("variant %q: %w", name, err)
	}
	if l.index == nil {
		l.index = make(map[[2]string]int)
	}
	key := [2]string{name, unit}
	i, ok := l.index[key]
	if !ok {
		i = len(l.samples)
		l.index[key] = i
		l.samples = append(l.samples, Sample{Name: name, Unit: unit})
	}
	l.samples[i].Values = append(l.samples[i].Values, value)
	return nil
}
