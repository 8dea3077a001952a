package main

import "unicode/utf8"

// Cuts texts into words for the full-text index: runs of letters and digits, lower-cased, Latin letters without
// accents, each word once. Reused between texts.
type wordList struct {
	text  []byte // the words, a blank behind each
	begin int    // of the word being made
	seen  map[string]struct{}
}

func newWordList() *wordList { return &wordList{seen: map[string]struct{}{}} }

func (w *wordList) clear() {
	w.text, w.begin = w.text[:0], 0
	for word := range w.seen {
		delete(w.seen, word)
	}
}

// What an ASCII character becomes; 0 ends a word.
var asciiWord = func() (table [utf8.RuneSelf]byte) {
	for c := range table {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z':
			table[c] = byte(c)
		case c >= 'A' && c <= 'Z':
			table[c] = byte(c) + 32
		}
	}
	return table
}()

func (w *wordList) add(text []byte) {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			i++
			if folded := asciiWord[c]; folded != 0 {
				w.text = append(w.text, folded)
			} else {
				w.end()
			}
			continue
		}
		c, size := utf8.DecodeRune(text[i:])
		i += size
		if !w.fold(c) {
			w.end()
		}
	}
	w.end()
}

func (w *wordList) end() {
	word := w.text[w.begin:]
	if len(word) == 0 {
		return
	}
	if _, known := w.seen[string(word)]; known {
		w.text = w.text[:w.begin]
		return
	}
	w.seen[string(word)] = struct{}{}
	w.text = append(w.text, ' ')
	w.begin = len(w.text)
}

// U+00C0 to U+017F without case and accent; '?' stays as it is, ' ' ends a word.
const latin = "aaaaaa?ceeeeiiii?nooooo ouuuuy??aaaaaa?ceeeeiiii?nooooo ouuuuy?y" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii???jjkk?lllllll" +
	"lllnnnnnn???oooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"

// Appends what a character beyond ASCII becomes; false if it ends a word.
func (w *wordList) fold(c rune) bool {
	if within(c, 0x300, 0x36F) {
		return true
	}
	if within(c, 0xC0, 0x17F) {
		base := latin[c-0xC0]
		if base == ' ' {
			return false
		}
		if base != '?' {
			w.text = append(w.text, base)
			return true
		}
	} else if endsWord(c) {
		return false
	}
	w.text = utf8.AppendRune(w.text, lower(c))
	return true
}

func within(c, first, last rune) bool { return c >= first && c <= last }

func endsWord(c rune) bool {
	if c < 0xC0 {
		return c != 0xAA && c != 0xB2 && c != 0xB3 && c != 0xB5 && c != 0xB9 && c != 0xBA && !within(c, 0xBC, 0xBE)
	}
	return within(c, 0x2000, 0x206F) || within(c, 0x20A0, 0x20CF) || within(c, 0x2190, 0x2BFF) ||
		within(c, 0x3000, 0x3004) || within(c, 0x3008, 0x3020) || within(c, 0xFE10, 0xFE6F) ||
		within(c, 0xFF01, 0xFF0F) || within(c, 0xFF1A, 0xFF20) || within(c, 0xFF3B, 0xFF40) ||
		within(c, 0xFF5B, 0xFF65) || within(c, 0xFFF0, 0xFFFF) || within(c, 0x1F000, 0x1FAFF)
}

func lower(c rune) rune {
	switch {
	case within(c, 0x391, 0x3A9), within(c, 0x410, 0x42F), within(c, 0xFF21, 0xFF3A):
		return c + 32
	case within(c, 0x400, 0x40F):
		return c + 80
	}
	switch c {
	case 0xC6:
		return 0xE6
	case 0xD0:
		return 0xF0
	case 0xDE:
		return 0xFE
	case 0x132:
		return 0x133
	case 0x14A:
		return 0x14B
	case 0x152:
		return 0x153
	}
	return c
}
