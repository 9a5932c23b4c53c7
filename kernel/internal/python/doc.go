// Package python makes the pinned Python environments that JupyterLab and the tests run in, and keeps them
// in the user's cache.
//
// An environment is a venv under CACHE/python-HASH, HASH being that of the requirements and of the
// interpreter. Every package is pinned with its hashes (requirements/*.txt); pip refuses anything else. An
// environment is complete when its marker file exists; two processes that want the same one take turns by a
// file lock, and one that was left half made is made again. Opening a complete environment starts no
// process but `python3 --version` and needs no network.
//
// To move the pins, edit requirements/lab.in or test.in and run in that folder
//
//	uv pip compile --universal --generate-hashes --python-version 3.10 --no-header --no-annotate lab.in
//
// (test.in with -c lab.txt; test.txt holds only what lab.txt lacks).
//
// Each environment also holds two small packages of ours: papermill/interleave_papermill.py, by which papermill
// writes parameters as Go, and nbconvert/interleave_nbconvert.py, by which nbconvert's script export writes a Go
// program. They are brought up to date whenever the environment is opened.
//
// Lessons run Python programs in the newest complete environment: package lessons/kit/python looks for CACHE/python-*
// with the marker in it, so the names stay as they are.
//
// The package knows nothing of Jupyter's protocol or of kernels. It starts no goroutine that outlives a call.
package python
