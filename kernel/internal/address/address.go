// Package address is how a line of a cell is called while it is compiled and runs: /In/<content id of the cell>:<line>.
// The compiler writes it into positions, so it comes back in errors, in stacks and in what package log prints. Whoever
// shows such a text to the reader puts the cell's present number in its place.
//
// It does not know which cells there are.
package address

import (
	"regexp"
	"strconv"
	"strings"
)

// Folder is the folder in which cells lie for the compiler.
const Folder = "/In/"

const id = `([0-9a-f]{12})`

// Parts of regular expressions. A line follows a file as :(\d+).
const (
	FilePattern = Folder + id // matches File; its group is the cell
	BarePattern = `\b` + id   // the same without the folder, as package log may print it
)

// File is the name that a cell has as a file.
func File(cell string) string { return Folder + cell }

// Line is the address of a line of a cell.
func Line(cell string, line int) string { return File(cell) + ":" + strconv.Itoa(line) }

// Directive is the comment that gives the text behind it, up to the next one, the lines of a cell from line on.
func Directive(cell string, line int) string { return "//line " + Line(cell, line) }

var directive = regexp.MustCompile(`^//line (` + FilePattern + `):(\d+)(?::\d+)?$`)

// ReadDirective is the file and the line of a Directive, also of one that has a column; ok is false for any other text.
func ReadDirective(text string) (file, line string, ok bool) {
	if m := directive.FindStringSubmatch(text); m != nil {
		return m[1], m[3], true
	}
	return "", "", false
}

var whole = regexp.MustCompile(FilePattern + `$`)

// Cell is the cell that the name of a file stands for, whatever the toolchain has put before it; "" for another file.
func Cell(file string) string {
	if !strings.Contains(file, Folder) { // most files: a trace names very many
		return ""
	}
	if m := whole.FindStringSubmatch(file); m != nil {
		return m[1]
	}
	return ""
}
