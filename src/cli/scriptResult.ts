/**
 * What a script answered. It may print whatever it likes; what counts is its last line, or the last line that says
 * `RESULT=`. Reads its output as it comes and keeps only what can matter, so a chatty script costs no memory.
 */
import { StringDecoder } from "node:string_decoder"
import { stripVTControlCharacters } from "node:util"
import { parseJson } from "../study/json.ts"

/** A line longer than this is cut: no number is that long, and no result object should be. */
const LONGEST_LINE = 1 << 20

export interface ScriptValue {
  readonly kind: "value"
  readonly value: number
  /** What the script says this evaluation cost; null when it does not say. */
  readonly cost: number | null
}

export interface ScriptRefusal {
  /**
   * "failed": it said itself that this point has no value (null, NaN, `failed`), so asking again would not help.
   * "unreadable": there is no result in what it printed.
   */
  readonly kind: "failed" | "unreadable"
  readonly reason: string
}

/** The last line and the last result of an output, fed in pieces. */
export class OutputTail {
  private readonly decoder = new StringDecoder("utf8")
  private open = ""
  private lastLine = ""
  private lastResult: string | null = null

  push(chunk: Buffer): void {
    this.take(this.decoder.write(chunk))
  }

  /** The answer, once the output has ended. */
  end(): ScriptValue | ScriptRefusal {
    this.take(`${this.decoder.end()}\n`)
    return readAnswer(this.lastResult, this.lastLine)
  }

  private take(text: string): void {
    let from = 0
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      this.line(this.open + text.slice(from, end))
      this.open = ""
      from = end + 1
    }
    if (this.open.length < LONGEST_LINE) this.open += text.slice(from, from + LONGEST_LINE)
  }

  private line(raw: string): void {
    const line = raw.trim()
    if (line === "") return
    this.lastLine = line
    if (line.startsWith("RESULT=")) this.lastResult = line.slice("RESULT=".length).trim()
  }
}

/** The last lines of what came on stderr, for messages. */
export class TextTail {
  private readonly decoder = new StringDecoder("utf8")
  private text = ""

  push(chunk: Buffer): void {
    this.text = (this.text + this.decoder.write(chunk)).slice(-TAIL_LENGTH)
  }

  lines(most: number): ReadonlyArray<string> {
    return stripVTControlCharacters(this.text)
      .split(/[\r\n]+/)
      .map((line) => line.trimEnd())
      .filter((line) => line !== "")
      .slice(-most)
  }
}

const TAIL_LENGTH = 8192

function readAnswer(result: string | null, lastLine: string): ScriptValue | ScriptRefusal {
  if (result !== null)
    return result.startsWith("{") ? readObject(result) : readNumber(result, `RESULT=${result}`)
  if (lastLine === "") return unreadable("printed nothing")
  return lastLine.startsWith("{") ? readObject(lastLine) : readNumber(lastLine, lastLine)
}

function readNumber(text: string, shown: string): ScriptValue | ScriptRefusal {
  const value = numberOf(text)
  if (value === null) return unreadable(`the last line is not a result: ${shorten(shown)}`)
  return finite(value, null)
}

function readObject(text: string): ScriptValue | ScriptRefusal {
  const parsed = parseJson(text)
  if (parsed instanceof SyntaxError) return unreadable(`the last line is not JSON: ${shorten(text)}`)
  const { value, cost, failed, error } = parsed as Record<string, unknown>
  if (failed === true || typeof failed === "string") {
    const why = typeof failed === "string" ? failed : typeof error === "string" ? error : null
    return { kind: "failed", reason: why === null ? "the script reported it" : shorten(why) }
  }
  if (value === null) return { kind: "failed", reason: "the script returned no value (null)" }
  const number = typeof value === "number" ? value : typeof value === "string" ? numberOf(value) : null
  if (number === null) return unreadable(`the result has no number called "value": ${shorten(text)}`)
  if (cost !== undefined && cost !== null && !(typeof cost === "number" && Number.isFinite(cost)))
    return unreadable(`the cost of the result is not a number: ${shorten(text)}`)
  return finite(number, typeof cost === "number" ? cost : null)
}

function finite(value: number, cost: number | null): ScriptValue | ScriptRefusal {
  if (Number.isFinite(value)) return { kind: "value", value, cost }
  return { kind: "failed", reason: `the value is ${value}` }
}

/** A number as C, Python, JavaScript or Rust print it; null when it is none. */
function numberOf(text: string): number | null {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
  const word = /^([+-]?)(nan|inf|infinity)$/i.exec(text)
  if (word === null) return null
  return word[2].toLowerCase() === "nan" ? Number.NaN : word[1] === "-" ? -Infinity : Infinity
}

const unreadable = (reason: string): ScriptRefusal => ({ kind: "unreadable", reason })

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}
