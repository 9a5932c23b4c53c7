package letters

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// FoldersVariable is the environment variable that names the folders of fonts, separated as in PATH. When it is set, no other
// folder is looked at; when it is empty, no font is.
const FoldersVariable = "INTERLEAVE_FONTS"

// Folders are the folders that are searched for fonts, with all folders below them: those of [FoldersVariable], else the user's
// and the system's.
func Folders() []string {
	if list, set := os.LookupEnv(FoldersVariable); set {
		return filepath.SplitList(list)
	}
	home, _ := os.UserHomeDir()
	below := func(dir string, rest ...string) string {
		if dir == "" {
			return ""
		}
		return filepath.Join(append([]string{dir}, rest...)...)
	}
	folders := []string{
		below(cmp.Or(os.Getenv("XDG_DATA_HOME"), below(home, ".local", "share")), "fonts"),
		below(home, ".fonts"),
	}
	for _, dir := range filepath.SplitList(os.Getenv("XDG_DATA_DIRS")) {
		folders = append(folders, below(dir, "fonts"))
	}
	switch runtime.GOOS {
	case "darwin":
		folders = append(folders, below(home, "Library", "Fonts"), "/Library/Fonts", "/System/Library/Fonts")
	case "windows":
		folders = append(folders, below(os.Getenv("WINDIR"), "Fonts"))
	default:
		folders = append(folders, "/usr/local/share/fonts", "/usr/share/fonts")
	}
	folders = slices.DeleteFunc(folders, func(dir string) bool { return dir == "" })
	slices.Sort(folders)
	return slices.Compact(folders)
}

// file is a file that may hold fonts.
type file struct {
	path    string
	size    int64
	changed time.Time
}

// list are the files below folders that may hold fonts, each once, in the order of their paths.
func list(folders []string) (files []file) {
	const most, deepest = 20_000, 10 // a folder that is no folder of fonts
	seen := map[string]bool{}
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil || seen[real] || depth > deepest {
			return
		}
		seen[real] = true
		entries, _ := os.ReadDir(real)
		for _, e := range entries {
			path := filepath.Join(real, e.Name())
			if e.IsDir() {
				walk(path, depth+1)
				continue
			}
			mayBe := !hollow(path) && slices.Contains([]string{".ttf", ".otf", ".ttc", ".otc"}, strings.ToLower(filepath.Ext(path)))
			if !mayBe && e.Type()&os.ModeSymlink == 0 {
				continue
			}
			info, err := os.Stat(path)
			switch {
			case err != nil:
			case info.IsDir():
				walk(path, depth+1)
			case mayBe && info.Mode().IsRegular() && len(files) < most:
				files = append(files, file{path, info.Size(), info.ModTime()})
			}
		}
	}
	for _, dir := range folders {
		walk(dir, 0)
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.path, b.path) })
	return slices.CompactFunc(files, func(a, b file) bool { return a.path == b.path })
}

// rank is lower the better a font suits a chart, as its file's name tells: upright, without serifs, in the weight that is wanted.
func rank(path string, bold bool) int {
	name := strings.ToLower(filepath.Base(path))
	sum := 0
	for _, mark := range []struct {
		word string
		cost int
	}{
		{"sans", -10}, {"cjk", -5}, {"serif", 30}, {"ming", 5}, {"song", 5}, {"mono", 40}, {"emoji", 50}, {"unifont", 200},
		{"italic", 100}, {"oblique", 100}, {"condensed", 60}, {"narrow", 60}, {"thin", 60}, {"light", 60}, {"black", 60}, {"heavy", 60}, {"medium", 10}, {"regular", -1},
	} {
		if strings.Contains(name, mark.word) {
			sum += mark.cost
		}
	}
	if strings.Contains(name, "bold") != bold {
		sum += 20
	}
	return sum
}

// hollow reports whether a file's name says that its font has a picture of nothing for every letter.
func hollow(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	return slices.ContainsFunc([]string{"lastresort", "last-resort", "blank", "redacted", "notdef", "tofu"},
		func(word string) bool { return strings.Contains(name, word) })
}
