package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"interleave/kernel/internal/installation"
	"interleave/kernel/internal/kernelspec"
)

// account is another user of this machine, with an empty home.
type account struct {
	home string
	cred *syscall.Credential // nil where tests do not run as root: it is this user then, with another home
}

// newAccount makes an account that can run Go. Where this machine's Go is closed to others, that of PATH is used by everybody.
func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{home: filepath.Join(openFolder(t), "home")}
	if err := os.Mkdir(a.home, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		return a
	}
	if installation.Closed(filepath.Join(goEnv(t, "GOTOOLDIR"), "compile")) != "" {
		t.Setenv("GOTOOLCHAIN", "local")
	}
	root := goEnv(t, "GOROOT")
	if at := installation.Closed(filepath.Join(goEnv(t, "GOTOOLDIR"), "compile")); at != "" {
		t.Fatalf("this test starts programs as another user, who cannot enter %s, in which Go lies (%s): put a Go on PATH that everybody can run", at, root)
	}
	const nobody = 65534
	a.cred = &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: false}
	if err := os.Chown(a.home, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return a
}

// openFolder makes a folder that others can enter, unlike that of t.TempDir.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "us") // short, for sockets may lie in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // a test may have locked a folder
			if err == nil && d.IsDir() {
				os.Chmod(path, 0o755)
			}
			return nil
		})
		os.RemoveAll(dir)
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if at := installation.Closed(filepath.Join(dir, "x")); at != "" {
		t.Fatalf("this test needs a folder for temporary files that other users can enter, and %s is closed: set TMPDIR to one, such as /tmp", at)
	}
	return dir
}

// command is a program as the account starts it, with nothing of this user's environment.
func (a *account) command(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = a.home
	path := filepath.Join(goEnv(t, "GOROOT"), "bin") + ":/usr/local/bin:/usr/bin:/bin"
	cmd.Env = []string{"HOME=" + a.home, "PATH=" + path, "GOPROXY=off", "GOTOOLCHAIN=local", "LANG=C.UTF-8"}
	if a.cred != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.cred}
	}
	return cmd
}

// run runs a program as the account; a status other than the one wanted is fatal.
func (a *account) run(t *testing.T, status int, program string, args ...string) string {
	t.Helper()
	cmd := a.command(t, program, args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		t.Fatalf("%s %s: %v, want exit status %d\n%s", program, strings.Join(args, " "), err, status, out)
	}
	return string(out)
}

