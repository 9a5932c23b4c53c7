// Command kernel is Interleave: a Jupyter kernel for Go whose cells are compiled and keep their state, and
// the commands around it.
//
//	go run ./kernel lab                 JupyterLab on notebooks/, with everything it needs made first
//	go run ./kernel install             tell the Jupyter you have of this kernel
//	go run ./kernel run NOTEBOOK...     run notebooks without Jupyter
//	go run ./kernel doctor              say what is missing, and the cure
//	go run ./kernel --help              the rest
//
// Each command is a file of its own; main.go only chooses. A command prints what it does on standard error,
// what was asked for on standard output, and ends with 0, with 1 when it failed, or with 2 when it was
// called wrongly. Jupyter starts `serve`; a hidden mode, guard, is this program watching over a worker and is
// chosen by the first argument alone.
package main
