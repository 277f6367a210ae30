/**
 * The engine in an Effect program: a scope owns it, its states are a stream, and its faults come up the error channel. A
 * simulated plant is tuned for three seconds.
 *
 * Run: npm run example effect
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Engine, type KnobValues } from "arqon/effect"

const tuned = Engine.layer({
  params: { quality: { min: 0, max: 1, initial: 0.9 }, depth: { min: 1, max: 32, step: 1, initial: 20 } },
  objective: "maximize",
  seed: 7,
  guardrails: "aggressive",
  window: { digests: 3, settleUs: 2_000 },
})

/** What users like: quality, until it costs frames. */
const liking = (values: KnobValues<"quality" | "depth">): number =>
  10 - 20 * (values.quality - 0.6) ** 2 - ((values.depth - 12) / 8) ** 2

/** The engine under the names of its knobs. */
const Tuned = Engine.named<"quality" | "depth">()

const plant = Effect.fn("plant")(function* () {
  const engine = yield* Tuned
  yield* Effect.forever(
    Effect.andThen(
      Effect.sleep("4 millis"),
      Effect.suspend(() => engine.observe({ objective: liking(engine.values) })),
    ),
  )
})

const reports = Effect.fn("reports")(function* () {
  const engine = yield* Tuned
  yield* engine.changes.pipe(
    Stream.filter(({ counters }) => counters.cycles % 5 === 1),
    Stream.changesWith((a, b) => a.counters.cycles === b.counters.cycles),
    Stream.runForEach(({ counters, base }) =>
      Console.log(
        `cycle ${counters.cycles}: quality ${base.quality.toFixed(2)}, depth ${base.depth}, liked ${liking(base).toFixed(2)}`,
      ),
    ),
  )
})

const program = Effect.gen(function* () {
  const engine = yield* Tuned
  yield* Console.log(`liked ${liking(engine.values).toFixed(2)} at the start`)
  // Whatever ends first ends the others; the end of the scope leaves the plant on its base.
  yield* Effect.raceFirst(
    Effect.all([plant(), reports(), engine.awaitFault], { concurrency: "unbounded", discard: true }),
    Effect.sleep("3 seconds"),
  )
  const { base, counters } = yield* engine.snapshot
  yield* Console.log(`liked ${liking(base).toFixed(2)} at the end, after ${counters.applies} applies`)
})

await Effect.runPromise(Effect.provide(program, tuned))
