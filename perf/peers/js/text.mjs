// Words for the full-text index: runs of letters and digits, lower-cased, Latin
// letters without accents, each word once.

// U+00C0 to U+017F without case and accent; '?' stays as it is, ' ' ends a word.
const latin =
  "aaaaaa?ceeeeiiii?nooooo ouuuuy??aaaaaa?ceeeeiiii?nooooo ouuuuy?y" +
  "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii???jjkk?lllllll" +
  "lllnnnnnn???oooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"

const within = (c, first, last) => c >= first && c <= last

function endsWord(c) {
  if (c < 0xc0) {
    return ![0xaa, 0xb2, 0xb3, 0xb5, 0xb9, 0xba, 0xbc, 0xbd, 0xbe].includes(c)
  }
  return (
    within(c, 0x2000, 0x206f) || within(c, 0x20a0, 0x20cf) || within(c, 0x2190, 0x2bff) ||
    within(c, 0x3000, 0x3004) || within(c, 0x3008, 0x3020) || within(c, 0xd800, 0xdfff) ||
    within(c, 0xfe10, 0xfe6f) || within(c, 0xff01, 0xff0f) || within(c, 0xff1a, 0xff20) ||
    within(c, 0xff3b, 0xff40) || within(c, 0xff5b, 0xff65) || within(c, 0xfff0, 0xffff) ||
    within(c, 0x1f000, 0x1faff)
  )
}

const lowered = new Map([[0xc6, 0xe6], [0xd0, 0xf0], [0xde, 0xfe], [0x132, 0x133], [0x14a, 0x14b], [0x152, 0x153]])

function lower(c) {
  if (within(c, 0x391, 0x3a9) || within(c, 0x410, 0x42f) || within(c, 0xff21, 0xff3a)) return c + 32
  if (within(c, 0x400, 0x40f)) return c + 80
  return lowered.get(c) ?? c
}

function fold(character) {
  const c = character.codePointAt(0)
  if (within(c, 0x300, 0x36f)) return ""
  if (within(c, 0xc0, 0x17f)) {
    const base = latin[c - 0xc0]
    if (base !== "?") return base
  } else if (endsWord(c)) {
    return " "
  }
  return String.fromCodePoint(lower(c))
}

const beyondAscii = /[^\0-\x7f]/
const asciiWord = /[a-z0-9]+/g
const anyWord = /[a-z0-9\u0080-\u{10ffff}]+/gu

/** The words of a text, blanks between. */
export function wordsOf(text) {
  const found = beyondAscii.test(text)
    ? text
        .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
        .replace(/[^\0-\x7f]/gu, fold)
        .match(anyWord)
    : text.toLowerCase().match(asciiWord)
  return [...new Set(found)].join(" ")
}
