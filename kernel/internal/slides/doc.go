// Package slides makes decks of notebooks: one HTML file that holds everything it shows, to be opened from a folder
// without a network.
//
// nbconvert turns cells into sections by the template in this package, and highlights code; reveal.js, which is in the
// package too, shows them. This package decides what of a notebook goes on a slide, cuts charts out of their bundles,
// and joins sections, style, fonts and script into one document.
//
// A slide follows the notebook's metadata (slide, subslide, fragment, skip, notes). It leaves out progress bars, what
// was printed to standard error, and the code of a cell that shows a chart or only names a value; a cell tagged
// show-input keeps its code. What is left out stands in the speaker's notes. A dark deck has dark drawings: their colours
// are turned around (see [Chart.Darkened]).
//
// The package starts nbconvert and waits for it; it knows no browser: who has one looks at a deck with [Check] and
// hands over pictures of it. It starts no goroutine.
package slides
