package main

import (
	"database/sql"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// Appends a JSON string. encoding/json would escape more than JSON asks to.
func appendString(out []byte, text string) []byte {
	out = append(out, '"')
	from := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\b':
			out = append(out, '\\', 'b')
		case '\f':
			out = append(out, '\\', 'f')
		case '\n':
			out = append(out, '\\', 'n')
		case '\r':
			out = append(out, '\\', 'r')
		case '\t':
			out = append(out, '\\', 't')
		default:
			out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(out, text[from:]...), '"')
}

func appendNullString(out []byte, text sql.NullString) []byte {
	if !text.Valid {
		return append(out, "null"...)
	}
	return appendString(out, text.String)
}

func hexDigit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}

// The code unit of `\uXXXX` at the beginning of `text`, or -1.
func codeUnit(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	return hexDigit(text[2])<<12 | hexDigit(text[3])<<8 | hexDigit(text[4])<<4 | hexDigit(text[5])
}

// Appends what is between the quotes of a JSON string, its escapes replaced. A lone surrogate becomes U+FFFD.
func appendDecoded(out, raw []byte) []byte {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		if raw[i+1] != 'u' {
			i++
			out = append(out, plainEscape(raw[i]))
			continue
		}
		unit := codeUnit(raw[i:])
		i += 5
		if unit >= 0xD800 && unit < 0xDC00 {
			if low := codeUnit(raw[i+1:]); low >= 0xDC00 && low < 0xE000 {
				unit = 0x10000 + (unit-0xD800)<<10 + (low - 0xDC00)
				i += 6
			}
		}
		out = utf8.AppendRune(out, unit)
	}
	return out
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}
