package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"unicode/utf8"
)

const depthMax = 256

const (
	atTime = iota
	host
	source
	channel
	eventCode
	severity
	columnCount
)

type candidate struct {
	place  int // in the order in which they are tried
	column int
}

const hostName = "host.name"

// Which keys of an event become columns. `host.name` also stands for a member `name` of an object `host`.
var candidates = func() map[string]candidate {
	found := map[string]candidate{}
	for column, keys := range [columnCount][]string{
		atTime:    {"timestamp", "@timestamp", "TimeCreated", "EventTime", "time", "ts"},
		host:      {"host", "Hostname", "Computer", "hostname", hostName},
		source:    {"source", "SourceName", "ProviderName", "Provider"},
		channel:   {"channel", "Channel"},
		eventCode: {"EventID", "event_code", "event.code", "EventId"},
		severity:  {"severity", "Severity", "level", "Level"},
	} {
		for place, key := range keys {
			found[key] = candidate{place, column}
		}
	}
	return found
}()

var noCandidate = candidate{column: -1}

// Turns the text of one event into what is stored of it, in one pass that checks the JSON too. Reused between events.
type eventReader struct {
	words   *wordList
	scratch []byte

	text  []byte
	at    int
	depth int
	deep  bool

	best  [columnCount]int
	time  int64
	found [columnCount]sql.NullString
}

func newEventReader() *eventReader { return &eventReader{words: newWordList()} }

// Fills all of `into` but its id; why the text is no event otherwise.
func (r *eventReader) read(text []byte, receivedAt int64, into *event) string {
	if len(text) == 0 {
		return "is empty"
	}
	r.text, r.at, r.depth, r.deep = text, 0, 0, false
	r.time, r.found = receivedAt, [columnCount]sql.NullString{}
	for i := range r.best {
		r.best[i] = len(candidates)
	}
	r.words.clear()
	switch {
	case !utf8.Valid(text):
		return "is no UTF-8"
	case !r.value(noCandidate, false):
		if r.deep {
			return fmt.Sprintf("is nested more than %d deep", depthMax)
		}
		return fmt.Sprintf("is broken JSON at byte %d", r.at+1)
	case r.at != len(text):
		return fmt.Sprintf("goes on behind its end at byte %d", r.at+1)
	case text[0] != '{':
		return "is no JSON object"
	}
	into.at = r.time
	into.fields = string(text)
	into.words = string(r.words.text)
	into.host, into.source, into.channel = r.found[host], r.found[source], r.found[channel]
	into.eventCode, into.severity = r.found[eventCode], lowered(r.found[severity])
	return ""
}

func lowered(text sql.NullString) sql.NullString {
	bytes := []byte(text.String)
	for i, c := range bytes {
		if c >= 'A' && c <= 'Z' {
			bytes[i] = c + 32
		}
	}
	text.String = string(bytes)
	return text
}

// One scalar that is not null.
func (r *eventReader) tell(text []byte, known candidate) {
	r.words.add(text)
	// An earlier key wins, and the first of two equal ones.
	if known.column < 0 || known.place >= r.best[known.column] {
		return
	}
	if known.column == atTime {
		at, ok := parseEventTime(text)
		if !ok {
			return
		}
		r.time = at
	} else {
		r.found[known.column] = sql.NullString{String: string(text), Valid: true}
	}
	r.best[known.column] = known.place
}

func (r *eventReader) skipSpace() {
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\t' || r.text[r.at] == '\n' || r.text[r.at] == '\r') {
		r.at++
	}
}

func (r *eventReader) take(c byte) bool {
	if r.at == len(r.text) || r.text[r.at] != c {
		return false
	}
	r.at++
	return true
}

func (r *eventReader) value(known candidate, isHost bool) bool {
	r.skipSpace()
	if r.at == len(r.text) {
		return false
	}
	switch r.text[r.at] {
	case '{':
		return r.nested('}', func() bool { return r.member(isHost) })
	case '[':
		return r.nested(']', func() bool { return r.value(noCandidate, false) })
	case '"':
		text, ok := r.string()
		if ok {
			r.tell(text, known)
		}
		return ok
	case 't':
		return r.literal("true", known)
	case 'f':
		return r.literal("false", known)
	case 'n':
		return r.literal("null", known)
	}
	return r.number(known)
}

func (r *eventReader) nested(closing byte, item func() bool) bool {
	if r.depth == depthMax {
		r.deep = true
		return false
	}
	r.depth++
	r.at++
	r.skipSpace()
	if !r.take(closing) {
		for {
			if !item() {
				return false
			}
			r.skipSpace()
			if !r.take(',') {
				break
			}
		}
		if !r.take(closing) {
			return false
		}
	}
	r.depth--
	r.skipSpace()
	return true
}

func (r *eventReader) member(ofHost bool) bool {
	r.skipSpace()
	if r.at == len(r.text) || r.text[r.at] != '"' {
		return false
	}
	key, ok := r.string()
	if !ok {
		return false
	}
	known, isHost := noCandidate, false
	if r.depth == 1 {
		if named, ok := candidates[string(key)]; ok {
			known = named
		}
		isHost = string(key) == "host"
	} else if ofHost && r.depth == 2 && string(key) == "name" {
		known = candidates[hostName]
	}
	r.skipSpace()
	return r.take(':') && r.value(known, isHost)
}

// What a string stands for; valid until the next one.
func (r *eventReader) string() ([]byte, bool) {
	r.at++
	begin, escaped := r.at, false
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			raw := r.text[begin:r.at]
			r.at++
			if escaped {
				r.scratch = appendDecoded(r.scratch[:0], raw)
				raw = r.scratch
			}
			return raw, true
		case c == '\\':
			escaped = true
			if !r.escape() {
				return nil, false
			}
		case c < 0x20:
			return nil, false
		default:
			r.at++
		}
	}
	return nil, false
}

func (r *eventReader) escape() bool {
	if r.at+1 == len(r.text) {
		return false
	}
	c := r.text[r.at+1]
	r.at += 2
	if c != 'u' {
		return bytes.IndexByte([]byte(`"\/bfnrt`), c) >= 0
	}
	for i := 0; i < 4; i++ {
		if r.at == len(r.text) || hexDigit(r.text[r.at]) < 0 {
			return false
		}
		r.at++
	}
	return true
}

func (r *eventReader) literal(word string, known candidate) bool {
	if len(r.text)-r.at < len(word) || string(r.text[r.at:r.at+len(word)]) != word {
		return false
	}
	if word != "null" {
		r.tell(r.text[r.at:r.at+len(word)], known)
	}
	r.at += len(word)
	r.skipSpace()
	return true
}

func (r *eventReader) digits() bool {
	begin := r.at
	for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at != begin
}

func (r *eventReader) number(known candidate) bool {
	begin := r.at
	r.take('-')
	if !r.take('0') && !r.digits() {
		return false
	}
	if r.take('.') && !r.digits() {
		return false
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		if !r.digits() {
			return false
		}
	}
	r.tell(r.text[begin:r.at], known)
	return true
}
