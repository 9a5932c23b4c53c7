package measure

import (
	"fmt"
	"html"
	"strings"
	"time"
)

// Short writes the card in one line, for the caption of a chart.
func (c Card) Short() string {
	model := c.CPUModel
	if model == "" {
		model = c.OS + "/" + c.Arch
	}
	s := fmt.Sprintf("%s, %d CPUs, GOMAXPROCS %d, %s", model, c.Cores, c.GOMAXPROCS, c.GoVersion)
	if c.CPUKnown {
		s += fmt.Sprintf(", %.2f CPUs used", c.CPUsUsed())
	}
	if p := c.WindowPressure(); p >= 0 {
		s += fmt.Sprintf(", CPU pressure %.1f %%", p)
	}
	if c.Verdict().Noisy {
		s += ", NOISY"
	}
	return s
}

// Rows returns the card as name and value, in a fixed order, for a table.
func (c Card) Rows() [][2]string {
	rows := [][2]string{
		{"taken", c.Taken.UTC().Format(time.RFC3339)},
		{"go", c.GoVersion + " " + c.OS + "/" + c.Arch},
		{"cpu", orUnknown(c.CPUModel)},
		{"cpus", fmt.Sprintf("%d (%s)", c.Cores, orUnknown(c.Affinity))},
		{"GOMAXPROCS", fmt.Sprint(c.GOMAXPROCS)},
		{"cgroup cpu.max", quota(c.CPUMax)},
		{"load (1 min)", known(c.Load1, "%.2f")},
		{"PSI cpu avg10 before", known(c.Before.Avg10, "%.2f %%")},
		{"PSI cpu avg10 after", known(c.After.Avg10, "%.2f %%")},
		{"CPU pressure meanwhile", known(c.WindowPressure(), "%.2f %%")},
		{"wall time", c.Wall.Round(time.Millisecond).String()},
		{"CPUs used", cpus(c.Reading)},
		{"steal", known(c.StealShare(), "%.2f %%")},
	}
	if p := c.Pauses.pressure(); p >= 0 {
		rows = append(rows, [2]string{"CPU pressure in pauses", fmt.Sprintf("%.2f %%", p)})
	}
	for _, u := range c.Uses {
		value := fmt.Sprintf("%.2f", u.Used)
		if u.Expected > 0 {
			value += " of " + Format(u.Expected) + " expected"
		}
		rows = append(rows, [2]string{"CPUs used by " + u.Variant, value})
	}
	for _, p := range c.Busy {
		kind := "busy process"
		if p.Kernel {
			kind = "busy kernel"
		}
		rows = append(rows, [2]string{kind, fmt.Sprintf("%s (pid %d), %.2f CPUs", p.Name, p.PID, p.CPUs)})
	}
	return append(rows, [2]string{"verdict", c.Verdict().String()})
}

// Table returns the card as a header and rows.
func (c Card) Table() (header []string, rows [][]string) {
	for _, r := range c.Rows() {
		rows = append(rows, []string{r[0], r[1]})
	}
	return []string{"fact", "value"}, rows
}

// HTML writes the card as a table, for a notebook whose cell ends with it.
func (c Card) HTML() string {
	var b strings.Builder
	b.WriteString("<table>\n<tbody>\n")
	for _, r := range c.Rows() {
		fmt.Fprintf(&b, "<tr><th>%s</th><td>%s</td></tr>\n", html.EscapeString(r[0]), html.EscapeString(r[1]))
	}
	b.WriteString("</tbody>\n</table>")
	return b.String()
}

// String writes the card as lines of "name: value".
func (c Card) String() string {
	var b strings.Builder
	for _, r := range c.Rows() {
		fmt.Fprintf(&b, "%s: %s\n", r[0], r[1])
	}
	return b.String()
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func known(v float64, format string) string {
	if v < 0 {
		return "unknown"
	}
	return fmt.Sprintf(format, v)
}

func quota(cpus float64) string {
	if cpus == 0 {
		return "none"
	}
	return Format(cpus) + " CPUs"
}

func cpus(r Reading) string {
	if !r.CPUKnown {
		return "unknown"
	}
	return fmt.Sprintf("%.2f", r.CPUsUsed())
}
