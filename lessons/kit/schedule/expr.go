package schedule

import (
	"fmt"
	"strconv"
	"strings"
)

// condition is a comparison of two sums, such as "a + b == 100". Sums hold numbers, the thread's own values
// and shared variables.
type condition struct {
	text        string
	left, right []term
	compare     string
	shared      string // the one shared variable of a step's condition; "" for none
}

type term struct {
	sign  int
	name  string // "" for a number
	value int
}

// comparisons that a condition may use.
var comparisons = map[string]func(a, b int) bool{
	"==": func(a, b int) bool { return a == b },
	"!=": func(a, b int) bool { return a != b },
	"<=": func(a, b int) bool { return a <= b },
	">=": func(a, b int) bool { return a >= b },
	"<":  func(a, b int) bool { return a < b },
	">":  func(a, b int) bool { return a > b },
}

// holds evaluates the condition; get gives the value of a name.
func (c *condition) holds(get func(name string) int) bool {
	return comparisons[c.compare](sum(c.left, get), sum(c.right, get))
}

func sum(ts []term, get func(string) int) int {
	total := 0
	for _, t := range ts {
		if t.name != "" {
			total += t.sign * get(t.name)
		} else {
			total += t.sign * t.value
		}
	}
	return total
}

// parseCondition reads a comparison. Its words are separated by blanks.
func parseCondition(words []string) (*condition, error) {
	c := &condition{text: strings.Join(words, " ")}
	at := -1
	for i, w := range words {
		if _, ok := comparisons[w]; ok {
			if at >= 0 {
				return nil, fmt.Errorf("%q compares twice: write one comparison", c.text)
			}
			at, c.compare = i, w
		}
	}
	if at < 0 {
		return nil, fmt.Errorf("%q compares nothing: write it with blanks, as in n == 2 (or !=, <, <=, >, >=)", c.text)
	}
	var err error
	if c.left, err = parseSum(words[:at]); err != nil {
		return nil, err
	}
	c.right, err = parseSum(words[at+1:])
	return c, err
}

func parseSum(words []string) ([]term, error) {
	var ts []term
	sign := 1
	for i, w := range words {
		if i%2 == 1 {
			switch w {
			case "+":
				sign = 1
			case "-":
				sign = -1
			default:
				return nil, fmt.Errorf("%q stands where + or - belongs", w)
			}
			continue
		}
		t := term{sign: sign}
		if n, err := strconv.Atoi(w); err == nil {
			t.value = n
		} else if isName(w) {
			t.name = w
		} else {
			return nil, fmt.Errorf("%q is neither a number nor a name", w)
		}
		ts = append(ts, t)
	}
	if len(words)%2 == 0 {
		return nil, fmt.Errorf("a side of the comparison is not complete: write a number or a name there")
	}
	return ts, nil
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
