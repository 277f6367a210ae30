/**
 * JSON as a person wrote it: where in the text a part of the document stands, and what is wrong where. Needed to show the
 * line that a problem means; `JSON.parse` has neither positions nor a word for a key that is given twice.
 *
 * One walk over the text without recursion, whatever its depth. It accepts what `JSON.parse` accepts, repeated keys and
 * nesting beyond all use excepted.
 */
import type { Problem } from "./errors.ts"
import { pathText } from "./problems.ts"

type Path = ReadonlyArray<string | number>

/** A problem that may know its place in the text; where it does not, its path says it. */
export interface TextProblem extends Problem {
  readonly offset?: number
}

/** The document, or why the text is none. `value` is to be read only where there are no problems. */
export interface JsonRead {
  readonly value: unknown
  readonly problems: ReadonlyArray<TextProblem>
}

/** Where one part of a document stands, as offsets into the text; the key's are -1 in an array and at the root. */
export interface JsonSpan {
  readonly keyStart: number
  readonly keyEnd: number
  readonly start: number
  readonly end: number
}

/** Parts of the document whose places are asked for, as a tree. */
interface Wanted {
  readonly inner: Map<string | number, Wanted>
  span: JsonSpan | null
}

/** Deeper than any document of ours, so that nothing after this walk can run out of stack. */
const DEEPEST = 256
/** More repeated keys than this help nobody. */
const MOST_REPEATS = 100

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORD = /[A-Za-z_$][\w$]*/y
const QUOTE = 0x22
const BACKSLASH = 0x5c
/** Byte order mark, which editors leave at the beginning of files. */
const MARK = 0xfeff

/** Reads a text. Total: no text makes it throw. */
export function readJson(text: string): JsonRead {
  const walk = new Walk(text, null)
  walk.run()
  if (walk.problems.length > 0) return { value: null, problems: walk.problems }
  return { value: JSON.parse(text.charCodeAt(0) === MARK ? text.slice(1) : text), problems: [] }
}

/**
 * The places of the parts at `paths`, as problems write them; null where there is no such part. Where a key is repeated it is
 * the last one, as for `JSON.parse`. Texts that are not JSON are walked as far as they are.
 */
export function locateAll(text: string, paths: ReadonlyArray<string | Path>): ReadonlyArray<JsonSpan | null> {
  const root: Wanted = { inner: new Map(), span: null }
  const wanted = paths.map((path) => {
    let node = root
    for (const key of typeof path === "string" ? pathKeys(path) : path) {
      const there = node.inner.get(key)
      const next: Wanted = there ?? { inner: new Map(), span: null }
      if (there === undefined) node.inner.set(key, next)
      node = next
    }
    return node
  })
  new Walk(text, root).run()
  return wanted.map((one) => one.span)
}

/** The keys of a path as `pathText` writes it. */
export function pathKeys(path: string): Path {
  const keys: Array<string | number> = []
  const part = /\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gy
  for (let match = part.exec(path); match !== null; match = part.exec(path)) {
    const [, plain, index, quoted] = match
    keys.push(plain ?? (index === undefined ? (JSON.parse(quoted) as string) : Number(index)))
  }
  return keys
}

interface Frame {
  readonly start: number
  readonly wanted: Wanted | null
  /** Keys met so far, with their offsets; null in an array. */
  readonly keys: Map<string, number> | null
  key: string
  keyStart: number
  keyEnd: number
  index: number
}

class Walk {
  readonly problems: Array<TextProblem> = []
  private readonly text: string
  private readonly root: Wanted | null
  private readonly frames: Array<Frame> = []
  private at = 0

  constructor(text: string, root: Wanted | null) {
    this.text = text
    this.root = root
    if (text.charCodeAt(0) === MARK) this.at = 1
  }

  run(): void {
    while (this.value()) {
      while (this.frames.length > 0 && this.closes()) this.close()
      if (this.frames.length === 0) {
        this.space()
        if (this.at < this.text.length) this.fault("continues after its end.", "A file holds one document.")
        return
      }
      if (this.problems.length > MOST_REPEATS || !this.separator()) return
    }
  }

  /** One scalar, or the beginning of an object or array up to its first value; empty ones count as begun. */
  private value(): boolean {
    for (;;) {
      this.space()
      const char = this.text[this.at]
      if (char !== "{" && char !== "[") return this.scalar(char)
      if (this.frames.length === DEEPEST) return this.fault("is nested too deeply.", null)
      const object = char === "{"
      this.frames.push({
        start: this.at,
        wanted: this.wantedHere(),
        keys: object ? new Map() : null,
        key: "",
        keyStart: -1,
        keyEnd: -1,
        index: 0,
      })
      this.at++
      this.space()
      if (this.text[this.at] === (object ? "}" : "]")) return true
      if (object && !this.key()) return false
    }
  }

  private closes(): boolean {
    this.space()
    return this.text[this.at] === (this.frames[this.frames.length - 1].keys === null ? "]" : "}")
  }

  private close(): void {
    this.at++
    const frame = this.frames.pop()
    if (frame !== undefined) this.mark(frame.wanted, frame.start)
  }

  /** The comma between two values, and in an object the next key. */
  private separator(): boolean {
    const frame = this.frames[this.frames.length - 1]
    const closing = frame.keys === null ? "]" : "}"
    if (this.text[this.at] !== ",") {
      return this.fault(`needs a comma or ${closing} here, ${this.found()}.`, this.commentHint())
    }
    const comma = this.at
    this.at++
    this.space()
    if (this.text[this.at] === closing) {
      this.at = comma
      return this.fault(`has a comma before ${closing}.`, "Remove it.")
    }
    frame.index++
    return frame.keys === null || this.key()
  }

