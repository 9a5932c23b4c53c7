package race

import (
	"context"
	_ "embed" // the source of the snippets command
	"errors"
	"fmt"
	"slices"
	"strings"

	"interleave/lessons/kit/check"
	"interleave/lessons/kit/child"
)

//go:embed snippets/main.go
var snippetsSource string

// raceExit is the exit status of a program in which the race detector has found something.
const raceExit = 66

// letters are the snippets' names.
var letters = [...]string{"A", "B", "C", "D", "E", "F"}

// Snippet is one of six small programs, and what the race detector said of it.
type Snippet struct {
	Letter string
	Source string // with the comment that says what it does
	Races  bool   // the detector found a data race
	Report string // its first report; "" if there is none
}

// Snippets are the six programs, not yet run.
func Snippets() []Snippet {
	var out []Snippet
	for _, l := range letters {
		_, body, _ := strings.Cut(snippetsSource, "\n// "+l+": ")
		body, _, _ = strings.Cut(body, "\n}\n")
		out = append(out, Snippet{Letter: l, Source: "// " + l + ": " + body + "\n}\n"})
	}
	return out
}

// Detect runs the six programs under the race detector.
func Detect(ctx context.Context) ([]Snippet, error) {
	out := Snippets()
	for i := range out {
		res, err := child.Run(ctx, child.Command{
			Name: "snippets", Source: snippetsSource, Race: true, Args: []string{out[i].Letter},
			Env: []string{"GORACE=atexit_sleep_ms=0"},
		})
		if err != nil {
			return nil, fmt.Errorf("race: snippet %s: %w", out[i].Letter, err)
		}
		if out[i].Races = res.Exit == raceExit; out[i].Races {
			out[i].Report = check.FirstRace(res.Stderr)
		}
	}
	return out, nil
}

// why says what makes a program free of data races that looks as if it had one.
var why = map[string]string{
	"B": "loads and stores are atomic: an update can be lost, which is a race condition, but no data race",
	"C": "every access is under the lock: the seat can be sold twice, which is a race condition, but no data race",
	"E": "each goroutine writes a variable of its own: elements of a slice are separate variables",
}

// Accuse is the exercise to say which of the six programs have a data race. The answer is their letters.
func Accuse() check.Exercise[[]string] {
	return check.Exercise[[]string]{
		Name: "which of six race?",
		Task: "Which of the six programs have a data race, so that the race detector would report it? Give their letters.",
		Checks: []check.Check[[]string]{
			{Name: "names programs", Kind: check.Value, Try: func(_ context.Context, answer []string) error {
				for _, l := range answer {
					if !slices.Contains(letters[:], l) {
						return fmt.Errorf("there is no program %q: the letters are A to F", l)
					}
				}
				return nil
			}},
			{Name: "finds every data race", Kind: check.RaceClean, Try: func(ctx context.Context, answer []string) error {
				return judge(ctx, func(s Snippet) error {
					if s.Races && !slices.Contains(answer, s.Letter) {
						return check.Show(s.Report, "%s has one, says the detector:", s.Letter)
					}
					return nil
				})
			}},
			{Name: "accuses no other", Kind: check.RaceClean, Try: func(ctx context.Context, answer []string) error {
				return judge(ctx, func(s Snippet) error {
					if !s.Races && slices.Contains(answer, s.Letter) {
						return fmt.Errorf("%s has none: %s", s.Letter, why[s.Letter])
					}
					return nil
				})
			}},
		},
	}
}

// judge runs the detector and asks for the first fault.
func judge(ctx context.Context, fault func(Snippet) error) error {
	snippets, err := Detect(ctx)
	var c *child.CompileError
	if errors.As(err, &c) {
		return check.Inconclusive("this machine cannot build with the race detector: %s", c.Output)
	}
	if err != nil {
		return err
	}
	for _, s := range snippets {
		if err := fault(s); err != nil {
			return err
		}
	}
	return nil
}
