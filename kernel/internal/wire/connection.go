package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"interleave/kernel/internal/whole"
)

// Key is the secret that signs messages. It prints as a placeholder, so that no log can hold it.
type Key string

const hiddenKey = "[key]"

func (Key) String() string               { return hiddenKey }
func (Key) GoString() string             { return hiddenKey }
func (Key) LogValue() slog.Value         { return slog.StringValue(hiddenKey) }
func (Key) MarshalText() ([]byte, error) { return []byte(hiddenKey), nil }

// Connection says where a kernel listens and with which key. The zero value is invalid.
type Connection struct {
	Transport       string // tcp or ipc
	IP              string // an address, *, or the path prefix of the ipc sockets
	Ports           Ports
	Key             Key
	SignatureScheme string // empty means hmac-sha256
	KernelName      string

	path   string                     // the file it was read from, rewritten when ports are chosen
	fields map[string]json.RawMessage // of that file, unknown ones included, without the key
}

// Ports holds one port for each socket. Zero means that Listen chooses.
type Ports struct {
	Shell, Control, Stdin, IOPub, Heartbeat int
}

// connectionFile is the connection file as jupyter_client writes it.
type connectionFile struct {
	Transport       string `json:"transport"`
	IP              string `json:"ip"`
	Shell           int    `json:"shell_port"`
	Control         int    `json:"control_port"`
	Stdin           int    `json:"stdin_port"`
	IOPub           int    `json:"iopub_port"`
	Heartbeat       int    `json:"hb_port"`
	Key             string `json:"key"`
	SignatureScheme string `json:"signature_scheme"`
	KernelName      string `json:"kernel_name"`
}

// maxConnectionFile bounds what is read: a real file has 300 bytes.
const maxConnectionFile = 1 << 20

// ReadConnection reads and checks a connection file. A file that group or others can read is made private
// first, with a warning.
func ReadConnection(path string, log *slog.Logger) (Connection, error) {
	info, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return Connection{}, fmt.Errorf("connection file %s does not exist: Jupyter writes it and passes its path; a kernel is started by Jupyter, not by hand", path)
		}
		return Connection{}, fmt.Errorf("read connection file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Connection{}, fmt.Errorf("connection file %s is not a regular file", path)
	}
	if info.Size() > maxConnectionFile {
		return Connection{}, fmt.Errorf("connection file %s is %d bytes long: that is no connection file", path, info.Size())
	}
	makePrivate(path, info, log)
	raw, err := os.ReadFile(path)
	if err != nil {
		return Connection{}, fmt.Errorf("read connection file: %w", err)
	}
	c, err := ParseConnection(raw)
	if err != nil {
		return Connection{}, fmt.Errorf("connection file %s: %w", path, err)
	}
	c.path = path
	return c, nil
}

func makePrivate(path string, info fs.FileInfo, log *slog.Logger) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		log.Warn("the connection file belongs to another user, who knows its key", "path", path, "uid", st.Uid)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return
	}
	if err := os.Chmod(path, 0o600); err != nil {
		log.Warn("other users can read the connection file and its key; make it private with chmod 600", "path", path, "err", err)
		return
	}
	log.Warn("other users could read the connection file and its key; its mode is now 0600", "path", path, "was", info.Mode().Perm().String())
}

// ParseConnection checks the text of a connection file. Errors never hold the key.
func ParseConnection(raw []byte) (Connection, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return Connection{}, errors.New("not a JSON object; it may have been cut off, start the kernel anew")
	}
	if _, ok := fields["registration_port"]; ok && fields["shell_port"] == nil {
		return Connection{}, errors.New("it asks for a registration handshake, which this kernel does not speak; its kernelspec must not promise protocol 5.6")
	}
	var f connectionFile
	if err := json.Unmarshal(raw, &f); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return Connection{}, fmt.Errorf("field %s is a %s, where a %s is due", wrong.Field, wrong.Value, wrong.Type)
		}
		return Connection{}, errors.New("not a JSON object")
	}
	for _, name := range []string{"shell_port", "control_port", "stdin_port", "iopub_port", "hb_port"} {
		if fields[name] == nil {
			return Connection{}, fmt.Errorf("field %s is missing", name)
		}
	}
	c := Connection{
		Transport:       f.Transport,
		IP:              f.IP,
		Ports:           Ports{f.Shell, f.Control, f.Stdin, f.IOPub, f.Heartbeat},
		Key:             Key(f.Key),
		SignatureScheme: f.SignatureScheme,
		KernelName:      f.KernelName,
		fields:          fields,
	}
	delete(fields, "key") // it prints, which Key does not
	if c.Transport == "" {
		c.Transport = "tcp"
	}
	if c.SignatureScheme == "" {
		c.SignatureScheme = "hmac-sha256"
	}
	return c, c.validate()
}