// closeTo makes a folder one that the account cannot write into, if it is this user's own.
func (a *account) closeTo(t *testing.T, dir string) (open func()) {
	t.Helper()
	if a.cred != nil {
		return func() {}
	}
	change := func(mode fs.FileMode) {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				err = os.Chmod(path, mode)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	change(0o555)
	return func() { change(0o755) }
}

// everything lists what lies below a folder, with all that changes when somebody writes there.
func everything(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			list = append(list, fmt.Sprint(path, info.Mode(), info.Size(), info.ModTime().UnixNano()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// installPrefix installs the kernel into a new prefix, under an umask that would keep others out, and returns the program.
func installPrefix(t *testing.T, prefix string, args ...string) (program string) {
	t.Helper()
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	old := syscall.Umask(0o077)
	status, stdout, stderr := command(append([]string{"install", "--prefix", prefix}, args...)...)
	syscall.Umask(old)
	if status != 0 {
		t.Fatalf("install: exit status %d\n%s%s", status, stdout, stderr)
	}
	spec, err := kernelspec.Read(kernelspec.PrefixDir(prefix), kernelspec.DefaultName)
	if err != nil {
		t.Fatal(err)
	}
	return spec.Argv[0]
}

// TestPrefix: below a prefix everything is there that a kernel needs, for all users, whatever the umask; it goes away again, all of it, by its owner's
// word alone; and the kernels that users have of their own are another matter.
func TestPrefix(t *testing.T) {
	other := newAccount(t)
	prefix := filepath.Join(openFolder(t), "prefix")
	program := installPrefix(t, prefix, "--cold")
	if !strings.HasPrefix(program, installation.Shared(prefix)+"/") {
		t.Errorf("kernel.json names %s, which is not below %s", program, prefix)
	}
	err := filepath.WalkDir(prefix, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if want := fs.FileMode(0o444); err == nil && (info.Mode().Perm()&want != want || d.IsDir() && info.Mode().Perm()&0o111 != 0o111 || info.Mode().Perm()&0o022 != 0) {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, other.run(t, 0, program, "version"), "interleave "+release)

	before := everything(t, prefix)
	open := other.closeTo(t, prefix)
	for _, args := range [][]string{{"uninstall", "--prefix", prefix}, {"install", "--cold", "--prefix", prefix}} {
		said := other.run(t, 1, program, args...)
		contains(t, said, "cannot write into "+prefix, "belongs to", "choose another place")
		if n := strings.Count(said, "\n"); n > 1 {
			t.Errorf("%q: %d lines\n%s", args, n, said)
		}
	}
	open()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	if status, stdout, stderr := command("uninstall", "--everything"); status != 0 {
		t.Errorf("uninstall: exit status %d\n%s%s", status, stdout, stderr)
	}
	if after := everything(t, prefix); !slices.Equal(before, after) {
		t.Errorf("below the prefix was\n%q\nand is\n%q", before, after)
	}

	mine := filepath.Join(prefix, "share", "interleave", "mine.txt")
	if err := os.WriteFile(mine, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := command("uninstall", "--prefix", prefix); status != 0 {
		t.Errorf("uninstall: exit status %d\n%s%s", status, stdout, stderr)
	}
	if left := tree(t, prefix); !slices.Equal(left, []string{mine}) {
		t.Errorf("left behind: %q", left)
	}
	if status, _, stderr := command("uninstall", "--prefix", prefix); status != 1 || !strings.Contains(stderr, "no such kernel is installed") {
		t.Errorf("uninstalled twice: exit status %d\n%s", status, stderr)
	}
}

// TestPrefixIsClosed: who installs for others where they cannot come is told, and so is who names a place that is none.
func TestPrefixIsClosed(t *testing.T) {
	home := filepath.Join(openFolder(t), "private")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	status, _, stderr := command("install", "--cold", "--prefix", filepath.Join(home, "venv"))
	if status != 0 || !strings.Contains(stderr, "other users cannot enter "+home) {
		t.Errorf("exit status %d\n%s", status, stderr)
	}
	file := filepath.Join(home, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	status, _, stderr = command("install", "--cold", "--prefix", filepath.Join(file, "prefix"))
	if status != 1 || !strings.Contains(stderr, "a file is in its way") {
		t.Errorf("exit status %d\n%s", status, stderr)
	}
	foreign := filepath.Join(kernelspec.PrefixDir(home), kernelspec.DefaultName)
	if err := os.MkdirAll(foreign, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "kernel.json"), []byte(`{"argv": ["/usr/bin/gophernotes"]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	status, _, stderr = command("install", "--prefix", home)
	if status != 1 || !strings.Contains(stderr, "it starts /usr/bin/gophernotes") {
		t.Errorf("exit status %d\n%s", status, stderr)
	}
	if _, err := os.Stat(installation.Shared(home)); err == nil {
		t.Error("the refusal came after the kernel was built")
	}
}

// TestSecondUser: a kernel that one user has installed for all is another user's at once. Their first cells find all that they need below the prefix,
// without a network and without compiling any package; nothing is written there; and it works when the prefix has moved.
func TestSecondUser(t *testing.T) {
	other := newAccount(t)
	folder := openFolder(t)
	prefix := filepath.Join(folder, "prefix")
	program := installPrefix(t, prefix)
	cells := []string{
		"import (\"fmt\"; \"os\")\nfmt.Println(\"sum\", 40+2)\nos.Executable()",
		"import \"interleave/plots\"\nstrip, err := plots.NewStrip(\"ms\", plots.Group{Name: \"one\", Values: []float64{1, 2, 3, 4, 5, 6}})\nplots.NewChart(plots.Notebook(), plots.Labels{Title: \"One\"}, strip)",
		"import (\"gonum.org/v1/gonum/stat\"; \"interleave/lessons/kit/schedule\"; \"interleave/kernel/display\")\ndisplay.HTML(fmt.Sprint(\"<b>mean \", stat.Mean([]float64{1, 2, 6}, nil), \" of \", schedule.Race().Enumerate(schedule.Limits{}).Schedules, \"</b>\"))",
	}
	first := func(program, prefix string) {
		t.Helper()
		before := everything(t, prefix)
		open := other.closeTo(t, prefix)
		in, out := filepath.Join(folder, "in.ipynb"), filepath.Join(other.home, "out.ipynb")
		writeNotebook(t, in, cells...)
		other.run(t, 0, program, "run", "--output", out, in)
		open()
		text := contents(t, out)
		contains(t, text, "sum 42", filepath.Join(filepath.Dir(filepath.Dir(program)), "prepared", "base"), `"image/`, "mean 3 of 20")
		if after := everything(t, prefix); !slices.Equal(before, after) {
			t.Errorf("below the prefix was\n%q\nand is\n%q", before, after)
		}
		cache := filepath.Join(other.home, ".cache", "interleave", "link")
		if bases, err := os.ReadDir(filepath.Join(cache, "base")); err != nil || len(bases) != 0 {
			t.Errorf("the user has a base: %v, %v", bases, err)
		}
		if info, err := os.Stat(filepath.Dir(cache)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the user's cache: %v, %v", info.Mode(), err)
		}
		if used := size(other.home); used > 20<<20 {
			t.Errorf("the user's home has %d MB", used>>20)
		}
	}
	first(program, prefix)

	moved := filepath.Join(folder, "moved")
	if err := os.Rename(prefix, moved); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(other.home, ".cache")); err != nil {
		t.Fatal(err)
	}
	first(strings.Replace(program, prefix, moved, 1), moved)

	open := other.closeTo(t, moved)
	contains(t, other.run(t, 1, strings.Replace(program, prefix, moved, 1), "prepare"), "cannot write into "+moved)
	open()
	if status, stdout, stderr := command("uninstall", "--prefix", moved); status != 0 {
		t.Errorf("uninstall: exit status %d\n%s%s", status, stdout, stderr)
	}
	if left := tree(t, moved); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}
