package plots_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"interleave/plots"
)

// labels are those of the marks between two points in time, line ends as "/".
func labels(zone *time.Location, from, to time.Time) []string {
	var list []string
	for _, t := range (plots.TimeTicks{Zone: zone}).Ticks(plots.Unix(from), plots.Unix(to)) {
		list = append(list, strings.ReplaceAll(strings.TrimSuffix(t.Label, "\n "), "\n", "/"))
	}
	return list
}

func TestTimeTicks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 1, 8, 17, 3, 0, time.UTC)
	for _, c := range []struct {
		zone *time.Location
		from time.Time
		span time.Duration
		want string
	}{
		{nil, start, 2 * time.Second, "08:17:03.0/1 Mar 2026 08:17:03.5 08:17:04.0 08:17:04.5 08:17:05.0"},
		{nil, start.Add(3 * time.Millisecond), 5500 * time.Microsecond, "08:17:03.004/1 Mar 2026 08:17:03.006 08:17:03.008"},
		{nil, start, 40 * time.Second, "08:17:10/1 Mar 2026 08:17:20 08:17:30 08:17:40"},
		{nil, start, 3 * time.Minute, "08:17:30/1 Mar 2026 08:18:00 08:18:30 08:19:00 08:19:30 08:20:00"},
		{nil, start, time.Hour, "08:20/1 Mar 2026 08:30 08:40 08:50 09:00 09:10"},
		{nil, start, 20 * time.Hour, "09:00/1 Mar 2026 12:00 15:00 18:00 21:00 00:00/2 Mar 2026 03:00"},
		{nil, start, 4 * 24 * time.Hour, "12:00 00:00/2 Mar 2026 12:00 00:00/3 Mar 2026 12:00 00:00/4 Mar 2026 12:00 00:00/5 Mar 2026"},
		{nil, start, 13 * 24 * time.Hour, "3 Mar/2026 5 Mar 7 Mar 9 Mar 11 Mar 13 Mar"},
		{nil, start, 50 * 24 * time.Hour, "2 Mar/2026 9 Mar 16 Mar 23 Mar 30 Mar 6 Apr 13 Apr 20 Apr"}, // Mondays
		{nil, start, 400 * 24 * time.Hour, "May/2026 Jul Sep Nov Jan/2027 Mar"},
		{nil, start, 30 * 365 * 24 * time.Hour, "2030 2035 2040 2045 2050 2055"},
		{berlin, time.Date(2026, 3, 28, 20, 30, 0, 0, time.UTC), 10 * time.Hour, "22:00 00:00/29 Mar 2026 03:00 04:00 06:00 08:00"}, // the clock goes from 2 to 3
		{berlin, time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC), 10 * 24 * time.Hour, "21 Oct/2026 23 Oct 25 Oct 27 Oct 29 Oct"},
	} {
		got := strings.Join(labels(c.zone, c.from, c.from.Add(c.span)), " ")
		if got != c.want {
			t.Errorf("%v from %v\n got %s\nwant %s", c.span, c.from, got, c.want)
		}
	}
}

// Whatever the span, marks ascend, lie within the axis, are neither few nor many, and the first one says the day or year.
func TestTimeTicksOfEverySpan(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(1999, 12, 31, 23, 59, 58, 123456000, time.UTC)
	for span := 10 * time.Microsecond; span < 200*365*24*time.Hour; span += span / 3 {
		for _, zone := range []*time.Location{nil, tokyo} {
			list := (plots.TimeTicks{Zone: zone}).Ticks(plots.Unix(start), plots.Unix(start.Add(span)))
			if len(list) < 2 || len(list) > 10 {
				t.Errorf("%v: %d marks", span, len(list))
				continue
			}
			if first := list[0].Label + list[1].Label; !strings.Contains(first, "19") && !strings.Contains(first, "20") {
				t.Errorf("%v: the first marks are %q", span, first)
			}
			for i, m := range list {
				if m.Value < plots.Unix(start)-1e-6 || m.Value > plots.Unix(start.Add(span))+1e-6 || i > 0 && m.Value <= list[i-1].Value {
					t.Errorf("%v: mark %d is at %v", span, i, m.Value)
				}
			}
		}
	}
	if got := (plots.TimeTicks{}).Ticks(5, 5); len(got) != 1 {
		t.Errorf("a range without length has the marks %v", got)
	}
	if got := (plots.TimeTicks{}).Ticks(-1e300, 1e300); len(got) > 20 {
		t.Errorf("an absurd range has %d marks", len(got))
	}
}

// A chart over time tells its data with points in time, in the picture's description and table.
func TestTimeLines(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	var levels []plots.Level
	for i := range 50 {
		levels = append(levels, plots.Level{N: plots.Unix(at.AddDate(0, 0, i)), Values: []float64{float64(i * i)}})
	}
	l, err := plots.NewTimeLines("requests", nil, plots.Series{Name: "all", Levels: levels})
	if err != nil {
		t.Fatal(err)
	}
	c := frame(t, plots.Notebook(), l)
	if alt := c.Alt(); !strings.Contains(alt, "from 0 at 2026-03-01 08:00 to 2401 at 2026-04-19 08:00") {
		t.Errorf("described as %q", alt)
	}
	if _, rows := c.Table(); !slices.Equal(rows[1][:2], []string{"all", "2026-03-02 08:00"}) {
		t.Errorf("the second row is %q", rows[1])
	}
	if _, err := plots.NewTimeLines("s", nil); err == nil {
		t.Error("lines of nothing")
	}
}
