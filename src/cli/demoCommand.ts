/** `arqon demo`: a real HTTP service on this machine, tuned under real load, and measured before and after. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runDemo } from "../../examples/demo/run.ts"
import { Terminal } from "../../examples/demo/terminal.ts"
import { EXIT, type ExitCode } from "./exitCodes.ts"
import { openInBrowser } from "./openInBrowser.ts"
import { print } from "./output.ts"
import { onSignals } from "./signals.ts"

export interface DemoFlags {
  readonly seconds: number
  readonly seed: number
  readonly json: boolean
  readonly noLoadChange: boolean
  readonly open: boolean
}

export async function demoCommand({ noLoadChange, open, ...flags }: DemoFlags): Promise<ExitCode> {
  const stop = new AbortController()
  const signals = onSignals(() => {
    // The second one does not wait for anybody: the children end by themselves when their parent has gone.
    if (stop.signal.aborted) process.exit(EXIT.interrupted)
    stop.abort()
  })
  let browser: { readonly forget: () => void } | null = null
  try {
    return await runDemo(
      { ...flags, loadChange: !noLoadChange, studio: open },
      mkdtempSync(join(tmpdir(), "arqon-demo-")),
      {
        terminal: new Terminal(process.stdout, flags.json),
        writeLine: print,
        openStudio: (url) => {
          browser = openInBrowser(url)
        },
      },
      stop.signal,
    )
  } finally {
    signals.off()
    ;(browser as { readonly forget: () => void } | null)?.forget()
  }
}
