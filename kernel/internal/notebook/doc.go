// Package notebook reads and writes .ipynb files (nbformat 4.0 to 4.5) and runs them on a kernel.
//
// Writing is canonical: the bytes are those of Python's nbformat.write, with indent 1, sorted keys, text as
// lists of lines and a newline at the end, so that a notebook saved here and one saved by JupyterLab's tools
// differ only where their content does. Fields this package does not know are kept.
//
// A Runner turns a kernel's messages into outputs as JupyterLab does: streams of one name are joined, a
// carriage return overwrites its line, a display shown by id is updated wherever it stands. The package knows
// no sockets and no Go code: a kernel is the Kernel interface. It starts no goroutine; Outputs are filled
// from the goroutine that delivers the kernel's messages.
package notebook
