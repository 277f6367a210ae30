/**
 * Measures the service on a grid of configurations, without the engine: how docs/explanation/demo.md knows where the
 * optimum lies.
 *
 *   node examples/demo/sweep.ts --load second --maxInFlight 16,48,128 --batchWindowMs 1,3,8 --cacheTtlMs 40,100,250
 *
 * `--load first` is the load that the demo begins with, `second` the one it ends with; `--ms` is the time per point.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { Child } from "./Child.ts"
import { type KnobValues, startingValues } from "./knobs.ts"
import type { LoadChannel, PlantChannel } from "./protocol.ts"
import { firstLoad, secondLoad } from "./run.ts"
import { number } from "./view.ts"

const { values: options } = parseArgs({
  options: {
    load: { type: "string", default: "second" },
    ms: { type: "string", default: "1500" },
    maxInFlight: { type: "string", default: String(startingValues.maxInFlight) },
    batchWindowMs: { type: "string", default: String(startingValues.batchWindowMs) },
    cacheTtlMs: { type: "string", default: String(startingValues.cacheTtlMs) },
  },
})
const numbers = (text: string): ReadonlyArray<number> => text.split(",").map(Number)
const grid: ReadonlyArray<KnobValues> = numbers(options.maxInFlight).flatMap((maxInFlight) =>
  numbers(options.batchWindowMs).flatMap((batchWindowMs) =>
    numbers(options.cacheTtlMs).map((cacheTtlMs) => ({ maxInFlight, batchWindowMs, cacheTtlMs })),
  ),
)

const plant = new Child<PlantChannel>("plant")
const load = new Child<LoadChannel>("load")
const [{ url }] = await Promise.all([plant.ask(null, "listening"), load.ask(null, "ready")])
load.send({ kind: "load", url, phase: firstLoad, seed: 1 })
if (options.load === "second") load.send({ kind: "load", url, phase: secondLoad, seed: 2 })
await sleep(3_000)

process.stdout.write(
  "| in flight | window ms | ttl ms | cost ms | wait ms | age ms | p99 ms | answers/s | hits | per statement |\n",
)
process.stdout.write(`|${"---:|".repeat(10)}\n`)
for (const values of grid) {
  await plant.ask({ kind: "hold", values }, "held")
  await sleep(Math.max(400, values.cacheTtlMs * 2))
  await plant.ask({ kind: "counts" }, "counted")
  load.send({ kind: "measureBegin" })
  await sleep(Number(options.ms))
  const { measurement } = await load.ask({ kind: "measureEnd" }, "measured")
  const { counts } = await plant.ask({ kind: "counts" }, "counted")
  const { costMs, latencyMs, ageMs, p99Ms, perSecond } = measurement
  const cells = [
    values.maxInFlight,
    values.batchWindowMs,
    values.cacheTtlMs,
    costMs,
    latencyMs,
    ageMs,
    p99Ms,
    perSecond,
    counts.hitRatio,
    counts.requestsPerStatement,
  ]
  process.stdout.write(`| ${cells.map(number).join(" | ")} |\n`)
}
await Promise.all([plant.end({ kind: "end" }), load.end({ kind: "end" })])
