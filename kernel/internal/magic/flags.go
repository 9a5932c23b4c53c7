package magic

import (
	"fmt"
	"slices"
	"strings"

	"interleave/plots/spell"
)

// flagSpec is one flag of a cell command.
type flagSpec struct {
	name    string // with its dash
	example string // how it is used; a flag without a value has none
	set     func(value string) error
}

// splitWords splits a command's line at blanks. Words may be quoted by ' or ", and a backslash takes the next
// character as it is, but not within '. A word that begins with // starts a comment.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	open, started := byte(0), false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case open != 0 && c == open:
			open = 0
		case c == '\\' && open != '\'':
			if i++; i == len(line) {
				return nil, fmt.Errorf("the line ends in a backslash with nothing behind it")
			}
			word.WriteByte(line[i])
			started = true
		case open != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			open, started = c, true
		case c == ' ' || c == '\t' || c == '\r':
			if started {
				words = append(words, word.String())
				word.Reset()
				started = false
			}
		case !started && strings.HasPrefix(line[i:], "//"):
			return words, nil
		default:
			word.WriteByte(c)
			started = true
		}
	}
	if open != 0 {
		return nil, fmt.Errorf("the quote %c is never closed", open)
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}

// parseFlags reads -name value, -name=value and their forms with two dashes up to the first word that is no
// flag, or to --, and returns the words from there on.
func parseFlags(command, line string, specs []flagSpec) (rest []string, err error) {
	words, err := splitWords(line)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	for len(words) > 0 {
		word := words[0]
		if word == "--" {
			return words[1:], nil
		}
		if !strings.HasPrefix(word, "-") || word == "-" {
			return words, nil
		}
		name, value, joined := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		name = "-" + strings.TrimPrefix(name, "-")
		i := slices.IndexFunc(specs, func(s flagSpec) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("%s has no flag %s%s", command, name, nearestFlag(name, specs, command))
		}
		spec := specs[i]
		words = words[1:]
		usage := fmt.Sprintf("for example %s %s", command, strings.TrimSpace(spec.name+" "+spec.example))
		switch {
		case spec.example == "" && joined:
			return nil, fmt.Errorf("%s: %s takes no value: %s", command, name, usage)
		case spec.example == "":
		case !joined && len(words) == 0:
			return nil, fmt.Errorf("%s: %s needs a value: %s", command, name, usage)
		case !joined:
			value, words = words[0], words[1:]
		}
		if err := spec.set(value); err != nil {
			return nil, fmt.Errorf("%s: %s %q: %w: %s", command, name, value, err, usage)
		}
	}
	return nil, nil
}

func nearestFlag(name string, specs []flagSpec, command string) string {
	best, least := "", min(4, (len(name)+1)/2)
	var all []string
	for _, s := range specs {
		all = append(all, strings.TrimSpace(s.name+" "+s.example))
		if d := spell.Distance(name, s.name); d < least {
			best, least = strings.TrimSpace(s.name+" "+s.example), d
		}
	}
	if best != "" {
		return fmt.Sprintf(": did you mean %s %s?", command, best)
	}
	return ": it has " + strings.Join(all, ", ")
}
