/** A screen that is drawn while a person looks at it, and again at each key and each change of size. */
import type { ReadStream, WriteStream } from "node:tty"
import { type Styles, stylesFor } from "../output.ts"
import { Terminal } from "./Terminal.ts"

/** What fits on a terminal of this size, as lines. */
export type Drawing = (columns: number, rows: number, styles: Styles) => ReadonlyArray<string>

export interface View {
  readonly draw: () => void
  readonly close: () => void
}

/** Where a person sits. */
export interface Seat {
  readonly stdin: ReadStream
  readonly stdout: WriteStream
}

const PLAIN_COLUMNS = 100
const PLAIN_ROWS = 60

/** Null where there is no terminal to draw on. */
export function openView(
  drawing: Drawing,
  onKey: (key: string) => void,
  { stdin, stdout }: Seat = process,
): View | null {
  if (!stdin.isTTY || !stdout.isTTY) return null
  const styles = stylesFor(stdout)
  const draw = (): void => terminal.draw(drawing(terminal.columns, terminal.rows, styles))
  const terminal = new Terminal(stdin, stdout, (key) => {
    onKey(key)
    draw()
  })
  stdout.on("resize", draw)
  return {
    draw,
    close: () => {
      stdout.off("resize", draw)
      terminal.close()
    },
  }
}

/** One look, for pipes and files. */
export const plainView = (drawing: Drawing): string =>
  drawing(PLAIN_COLUMNS, PLAIN_ROWS, stylesFor(process.stdout)).join("\n").trimEnd()
