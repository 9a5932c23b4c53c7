package link

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// What a user sets for programs of their own, in the environment or by go env -w, is not meant for what the kernel makes.
// Its go commands and tools get an environment without what would disturb them. The worker gets all of it.

// ownEnvironment is env for the go commands and tools of the kernel.
func ownEnvironment(env []string) []string {
	set := map[string]string{
		"GOOS": runtime.GOOS, "GOARCH": runtime.GOARCH, // cells run here
		"CGO_ENABLED": "1", // plugins need it
	}
	if v := getenv(env, "GODEBUG"); v != "" {
		set["GODEBUG"] = withoutTraces(v)
	}
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "LD_PRELOAD"} {
		if getenv(env, name) != "" {
			set[name] = ""
		}
	}
	if n, err := strconv.Atoi(getenv(env, "GOMAXPROCS")); err == nil && n > 4*runtime.NumCPU() {
		set["GOMAXPROCS"] = "" // each processor has a memory of its own
	}
	if dir := getenv(env, "TMPDIR"); dir != "" && !holdsFiles(dir) {
		set["TMPDIR"] = ""
	}
	return setenv(env, set)
}

// traces are settings of GODEBUG that have each Go program write to its standard error, or slow it down.
var traces = []string{
	"allocfreetrace", "asyncpreemptoff", "cgocheck", "checkfinalizers", "clobberfree", "dontfreezetheworld", "efence", "gccheckmark", "gcpacertrace",
	"gcshrinkstackoff", "gcstoptheworld", "gctrace", "inittrace", "madvdontneed", "profstackdepth", "sbrk", "scavtrace", "scheddetail", "schedtrace",
	"traceallocfree", "tracebackancestors", "tracefpunwindoff",
}

func withoutTraces(godebug string) string {
	list := strings.Split(godebug, ",")
	return strings.Join(slices.DeleteFunc(list, func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return slices.Contains(traces, strings.TrimSpace(name))
	}), ",")
}

// holdsFiles reports whether files can be made in a folder.
func holdsFiles(dir string) bool {
	f, err := os.CreateTemp(dir, "interleave-try-")
	if err != nil {
		return false
	}
	f.Close()
	return os.Remove(f.Name()) == nil
}

// unusable are flags in GOFLAGS that make code of another kind than the worker's.
var unusable = map[string]string{
	"race": "%%race looks for races in a cell",
	"msan": "%%program with -env runs what needs it",
	"asan": "%%program with -env runs what needs it",
}

// usable are flags in GOFLAGS that hold for cells. Others are about programs, or about what the go command prints.
var usable = []string{"tags", "modcacherw", "insecure"}

// ownFlags is what of GOFLAGS holds for the go commands of the kernel. The error is a *ToolchainError.
func ownFlags(goflags string) (string, error) {
	var kept []string
	for _, flag := range strings.Fields(goflags) {
		name, value, given := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if cure := unusable[name]; cure != "" && value != "false" && value != "0" {
			return "", &ToolchainError{"GOFLAGS has " + flag + ", and cells cannot be built with it",
				"Unset GOFLAGS in Jupyter's environment (go env -u GOFLAGS if go env -w has set it) and restart the kernel; " + cure}
		}
		if slices.Contains(usable, name) || name == "mod" && value == "mod" && given {
			kept = append(kept, flag)
		}
	}
	return strings.Join(kept, " "), nil
}

// settle takes out of what go env says what does not hold for the kernel, and refuses what cannot be worked with.
func (t *Toolchain) settle() error {
	if work := t.Env["GOWORK"]; work != "" && work != "off" {
		if _, err := os.Stat(work); err != nil {
			return &ToolchainError{"GOWORK names " + work + ", which cannot be read: " + err.(*os.PathError).Err.Error(),
				"Unset GOWORK in Jupyter's environment, or name a go.work that is there, and restart the kernel"}
		}
	}
	flags, err := ownFlags(t.Env["GOFLAGS"])
	if t.given == "" { // it is looked at again when it has been chosen
		t.given = t.Env["GOFLAGS"]
	}
	t.Env["GOFLAGS"] = flags
	return err
}

// environment is ownEnvironment with the flags that hold.
func (t *Toolchain) environment(env []string) []string {
	if t.given == t.Env["GOFLAGS"] {
		return env
	}
	flags := t.Env["GOFLAGS"]
	if flags == "" {
		flags = "-modcacherw=false" // an empty variable would leave it to what go env -w has set
	}
	return setenv(env, map[string]string{"GOFLAGS": flags})
}

// lostFolder is the error of a notebook folder that is not there.
func lostFolder(dir string) error {
	at, err := filepath.Abs(dir)
	if err != nil { // this process stands in it
		return &ToolchainError{"the notebook's folder is not there any more", "Make it again, or open the notebook in another folder, and restart the kernel"}
	}
	st, err := os.Stat(at)
	switch {
	case err == nil && st.IsDir():
		return nil
	case err == nil:
		return &ToolchainError{"the notebook's folder " + at + " is a file", "Move the notebook into a folder and open it there"}
	case os.IsNotExist(err):
		return &ToolchainError{"the notebook's folder " + at + " is not there any more", "Make it again, or open the notebook in another folder, and restart the kernel"}
	}
	return fmt.Errorf("look at the notebook's folder: %w", err)
}