func (c Connection) validate() error {
	if c.Transport != "tcp" && c.Transport != "ipc" {
		return fmt.Errorf("transport %q is unknown; use tcp or ipc", c.Transport)
	}
	if c.IP == "" {
		return errors.New("field ip is empty")
	}
	if strings.ContainsRune(c.IP, 0) {
		return errors.New("field ip holds a zero byte")
	}
	seen := make(map[int]string)
	for _, p := range c.sockets() {
		if p.port < 0 || p.port > 65535 {
			return fmt.Errorf("field %s is %d, which is not a port", p.field, p.port)
		}
		if other, ok := seen[p.port]; ok && p.port != 0 {
			return fmt.Errorf("%s and %s are both %d; each socket needs a port of its own", other, p.field, p.port)
		}
		seen[p.port] = p.field
	}
	if _, err := hashOf(c.SignatureScheme); err != nil && c.SignatureScheme != "" {
		return err
	}
	if c.Key == "" && !c.private() {
		return fmt.Errorf("the key is empty and %s can be reached from other machines: anyone could run code; set a key, or ip to 127.0.0.1", c.IP)
	}
	return nil
}

// private reports whether only this machine can reach the sockets.
func (c Connection) private() bool {
	if c.Transport == "ipc" || c.IP == "localhost" {
		return true
	}
	ip := net.ParseIP(strings.Trim(c.IP, "[]"))
	return ip != nil && ip.IsLoopback()
}

// socketPort ties a socket to its port and to the field that holds it.
type socketPort struct {
	channel Channel
	field   string
	port    int
}

func (c Connection) sockets() []socketPort {
	return []socketPort{
		{Shell, "shell_port", c.Ports.Shell},
		{Control, "control_port", c.Ports.Control},
		{Stdin, "stdin_port", c.Ports.Stdin},
		{IOPub, "iopub_port", c.Ports.IOPub},
		{Heartbeat, "hb_port", c.Ports.Heartbeat},
	}
}

// Address returns the network and address of a socket, as net.Dial takes them.
func (c Connection) Address(ch Channel) (network, address string) {
	port := 0
	for _, s := range c.sockets() {
		if s.channel == ch {
			port = s.port
		}
	}
	if c.Transport == "ipc" {
		return "unix", c.IP + "-" + strconv.Itoa(port)
	}
	ip := strings.Trim(c.IP, "[]")
	if ip == "*" {
		ip = ""
	}
	return "tcp", net.JoinHostPort(ip, strconv.Itoa(port))
}

// Write stores the connection in a file with mode 0600, whole or not at all. Fields that this package does
// not know are kept when the connection was read from a file.
func (c Connection) Write(path string) error {
	raw, err := json.Marshal(connectionFile{
		c.Transport, c.IP, c.Ports.Shell, c.Ports.Control, c.Ports.Stdin, c.Ports.IOPub, c.Ports.Heartbeat,
		string(c.Key), c.SignatureScheme, c.KernelName,
	})
	if err != nil {
		return fmt.Errorf("encode connection file: %w", err)
	}
	all := make(map[string]json.RawMessage)
	for name, value := range c.fields {
		all[name] = value
	}
	if err := json.Unmarshal(raw, &all); err != nil { // the fields this package knows win
		return fmt.Errorf("encode connection file: %w", err)
	}
	if raw, err = json.MarshalIndent(all, "", "  "); err != nil {
		return fmt.Errorf("encode connection file: %w", err)
	}
	if err := whole.Replace(path, raw, 0o600); err != nil {
		return fmt.Errorf("write connection file: %w", err)
	}
	return nil
}
