package main

import "time"

const (
	second   = 1_000_000
	timesMax = 253_402_300_799_999_999 // the last moment that has a four-digit year
)

func nowMicros() int64 { return time.Now().UnixMicro() }

// Appends "2026-11-23T10:00:00.000000Z" with its quotes.
func appendTime(out []byte, micros int64) []byte {
	at := time.UnixMicro(micros).UTC()
	year, month, day := at.Date()
	hour, minute, sec := at.Clock()
	part := at.Nanosecond() / 1000
	return append(out, '"',
		digit(year/1000), digit(year/100), digit(year/10), digit(year), '-', digit(int(month)/10), digit(int(month)), '-',
		digit(day/10), digit(day), 'T', digit(hour/10), digit(hour), ':', digit(minute/10), digit(minute), ':',
		digit(sec/10), digit(sec), '.', digit(part/100000), digit(part/10000), digit(part/1000), digit(part/100),
		digit(part/10), digit(part), 'Z', '"')
}

func digit(n int) byte { return byte('0' + n%10) }

// A time as events hold it: RFC 3339, the same without an offset (then UTC) and with a blank for the T, or the digits of
// an epoch time.
func parseEventTime(text []byte) (int64, bool) {
	at, ok := parseDate(text)
	if !ok {
		at, ok = parseEpoch(text)
	}
	return at, ok && at >= 0 && at <= timesMax
}

// Digits at fixed places, from the left; everything is wrong once one thing was.
type dateCursor struct {
	rest  []byte
	wrong bool
}

func (c *dateCursor) number(count, max int) int {
	if c.wrong || len(c.rest) < count {
		c.wrong = true
		return 0
	}
	value := 0
	for _, d := range c.rest[:count] {
		if d < '0' || d > '9' {
			c.wrong = true
			return 0
		}
		value = value*10 + int(d-'0')
	}
	c.rest = c.rest[count:]
	c.wrong = value > max
	return value
}

func (c *dateCursor) oneOf(set string) byte {
	if !c.wrong && len(c.rest) > 0 {
		for i := range set {
			if set[i] == c.rest[0] {
				c.rest = c.rest[1:]
				return set[i]
			}
		}
	}
	c.wrong = true
	return 0
}

func (c *dateCursor) next() byte {
	if len(c.rest) == 0 {
		return 0
	}
	return c.rest[0]
}

func parseDate(text []byte) (int64, bool) {
	c := dateCursor{rest: text}
	year := c.number(4, 9999)
	c.oneOf("-")
	month := c.number(2, 12)
	c.oneOf("-")
	day := c.number(2, 31)
	c.oneOf("Tt ")
	hour := c.number(2, 23)
	c.oneOf(":")
	minute := c.number(2, 59)
	c.oneOf(":")
	sec := c.number(2, 60)
	if c.wrong {
		return 0, false
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	// time.Date takes the 31st of February for a day of March.
	if date.Day() != day || month == 0 {
		return 0, false
	}
	at := (date.Unix() + int64(hour*3600+minute*60+sec)) * second
	if c.next() == '.' {
		c.oneOf(".")
		if c.next() < '0' || c.next() > '9' {
			return 0, false
		}
		unit := int64(second)
		for taken := 0; c.next() >= '0' && c.next() <= '9'; taken++ {
			if taken == 9 {
				return 0, false
			}
			unit /= 10
			at += int64(c.next()-'0') * unit
			c.rest = c.rest[1:]
		}
	}
	if len(c.rest) == 0 {
		return at, true
	}
	sign := c.oneOf("Zz+-")
	if sign == '+' || sign == '-' {
		offset := int64(c.number(2, 23)) * 3600
		c.oneOf(":")
		offset += int64(c.number(2, 59)) * 60
		if sign == '+' {
			offset = -offset
		}
		at += offset * second
	}
	return at, !c.wrong && len(c.rest) == 0
}

// Seconds, milliseconds or microseconds, told apart by size, maybe with a fraction.
func parseEpoch(text []byte) (int64, bool) {
	const secondsEnd = 100_000_000_000
	whole, i := int64(0), 0
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		if whole = whole*10 + int64(text[i]-'0'); whole >= secondsEnd*second {
			return 0, false
		}
	}
	if i == 0 {
		return 0, false
	}
	unit := int64(1)
	if whole < secondsEnd {
		unit = second
	} else if whole < secondsEnd*1000 {
		unit = 1000
	}
	at := whole * unit
	if i == len(text) {
		return at, true
	}
	fraction := text[i+1:]
	if text[i] != '.' || len(fraction) == 0 {
		return 0, false
	}
	for _, d := range fraction {
		if d < '0' || d > '9' {
			return 0, false
		}
		unit /= 10
		at += int64(d-'0') * unit
	}
	return at, true
}
