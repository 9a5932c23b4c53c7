package slides

import (
	"regexp"
	"slices"
	"strings"
)

// beside is a link to a file in the notebook's folder.
var beside = regexp.MustCompile(`(?s)<a href="([^":#/]+)"[^>]*>(.*?)</a>`)

// relink points the links to notebooks at their decks, which lie beside each other. A link to what has no deck becomes its text.
func relink(sections string, decks []Deck) string {
	return beside.ReplaceAllStringFunc(sections, func(link string) string {
		m := beside.FindStringSubmatch(link)
		name, ok := strings.CutSuffix(m[1], ".ipynb")
		if !ok || !slices.ContainsFunc(decks, func(d Deck) bool { return d.Name == name }) {
			return m[2]
		}
		return `<a href="` + name + `.html">` + m[2] + "</a>"
	})
}

// inside points the links between decks at their first slides, for one deck of them all.
func inside(sections string, decks []Deck) string {
	for _, d := range decks {
		if id := firstSlide.FindStringSubmatch(d.Sections); id != nil {
			sections = strings.ReplaceAll(sections, `<a href="`+d.Name+`.html">`, `<a href="#/`+id[1]+`">`)
		}
	}
	return sections
}
