/** The hashes of the four cases from a thread and from a real Chromium, for those who compare them with Node's own. */
import { once } from "node:events"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { bundle } from "../../scripts/bundle.ts"
import { launchChromium, serve } from "../../test/browser/chromium.ts"

export interface Elsewhere {
  readonly where: string
  readonly hashes: ReadonlyArray<string>
}

export async function inThread(steps: number): Promise<ReadonlyArray<Elsewhere>> {
  const found: Array<Elsewhere> = []
  for (const shared of [true, false]) {
    const worker = new Worker(new URL("./hashThread.ts", import.meta.url), { workerData: { steps, shared } })
    const [hashes] = (await once(worker, "message")) as [ReadonlyArray<string>]
    await worker.terminate()
    found.push({ where: `a thread, ${shared ? "shared" : "plain"} memory`, hashes })
  }
  return found
}

/** What the bundle below puts on the page. */
declare const hashes: (steps: number, shared: boolean) => ReadonlyArray<string>
declare const crossOriginIsolated: boolean

/** With cross-origin isolation over shared memory, without it over plain memory. */
export async function inChromium(steps: number): Promise<ReadonlyArray<Elsewhere>> {
  const cases = join(import.meta.dirname, "cases.ts")
  const [entry] = await bundle(`import { hashes } from ${JSON.stringify(cases)}\nglobalThis.hashes = hashes`)
  const browser = await launchChromium()
  const found: Array<Elsewhere> = []
  try {
    for (const isolated of [true, false]) {
      const served = await serve({
        isolated,
        files: {
          "/": {
            type: "text/html",
            body: `<!doctype html><title>t</title><script type="module" src="/e.js"></script>`,
          },
          "/e.js": { type: "text/javascript", body: entry.code },
        },
      })
      try {
        const page = await browser.newPage()
        await page.goto(served.url)
        const [given, is] = await page.evaluate(
          ([steps, shared]) => [hashes(steps as number, shared as boolean), crossOriginIsolated] as const,
          [steps, isolated],
        )
        if (is !== isolated) throw new Error(`the page is ${is ? "" : "not "}isolated`)
        found.push({
          where: `Chromium, ${isolated ? "isolated, shared" : "not isolated, plain"} memory`,
          hashes: given,
        })
        await page.close()
      } finally {
        await served.close()
      }
    }
  } finally {
    await browser.close()
  }
  return found
}
