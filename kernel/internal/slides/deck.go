package slides

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"regexp"
	"strings"

	"codeberg.org/go-fonts/liberation/liberationmonoregular"
	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansitalic"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
)

var (
	//go:embed reveal/reveal.js
	revealJS string
	//go:embed reveal/reveal.css
	revealCSS string
	//go:embed reveal/notes.js
	notesJS string
	//go:embed start.js
	startJS string
	//go:embed deck.css
	deckCSS string
	//go:embed light.css
	lightCSS string
	//go:embed dark.css
	darkCSS string
)

// Themes are the names of the themes.
func Themes() []string { return []string{"light", "dark"} }

// HTML is the deck as one document. theme is one of [Themes].
func (d Deck) HTML(theme string) ([]byte, error) {
	colours, ok := map[string]string{"light": lightCSS, "dark": darkCSS}[theme]
	if !ok {
		return nil, fmt.Errorf("no theme %q; there are %s", theme, strings.Join(Themes(), " and "))
	}
	sections := d.Sections
	if theme == "dark" {
		sections = darkenedSections(sections)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n", html.EscapeString(d.Title))
	fmt.Fprintf(&b, "<style>\n%s\n%s%s%s</style>\n</head>\n<body>\n", revealCSS, fonts(), colours, deckCSS)
	fmt.Fprintf(&b, "<div class=\"reveal\"><div class=\"slides\">\n%s\n</div></div>\n", sections)
	for _, script := range []string{revealJS, notesJS, startJS} {
		fmt.Fprintf(&b, "<script>\n%s\n</script>\n", strings.ReplaceAll(script, "</script", `<\/script`))
	}
	b.WriteString("</body>\n</html>\n")
	return []byte(b.String()), nil
}

// fonts are the font faces of the style sheet, each with its file.
func fonts() string {
	var b strings.Builder
	for _, f := range []struct {
		family, weight, style string
		ttf                   []byte
	}{
		{"Interleave Sans", "400", "normal", liberationsansregular.TTF},
		{"Interleave Sans", "700", "normal", liberationsansbold.TTF},
		{"Interleave Sans", "400", "italic", liberationsansitalic.TTF},
		{"Interleave Mono", "400", "normal", liberationmonoregular.TTF},
	} {
		fmt.Fprintf(&b, "@font-face { font-family: %q; font-weight: %s; font-style: %s; src: url(data:font/ttf;base64,%s); }\n",
			f.family, f.weight, f.style, base64.StdEncoding.EncodeToString(f.ttf))
	}
	return b.String()
}

var firstSlide = regexp.MustCompile(`<section[^>]* id="([^"]*)"`)

// Join makes one deck of several: a title, a list of them with links, and all their slides.
func Join(name, title string, decks []Deck) Deck {
	var list, all strings.Builder
	for _, d := range decks {
		// The first slide of a deck is named after its first cell.
		if id := firstSlide.FindStringSubmatch(d.Sections); id != nil {
			fmt.Fprintf(&list, `<li><a href="#/%s">%s</a></li>`, id[1], html.EscapeString(d.Title))
		}
		all.WriteString(inside(d.Sections, decks) + "\n")
	}
	front := fmt.Sprintf(`<section id="title" class="title"><h1>%s</h1><p>%d notebooks, one deck. <kbd>Esc</kbd> shows the overview, <kbd>S</kbd> the speaker's view.</p></section>
<section id="contents" class="contents"><h2>Contents</h2><ul>%s</ul></section>
`, html.EscapeString(title), len(decks), list.String())
	return Deck{Name: name, Title: title, Sections: front + all.String()}
}
