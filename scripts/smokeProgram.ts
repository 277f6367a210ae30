/**
 * What `npm run smoke:bun` and `npm run smoke:deno` run, in those runtimes and in Node: each part of Arqon once, a line for each. What
 * is decided is part of its line, so that the runtimes can be compared. Nothing here is a test of Arqon itself.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { createEngine, createSolver, createVariantCatalogue, rerun } from "arqon"
import { inFlightLimiter, tune } from "arqon/adapters"
import { drawSigns } from "arqon/hot"
import { replayJournal, reportText, verifyJournal } from "arqon/node"

const folder = mkdtempSync(join(tmpdir(), "arqon-smoke-"))
const params = { size: { min: 1, max: 200, initial: 160, step: 1, scale: "log" } } as const
const window = { digests: 1, settleUs: 0, us: 60_000_000 }

/** Windows of an engine whose best size is 30. */
async function tuned(options: object): Promise<string> {
  const engine = createEngine({ params, clock: "manual", seed: 1, window, ...options })
  await engine.start(0)
  for (let i = 1; i <= 3_000; i++)
    engine.observe({ objective: Math.log(engine.values.size / 30) ** 2, timestampUs: i * 200_000 })
  const { base, counters, mode } = engine.getSnapshot()
  await engine.stop()
  return `${mode}, size ${base.size}, ${counters.applies} applies, ${counters.cycles} cycles`
}

/** The command `arqon`, in the runtime that runs this. */
const arqon = (...args: ReadonlyArray<string>): string =>
  execFileSync(
    process.execPath,
    [
      ...("deno" in process.versions ? ["run", "--allow-all", "--node-modules-dir=manual"] : []),
      "node_modules/arqon/dist/src/cli/main.js",
      ...args,
    ],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  )

const PARTS: Readonly<Record<string, () => unknown>> = {
  "a tuned loop": () => tuned({}),
  "a journal on disk": async () => {
    const state = join(folder, "journal")
    const first = await tuned({ state })
    return `${first}; ${readdirSync(state)
      .filter((name) => name.endsWith(".arqj"))
      .join()}`
  },
  "the journal verified": () => {
    const { problems, status } = verifyJournal(join(folder, "journal"))
    return problems.length === 0 ? status : reportText(verifyJournal(join(folder, "journal")))
  },
  "the journal replayed": () => {
    const { decisions, verdict } = replayJournal(join(folder, "journal"))
    return `${verdict}, ${decisions} decisions`
  },
  "a second engine refused": async () => {
    const state = join(folder, "held")
    const holder = createEngine({ params, clock: "manual", state })
    await holder.start(0)
    const second = createEngine({ params, clock: "manual", state })
    const tag = await second.start(0).then(
      () => "not refused",
      (error: unknown) => (error as { _tag?: string })._tag ?? String(error),
    )
    await holder.stop()
    return tag
  },
  "arqon/hot": () => {
    const signs = new Float64Array(8)
    drawSigns(7, 3, signs.length, signs)
    return signs.join(" ")
  },
  "the solver, run again from its record": () => {
    const f = ({ x, y }: { x: number; y: number }): number => (x - 1) ** 2 + (y + 2) ** 2
    const solver = createSolver({
      seed: 1,
      budget: 80,
      bounds: { x: { min: -5, max: 5 }, y: { min: -5, max: 5 } },
    })
    for (let batch; (batch = solver.ask()) !== null; )
      solver.tell(batch.map((point) => ({ params: point, value: f(point) })))
    const { identical } = rerun(JSON.parse(JSON.stringify(solver.artifact())))
    return `${JSON.stringify(solver.best?.params)}, identical: ${identical}`
  },
  "variants in SQLite": async () => {
    const catalogue = await createVariantCatalogue({ state: join(folder, "variants") })
    await catalogue.draft("zstd", { values: { codec: "zstd" } }, { by: "ada", why: "smaller" })
    const names = (await catalogue.list()).map(({ name }) => name)
    await catalogue.close()
    return names.join()
  },
  "an engine in a worker": async () => {
    const engine = createEngine({ params, placement: "worker", seed: 1 })
    await engine.start()
    engine.observe({ objective: 1 })
    const { mode } = engine.getSnapshot()
    await engine.stop()
    return mode
  },
  "an adapter in real time": async () => {
    const limiter = inFlightLimiter({ initial: 4 })
    const { engine, stop } = await tune(limiter, { seed: 1 })
    while (engine.getSnapshot().counters.digests.valid === 0)
      await Promise.all(Array.from({ length: 4 }, () => limiter.run(() => Promise.resolve())))
    await stop()
    return "measured"
  },
  "the command, over a script": () => {
    const config = join(folder, "tune.json")
    writeFileSync(config, JSON.stringify({ seed: 42, budget: 12, bounds: { x: { min: 0, max: 10 } } }))
    const state = join(folder, "tune.state.json")
    const script = `sed 's/[^0-9.e+-]//g' | awk '{ print ($1 - 3) ^ 2 }'`
    const said = arqon("run", "--config", config, "--script", script, "--state", state, "--json")
    const { best, counts } = JSON.parse(said) as { best: object; counts: { told: number } }
    return `${JSON.stringify(best)} of ${counts.told}`
  },
  "the studio": async () => {
    const engine = createEngine({ params, seed: 1 })
    await engine.start()
    const studio = await engine.studio({ port: 0 })
    const page = await fetch(studio.url)
    await studio.stop()
    await engine.stop()
    return `${page.status}, ${/<title>.*<\/title>/.exec(await page.text())?.[0]}`
  },
}

let failed = 0
for (const [name, part] of Object.entries(PARTS)) {
  try {
    console.log(`${name}: ${String(await part())}`)
  } catch (error) {
    failed++
    console.log(`${name}: FAILED ${String(error)}`)
  }
}
rmSync(folder, { recursive: true, force: true })
process.exitCode = failed === 0 ? 0 : 1
