/** The labels of a statechart's arrows, in the short lines in which they are laid out and drawn. */
import type { Move } from "./Graph.ts"

export const LINE_HEIGHT = 15.5

/** Lines of a label at most, and characters in one before it is broken at a space. */
const MOST_LINES = 3
const WIDE = 24

/** Labels as they are drawn, in short lines: what does not fit is counted, and told in full beside the picture. */
export function labelLines(move: Move): ReadonlyArray<string> {
  const lines: Array<string> = []
  for (const [index, label] of move.labels.entries()) {
    const broken = brokenUp(label)
    if (lines.length + broken.length > MOST_LINES && index > 0) {
      return [...lines, `and ${move.labels.length - index} more`]
    }
    lines.push(...broken)
  }
  return lines
}

/** Between the event and its condition first, then at spaces. */
function brokenUp(text: string): ReadonlyArray<string> {
  if (text.length <= WIDE) return [text]
  const [event, guard] = text.split(" [")
  return guard === undefined ? atSpaces(text) : [...atSpaces(event), ...atSpaces(`[${guard}`)]
}

function atSpaces(text: string): ReadonlyArray<string> {
  const lines: Array<string> = [""]
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? ""
    if (last !== "" && last.length + word.length >= WIDE) lines.push(word)
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`
  }
  return lines
}
