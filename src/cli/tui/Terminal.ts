/**
 * A terminal that is drawn over instead of cleared, so that nothing flickers: the other screen, no cursor, and only what changed is
 * written. Whatever happens, `close` leaves it as it was.
 */
import type { ReadStream, WriteStream } from "node:tty"

const ENTER = "\u001b[?1049h\u001b[?25l"
const LEAVE = "\u001b[?25h\u001b[?1049l"
const HOME = "\u001b[H"
const REST_OF_LINE = "\u001b[K"
const REST_OF_SCREEN = "\u001b[J"

export class Terminal {
  private readonly input: ReadStream
  private readonly output: WriteStream
  private last = ""

  constructor(input: ReadStream, output: WriteStream, onKey: (key: string) => void) {
    this.input = input
    this.output = output
    output.write(ENTER)
    input.setRawMode(true)
    input.setEncoding("utf8")
    input.on("data", (keys: string) => {
      for (const key of keys) onKey(key)
    })
    input.resume()
  }

  /** A terminal that does not know its size says 0. */
  get columns(): number {
    return this.output.columns || 80
  }

  get rows(): number {
    return this.output.rows || 24
  }

  draw(lines: ReadonlyArray<string>): void {
    const text = HOME + lines.map((line) => line + REST_OF_LINE).join("\r\n") + REST_OF_SCREEN
    if (text === this.last) return
    this.last = text
    this.output.write(text)
  }

  close(): void {
    this.input.setRawMode(false)
    this.input.pause()
    this.output.write(LEAVE)
  }
}
