/**
 * Paints lines on a terminal: in place on a TTY, as calm plain lines otherwise. Colours follow NO_COLOR and FORCE_COLOR
 * through node:util's styleText.
 */
import { styleText } from "node:util"
import { type DemoState, frame, type Line, plainLine, type Tone } from "./view.ts"

/** Without a terminal one line this often is enough to follow along. */
const PLAIN_EVERY_MS = 3_000

const styles: { readonly [tone in Tone]: Parameters<typeof styleText>[0] | null } = {
  plain: null,
  dim: "gray",
  strong: "bold",
  title: ["bold", "cyan"],
  good: "green",
  warn: "yellow",
  bad: ["bold", "red"],
  live: "cyan",
}

/** Where the demo writes; `process.stdout` or anything like it. */
export type Out = NodeJS.WritableStream & { readonly isTTY?: boolean }

export class Terminal {
  private readonly out: Out
  private readonly quiet: boolean
  private shownLines = 0
  private lastPlainMs = Number.NEGATIVE_INFINITY
  private lastStage = ""

  constructor(out: Out, quiet: boolean) {
    this.out = out
    this.quiet = quiet
  }

  private get live(): boolean {
    return this.out.isTTY === true && !this.quiet
  }

  paint(line: Line): string {
    return line
      .map(({ text, tone }) => {
        const style = styles[tone]
        return style === null || text === "" ? text : styleText(style, text, { stream: this.out })
      })
      .join("")
  }

  /** Shows the state: redraws the view on a TTY, now and then a line elsewhere. */
  show(state: DemoState): void {
    if (this.quiet) return
    if (this.live) {
      this.redraw(frame(state))
      return
    }
    if (state.stage === this.lastStage && state.elapsedMs - this.lastPlainMs < PLAIN_EVERY_MS) return
    this.lastPlainMs = state.elapsedMs
    this.lastStage = state.stage
    this.out.write(`${plainLine(state)}\n`)
  }

  /** Something that happened; on a TTY the view itself lists it. */
  tell(text: string): void {
    if (!this.quiet && !this.live) this.out.write(`      ${text}\n`)
  }

  /** Lines that stay. */
  print(lines: ReadonlyArray<Line>): void {
    if (this.quiet) return
    this.release()
    this.out.write(`\n${lines.map((line) => this.paint(line)).join("\n")}\n`)
  }

  /** Leaves the view where it is and gives the cursor back. */
  release(): void {
    if (this.shownLines > 0) this.out.write("\u001b[?25h\u001b[?7h")
    this.shownLines = 0
  }

  private redraw(lines: ReadonlyArray<Line>): void {
    // Cursor hidden and wrapping off while the view lives: a narrow window cuts lines instead of tearing the picture.
    const up = this.shownLines > 0 ? `\u001b[${this.shownLines}A` : "\u001b[?25l\u001b[?7l"
    this.out.write(`${up}${lines.map((line) => `\u001b[2K${this.paint(line)}`).join("\n")}\n`)
    this.shownLines = lines.length
  }
}
