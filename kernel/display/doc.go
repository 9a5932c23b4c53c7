// Package display is what the cells of a notebook import to show things: text, HTML, Markdown, formulas,
// pictures, charts and tables, outputs that change in place, progress bars, and questions to the reader.
//
// # The value of a cell
//
// The last expression of a cell is shown without any call. What a value looks like is decided in this order:
//
//   - A [Data] is shown as it is. So is what the methods of the auto-render interfaces ([Renderer],
//     [SimpleRenderer], [HTMLer], [JavaScripter], [JPEGer], [JSONer], [Latexer], [Markdowner], [PNGer], [PDFer],
//     [SVGer]) return; a value with several of them is shown in all these forms, and the front end takes the
//     richest. The interfaces are matched by their methods alone: a library needs no import of this package.
//   - An [image.Image] and a gonum *plot.Plot become pictures; see [Sized]. What writes itself as HTML by a method
//     Render(io.Writer) error, as charts of go-echarts do, is shown in a frame of its own.
//   - A slice, array or map of values that all show themselves in one of these ways shows them below one another, the first
//     20 of them. So does one in which some are pictures or charts; the others are text.
//   - A slice of structs or of maps with text as keys, a [][]string and a *sql.Rows become a table of their first 20 rows; see
//     [Table]. Structs with a String, Error or Format method do not.
//   - Everything else is text. A small value stands on one line, with quoted strings and the names of fields: ["a b" "c"],
//     {X: 1 Y: 2}, map["a":1]. String, Error and Format methods are honoured. Pointers inside a value are followed, so
//     no addresses get into a saved notebook. A value that would take more than about 100 characters is laid
//     out over lines; what is left out is counted.
//
// Several values (the results of a call) are joined by one blank. A nil at their end is not shown: it is the
// error that did not happen. If there is nothing but nil there is no output. If exactly one value is
// renderable and all others are nil, its rendering is shown. See [Bundle].
//
// # Errors and bad input
//
// Functions of this package never panic on bad input. Those that return an error return it; those that
// return [Data] (they keep the signatures of gophernotes) return a Data whose text says what is wrong. As the value
// of a cell such a Data is the cell's error, and so are a chart that cannot be drawn and a picture without bytes;
// [Display] and [Show] show the text where the output was expected, and return it as an error. Outside of a notebook whatever shows or asks something returns an
// error that reads "cannot display: connection with Jupyter not available".
//
// # HTML and trust
//
// Text that comes from values is escaped in tables and progress bars, unless the value says that it is HTML
// by its HTML method or by being a Data with text/html. Charts are always sent as PNG: an SVG or a script
// stays hidden in a notebook that the reader has not yet trusted or run, a picture does not.
//
// # Charts
//
// A chart is drawn at 192 dots an inch and shown at 96, so it is sharp on any screen. Drawing it needs gonum's
// own canvas, which this package does not import: package interleave/kernel/display/gonum does, and registers
// itself where it is linked. Where it is not, the chart is drawn by its WriterTo method at 96 dots an inch.
// Letters that the chart's font lacks come from the system's fonts (package interleave/plots/letters says which). A note below
// the cell names those that no font has. A value of any type that renders itself can give such notes, see [Noter].
//
// The marks on a time axis of a gonum plot are those of its ticker: gonum's plot.TimeTicks puts them at uneven times. For round
// ones set p.X.Tick.Marker = plots.TimeTicks{}, of package interleave/plots.
//
// # Comms
//
// A [Comm] carries messages between cells and code in the front end, see [RegisterComm] and [OpenComm]. There are no
// widgets on top of it yet.
//
// The package starts no goroutine but the one that serves comms while messages wait, and all its functions may be called by several goroutines at once. It
// knows nothing of the protocol: what is shown goes to package stage.
package display
