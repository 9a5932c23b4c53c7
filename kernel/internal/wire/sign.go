package wire

import (
	"container/list"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"sync"
)

// replayMemory is how many digests are remembered, as in jupyter_client.
const replayMemory = 65536

// hashOf returns the hash of a signature scheme such as hmac-sha256.
func hashOf(scheme string) (func() hash.Hash, error) {
	known := map[string]func() hash.Hash{
		"hmac-md5":      md5.New,
		"hmac-sha1":     sha1.New,
		"hmac-sha224":   sha256.New224,
		"hmac-sha256":   sha256.New,
		"hmac-sha384":   sha512.New384,
		"hmac-sha512":   sha512.New,
		"hmac-sha3_256": func() hash.Hash { return sha3.New256() },
		"hmac-sha3_384": func() hash.Hash { return sha3.New384() },
		"hmac-sha3_512": func() hash.Hash { return sha3.New512() },
	}
	if h, ok := known[scheme]; ok {
		return h, nil
	}
	return nil, fmt.Errorf("signature_scheme %q is unknown; use one of %s", scheme, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}

// signer makes and checks signatures. A nil signer neither signs nor checks: the key is empty.
type signer struct {
	pool sync.Pool // of hash.Hash: making one costs more than hashing a short message
}

func newSigner(scheme string, key Key) (*signer, error) {
	if scheme == "" {
		scheme = "hmac-sha256"
	}
	newHash, err := hashOf(scheme)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, nil
	}
	s := &signer{}
	s.pool.New = func() any { return hmac.New(newHash, []byte(key)) }
	return s, nil
}

// sum returns the signature of parts in hexadecimal.
func (s *signer) sum(parts ...[]byte) []byte {
	if s == nil {
		return []byte{}
	}
	h := s.pool.Get().(hash.Hash)
	defer s.pool.Put(h)
	h.Reset()
	for _, p := range parts {
		h.Write(p)
	}
	var digest [sha512.Size]byte
	return hex.AppendEncode(make([]byte, 0, 2*h.Size()), h.Sum(digest[:0]))
}

// equal takes the same time wherever the difference is.
func (s *signer) equal(signature []byte, parts [][]byte) bool {
	return hmac.Equal(signature, s.sum(parts...))
}

// replays is the set of the signatures last used, oldest out first. It is safe for concurrent use.
type replays struct {
	mu    sync.Mutex
	limit int
	order *list.List
	at    map[string]*list.Element
}

func newReplays(limit int) *replays {
	return &replays{limit: limit, order: list.New(), at: make(map[string]*list.Element)}
}

// add remembers a signature and reports whether it is new. One that is used again stays remembered.
func (r *replays) add(signature string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.at[signature]; ok {
		r.order.MoveToBack(e)
		return false
	}
	r.at[signature] = r.order.PushBack(signature)
	if r.order.Len() > r.limit {
		oldest := r.order.Front()
		r.order.Remove(oldest)
		delete(r.at, oldest.Value.(string))
	}
	return true
}
