/**
 * Text of others' making on its way to a terminal. A name or a note may hold escape sequences that clear the screen, and marks that
 * turn the direction of a line; and some characters are two columns wide, or none.
 */

/** Control characters, of the old kind and of the eight-bit one, and marks of direction. */
const UNSHOWN = /[\p{Cc}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const INSTEAD = "\ufffd"

/** What a terminal cannot take for an instruction. */
export const plainText = (text: string): string => text.replace(UNSHOWN, INSTEAD)

/** The same of a text of several lines, which stay lines. */
export const plainLines = (text: string): string => text.split("\n").map(plainText).join("\n")

/** JSON of a value with everything escaped that a terminal could take for an instruction: read again, it is the same value. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    UNSHOWN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )

const NO_COLUMN = /^[\p{Mark}\p{Cf}]$/u
/** Unicode's East Asian wide characters, in ranges that take a few narrow ones with them, and emoji. */
const TWO_COLUMNS =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}])$/u

const columnsOf = (character: string): number =>
  character < "\u0300" ? 1 : NO_COLUMN.test(character) ? 0 : TWO_COLUMNS.test(character) ? 2 : 1

/** Columns that a text takes in a terminal; of joined emoji at least as many. */
export const textColumns = (text: string): number =>
  Array.from(text).reduce((sum, character) => sum + columnsOf(character), 0)

/** Plain, and cut to so many columns; a text that was cut ends in an ellipsis. */
export function fitted(text: string, columns: number): string {
  const plain = plainText(text)
  if (textColumns(plain) <= columns) return plain
  let taken = 0
  let cut = ""
  for (const character of plain) {
    taken += columnsOf(character)
    if (taken > columns - 1) break
    cut += character
  }
  return `${cut}…`
}

/** `fitted`, and filled up with spaces. */
export function padded(text: string, columns: number): string {
  const fit = fitted(text, columns)
  return fit + " ".repeat(Math.max(0, columns - textColumns(fit)))
}