  private key(): boolean {
    const start = this.at
    if (this.text.charCodeAt(start) !== QUOTE) {
      const word = this.word()
      if (word !== "") return this.fault(`has a key without quotes.`, `Write ${JSON.stringify(word)}.`)
      const hint = this.text[start] === "'" ? "Put keys in double quotes." : this.commentHint()
      return this.fault(`needs a key here, ${this.found()}.`, hint)
    }
    if (!this.string()) return false
    const frame = this.frames[this.frames.length - 1]
    const raw = this.text.slice(start, this.at)
    frame.key = raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1)
    frame.keyStart = start
    frame.keyEnd = this.at
    const before = frame.keys?.get(frame.key)
    frame.keys?.set(frame.key, before ?? start)
    if (before !== undefined) {
      const path = pathText(this.frames.map((one) => (one.keys === null ? one.index : one.key)))
      const { line } = positionAt(this.text, before)
      this.problems.push({
        path,
        message: `is given twice, first on line ${line}.`,
        suggestion: "Keep one.",
        offset: start,
      })
    }
    this.space()
    if (this.text[this.at] !== ":") return this.fault(`needs a colon after the key, ${this.found()}.`, null)
    this.at++
    return true
  }

  private scalar(char: string | undefined): boolean {
    const start = this.at
    const wanted = this.wantedHere()
    if (char === '"') {
      if (!this.string()) return false
    } else if (char !== undefined && (char === "-" || (char >= "0" && char <= "9"))) {
      NUMBER.lastIndex = start
      const match = NUMBER.exec(this.text)
      if (match === null) return this.fault("has a number without digits.", null)
      this.at = start + match[0].length
      if (/[0-9.]/.test(this.text[this.at] ?? ""))
        return this.fault("has a number that is not JSON.", "Write it like 0.5, -3 or 1e-9.")
    } else {
      const word = this.word()
      if (word !== "true" && word !== "false" && word !== "null") return this.unknown(word)
      this.at += word.length
    }
    this.mark(wanted, start)
    return true
  }

  private unknown(word: string): boolean {
    const char = this.text[this.at]
    if (word === "NaN" || word === "Infinity")
      return this.fault(`has a number that is not JSON: ${word}.`, "Write null where there is none.")
    const lower = word.toLowerCase()
    if (lower === "true" || lower === "false") return this.fault(`has the word ${word}.`, `Write ${lower}.`)
    if (word === "None" || lower === "null" || word === "undefined")
      return this.fault(`has the word ${word}.`, "Write null.")
    if (word !== "") return this.fault("has a word without quotes.", "Put texts in double quotes.")
    const hint =
      char === "'"
        ? "Put texts in double quotes."
        : char === "." || char === "+"
          ? "Numbers begin with a digit or a minus."
          : this.commentHint()
    return this.fault(`needs a value here, ${this.found()}.`, hint)
  }

  private string(): boolean {
    const { text } = this
    const start = this.at
    for (let i = start + 1; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === QUOTE) {
        this.at = i + 1
        return true
      }
      if (code < 0x20) {
        if (code === 0x0a || code === 0x0d) break
        this.at = i
        return this.fault("has a control character in a text.", "Write it as an escape, for example \\t.")
      }
      if (code === BACKSLASH) {
        const length = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(i + 1, i + 6))?.[0].length
        if (length === undefined) {
          this.at = i
          return this.fault("has an escape that is not JSON.", "Write a backslash as \\\\.")
        }
        i += length
      }
    }
    return this.fault("has a text without an end.", "Close it with a double quote on its line.")
  }

  private space(): void {
    const { text } = this
    let code = text.charCodeAt(this.at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++this.at)
  }

  private word(): string {
    WORD.lastIndex = this.at
    return WORD.exec(this.text)?.[0] ?? ""
  }

  private found(): string {
    if (this.at >= this.text.length) return "but the text ends"
    return `found ${JSON.stringify(String.fromCodePoint(this.text.codePointAt(this.at) ?? 0))}`
  }

  private commentHint(): string | null {
    const char = this.text[this.at]
    return char === "/" || char === "#" ? "JSON has no comments." : null
  }

  private wantedHere(): Wanted | null {
    if (this.frames.length === 0) return this.root
    const frame = this.frames[this.frames.length - 1]
    return frame.wanted?.inner.get(frame.keys === null ? frame.index : frame.key) ?? null
  }

  private mark(wanted: Wanted | null, start: number): void {
    if (wanted === null) return
    const holder = this.frames[this.frames.length - 1]
    const keyed = holder !== undefined && holder.keys !== null
    wanted.span = {
      keyStart: keyed ? holder.keyStart : -1,
      keyEnd: keyed ? holder.keyEnd : -1,
      start,
      end: this.at,
    }
  }

  /** What makes the text no JSON; ends the walk. */
  private fault(message: string, suggestion: string | null): false {
    const problem = { path: "", message: `The text ${message}`, offset: this.at }
    this.problems.push(suggestion === null ? problem : { ...problem, suggestion })
    return false
  }
}

/** Line and column of an offset, both from 1. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1
  let begin = 0
  for (let next = text.indexOf("\n"); next >= 0 && next < offset; next = text.indexOf("\n", begin)) {
    line++
    begin = next + 1
  }
  return { line, column: offset - begin + 1 }
}
