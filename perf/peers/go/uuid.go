package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	mathrand "math/rand"
	"sync"
	"time"
)

// Makes UUIDv7, each greater than the one before.
type uuidSource struct {
	mutex     sync.Mutex
	random    *mathrand.Rand
	millis    uint64
	high, low uint64 // the 74 bits behind the time: twelve and sixty-two
}

func (u *uuidSource) next() string {
	const lowMask, highMask = 1<<62 - 1, 1<<12 - 1
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.random == nil {
		var seed [8]byte
		rand.Read(seed[:])
		u.random = mathrand.New(mathrand.NewSource(int64(binary.LittleEndian.Uint64(seed[:]))))
	}
	if now := uint64(time.Now().UnixMilli()); now > u.millis {
		u.millis = now
		// The top bit stays free: room for the other ids of this millisecond.
		u.high, u.low = u.random.Uint64()&(highMask>>1), u.random.Uint64()&lowMask
	} else if u.low += 1 + uint64(u.random.Uint32()); u.low > lowMask {
		u.low &= lowMask
		u.high++
	}
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], u.millis<<16|0x7000|u.high)
	binary.BigEndian.PutUint64(id[8:], 2<<62|u.low)
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
