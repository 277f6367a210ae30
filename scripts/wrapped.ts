/** Breaks the long lines of a generated page: prose stays below 120 characters, as the test of the pages asks. */

const WIDTH = 116
/** The longest line that is left alone. */
const LONGEST = 119

/** Table rows, headings, pictures, comments and indented code keep their lines. */
const FIXED = /^(\||#|!\[|<|\s*$| {4})/
const ITEM = /^\s*([-*]|\d+\.) /

/** @param block one paragraph or list item, line by line */
function broken(block: ReadonlyArray<string>): ReadonlyArray<string> {
  if (block.every((line) => line.length <= LONGEST)) return block
  const lead = /^\s*(?:(?:[-*]|\d+\.) )?/.exec(block[0])?.[0] ?? ""
  const text = block.map((line) => line.trim()).join(" ")
  const words = text.slice(lead.trimStart().length).match(/(?:`[^`]*`|\S)+/g) ?? []
  const lines = [lead]
  for (const word of words) {
    const line = lines[lines.length - 1]
    const bare = line.trim() === lead.trim()
    if (!bare && line.length + 1 + word.length > WIDTH) lines.push(" ".repeat(lead.length) + word)
    else lines[lines.length - 1] = bare ? line + word : `${line} ${word}`
  }
  return lines
}

/** The page with its long paragraphs broken anew; everything in code fences is left as it is. */
export function wrapped(page: string): string {
  const out: Array<string> = []
  let block: Array<string> = []
  let inFence = false
  const flush = (): void => {
    out.push(...broken(block))
    block = []
  }
  for (const line of page.split("\n")) {
    const fence = line.trimStart().startsWith("```")
    if (fence || inFence || (FIXED.test(line) && (block.length === 0 || !line.startsWith("    ")))) {
      flush()
      out.push(line)
      if (fence) inFence = !inFence
    } else {
      if (ITEM.test(line)) flush()
      block.push(line)
    }
  }
  flush()
  return out.join("\n")
}
