package worker

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDefaultMemoryLimit(t *testing.T) {
	const meminfo = "MemTotal:        8388608 kB\nMemFree: 1 kB\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"a machine", map[string]string{"proc/meminfo": meminfo}, 6 << 30},
		{"nothing known", nil, -1},
		{"a cgroup", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "4294967296\n",
		}, 3 << 30},
		{"the cgroup above", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "4294967296\n",
		}, 3 << 30},
		{"version 1", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu:/x\n4:memory:/a\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "4294967296\n",
		}, 3 << 30},
		{"garbage", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "\n::\n0::../../..\n", "sys/fs/cgroup/memory.max": "-7\n",
		}, 6 << 30},
	} {
		root := t.TempDir()
		for name, text := range c.files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := defaultMemoryLimit(root); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
	if got := DefaultMemoryLimit(); got <= 0 {
		t.Errorf("this machine: %d", got)
	}
}

func TestMemoryReason(t *testing.T) {
	if got, want := memoryReason(2<<30, 5<<29), "memory limit of 2 GiB reached (at 2.5 GiB)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
