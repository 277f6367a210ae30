/**
 * Variants of one thing: three codecs are drafted, measured and approved by somebody else; a bandit chooses among them while a
 * simulated service runs, one turns out to break a constraint and is left at once. The catalogue says why, step by step.
 *
 * Run: npm run example variants
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createVariantCatalogue, VariantError, VariantSelector } from "arqon"
import { gaussianAt } from "arqon/testing"

const state = mkdtempSync(join(tmpdir(), "arqon-variants-"))
const catalogue = await createVariantCatalogue({ state })

/** What nobody knows yet: milliseconds an answer, and how often one fails after minute ten. */
const truth: Readonly<Record<string, { readonly ms: number; readonly errors: number }>> = {
  gzip: { ms: 20, errors: 0 },
  zstd: { ms: 14, errors: 0 },
  brotli: { ms: 12, errors: 0.05 },
}

for (const name of Object.keys(truth)) {
  await catalogue.draft(
    name,
    {
      values: { codec: name },
      constraints: [{ channel: "errorRate", of: "outcome", atMost: 0.01 }],
      rollback: { to: "previous", afterBreaches: 2, quarantineUs: 3_600_000_000 },
    },
    { by: "ada", why: "answers are too large" },
  )
  const evidence = {
    source: "replay of Monday",
    mean: 16,
    standardError: 3,
    readings: 20,
    constraintsHeld: true,
  }
  await catalogue.evaluate(name, evidence, { by: "ada", why: "ready for a look" })
}
// Whoever wrote a variant cannot approve it.
await catalogue.approve("gzip", { by: "ada", why: "it is mine" }).catch((error: unknown) => {
  if (error instanceof VariantError) console.log(error.message)
})
for (const name of Object.keys(truth)) await catalogue.approve(name, { by: "bob", why: "evidence is sound" })
await catalogue.promote("gzip", { by: "bob", why: "runs already" })

const selector = new VariantSelector({ seed: 1 })
const share: Record<string, number> = {}
const windows = 7_200
for (let window = 0; window < windows; window++) {
  const nowUs = window * 500_000
  const offered = await catalogue.selectable()
  const { action, to, reason } = selector.select(offered, {}, nowUs)
  if (action === "rollback") console.log(`minute ${(nowUs / 6e7).toFixed(1)}: back to ${to} (${reason})`)
  const live = to ?? "none"
  share[live] = (share[live] ?? 0) + 1 / windows
  const { ms, errors } = truth[live]
  const errorRate = nowUs > 600e6 ? errors : 0
  const loss = ms + 2 * gaussianAt(7, window)
  selector.observe({ variant: live, loss, channels: { errorRate }, nowUs }, offered)
  if (action !== "rollback") continue
  // What happened becomes evidence, and takes the approval away.
  const evidence = { source: "live", mean: ms, standardError: 0.1, readings: 500, constraintsHeld: false }
  await catalogue.evaluate("brotli", evidence, { by: "selector", why: reason })
}
for (const [name, part] of Object.entries(share))
  console.log(`${name}: ${(100 * part).toFixed(0)} % of the windows`)
for (const { action, from, to, by, why } of await catalogue.history("brotli"))
  console.log(`brotli ${action}: ${from ?? "nothing"} to ${to}, by ${by}: ${why}`)
await catalogue.close()
rmSync(state, { recursive: true })
