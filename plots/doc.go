// Package plots draws the charts of the workshop, one file per kind, on gonum/plot.
//
// Each kind is a struct that a New function makes from plain data. The function refuses what cannot be drawn
// honestly: [ErrEmpty], [ErrNotFinite], [ErrNotPositive] on a logarithmic axis, [ErrShape]. A kind is a
// plot.Plotter and plot.DataRanger like any other; [NewChart] frames it with a title, a legend, a caption that
// states n, the interval and the machine, in a [Theme] for the notebook or for slides. A [Chart] shows itself as
// the last value of a notebook cell, and [Chart.Save] writes it to a file. Every chart describes itself in words
// (Alt) and hands out its data as a table (Table).
//
// One rule holds for the whole package: a measurement is never a bare bar. Every value is drawn, the median and
// its order-statistic interval stand beside them, and with fewer than six values no interval is drawn. Lines that
// come from a formula are grey and say "model".
//
// Letters are those of Liberation Sans, which is compiled in, so a chart looks the same on every machine. Letters that it
// lacks, Chinese ones for example, come from the system's fonts; [Chart.Notes] says which letters no font has. Files in SVG
// and PDF carry the letters that they use. Colours are one palette, checked against the three colour-vision deficiencies;
// shapes and labels repeat what colours say.
//
// The package knows nothing of measurements' origin, notebooks or kernels; it starts no goroutine. Values are
// immutable after New, except that a kind belongs to the one chart it was put in.
package plots
