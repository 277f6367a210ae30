/**
 * The code of a page, as a reader would take it over: what goes into a file, what is run, in which order. Two rules make it
 * readable from Markdown alone: a block whose fence names a file (```json tune.json) is that file, and a ```ts block that
 * imports arqon begins a program that the blocks after it continue.
 */

export type Block =
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  | { readonly kind: "program" | "shell" | "python" | "data"; readonly text: string }

const FENCE = /^```(\w+)(?:[ \t]+(\S+))?[ \t]*\n([\s\S]*?)^```[ \t]*$/gm
/** A reader sets a folder up once; a test has it already. */
const INSTALL = /^(npm (install|ci|pkg set)|git clone|python3 -m venv|(\.venv\/bin\/)?pip install) .*$/gm

const kinds = { ts: "program", sh: "shell", python: "python", json: "data" } as const

/** The blocks of a page in the order they count; what is in no language we run (```text) is left out. */
export function blocksOf(page: string): ReadonlyArray<Block> {
  const blocks: Array<Block> = []
  /** Where the program that is being written stands; -1 before the first. */
  let open = -1
  for (const [, language, name, text] of page.matchAll(FENCE)) {
    if (name !== undefined) {
      blocks.push({ kind: "file", name, text })
      continue
    }
    if (!Object.hasOwn(kinds, language)) continue
    const kind = kinds[language as keyof typeof kinds]
    if (kind === "program" && !text.includes('from "arqon') && open >= 0) {
      blocks[open] = { kind, text: `${blocks[open].text}\n${text}` }
      continue
    }
    const kept = kind === "shell" ? text.replaceAll(INSTALL, "").trim() : text
    if (kept === "") continue
    if (kind === "program") open = blocks.length
    blocks.push({ kind, text: kept })
  }
  return blocks
}
