/**
 * `npm run bench:tensor`: a training step of four small hosts, by the SIMD module, by the plain loops of the reference and by
 * @jax-js/jax, in turns in one run. The losses are compared first. Fails where a bound of the issue is missed, with which one.
 */
import { cpus } from "node:os"
import { Arena } from "../../src/morph/tensor/Arena.ts"
import { WordHash } from "../../src/morph/tensor/fast/WordHash.ts"
import { bytesOf } from "../hot/measure.ts"
import { readOptions, whole } from "../../scripts/options.ts"
import { type Case, CASES, hashes, Training } from "./cases.ts"
import { inChromium, inThread } from "./elsewhere.ts"
import { JaxTraining } from "./jaxTraining.ts"

const HELP = `Measures a training step with Adam: SIMD, plain loops, @jax-js/jax. Needs Chromium for the last table.

USAGE
  npm run bench:tensor -- [--rounds N]

  --rounds N   Turns of every contender (default 15)
`

const options = readOptions(HELP, { rounds: { type: "string", default: "15" } })
const ROUNDS = whole("rounds", options.rounds)

/** The clock that the bounds are stated for. */
const CLOCK_GHZ = 2.1
const FASTER = 2
const HASH_WORDS = 10_000
const HASH_BOUND_US = 150
const HASHED_STEPS = 100
/** Enough that the engine compiles for good what a step calls; the slow host runs what the others have warmed. */
const BYTES_STEPS = 3000
const BYTES_STEPS_SLOW = 1000
/** The smallest thing that can be allocated takes more; below it is what the profile of the heap itself costs, over all steps. */
const LEAST_BYTES = 8

const missed: Array<string> = []
const bound = (holds: boolean, sentence: string): void => {
  if (!holds) missed.push(sentence)
}

const processorMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** By a chain of products of whole numbers, each of which takes three cycles on the processors of the last fifteen years. */
function clockGhz(): number {
  const count = 30_000_000
  let most = 0
  let x = 1
  for (let round = 0; round < 5; round++) {
    const start = processorMs()
    for (let i = 0; i < count; i++) x = Math.imul(x, 1664525)
    most = Math.max(most, (3 * count) / ((processorMs() - start) * 1e6))
  }
  if (x === 0) throw new Error("a product of odd numbers is even")
  return most
}

interface Contender {
  readonly name: string
  /** Steps in a turn: enough that the processor's clock has ticked many times. */
  readonly steps: number
  readonly step: () => void
  readonly settle: () => Promise<void>
  readonly loss: () => Promise<number>
  readonly times: Array<number>
}

const settled = async (): Promise<void> => undefined

function contendersOf(one: Case): ReadonlyArray<Contender> {
  const own = (name: string, fast: boolean, steps: number): Contender => {
    const training = new Training(one, { fast })
    return {
      name,
      steps,
      step: () => training.step(),
      settle: settled,
      loss: async () => training.loss,
      times: [],
    }
  }
  const jax = (name: string, rewritten: boolean, steps: number): Contender => {
    const training = new JaxTraining(one, rewritten)
    return {
      name,
      steps,
      step: () => training.step(),
      settle: () => training.settle(),
      loss: () => training.loss(),
      times: [],
    }
  }
  const slow = one.goalMs > 1
  return [
    own("SIMD", true, slow ? 20 : 400),
    own("plain loops", false, slow ? 1 : 5),
    jax("jax-js", false, slow ? 2 : 40),
    ...(slow ? [jax("jax-js, convolutions as products", true, 5)] : []),
  ]
}

/** The losses of the first and the twentieth step of all contenders, or an error: figures of different things say nothing. */
async function compareLosses(name: string, contenders: ReadonlyArray<Contender>): Promise<void> {
  for (const [steps, most] of [
    [1, 2e-5],
    [19, 1e-3],
  ]) {
    const losses: Array<number> = []
    for (const { step, settle, loss } of contenders) {
      for (let i = 0; i < steps; i++) step()
      await settle()
      losses.push(await loss())
    }
    const apart = Math.max(...losses.map((loss) => Math.abs(loss - losses[0]) / losses[0]))
    if (!(apart <= most)) throw new Error(`${name}: the losses are ${losses.join(", ")}`)
  }
}

/** What a step allocates: the difference between many and few, because opening a profile of the heap costs some thousand bytes. */
function bytesOfStep(step: () => void, count: number): number {
  const of = (steps: number): number =>
    steps *
    bytesOf((turns) => {
      for (let i = 0; i < turns; i++) step()
    }, steps)
  of(count)
  const few = of(count)
  return Math.max(0, of(4 * count) - few) / (3 * count)
}

const sorted = (times: ReadonlyArray<number>): ReadonlyArray<number> => times.toSorted((a, b) => a - b)
const shown = (ms: number): string => (ms < 10 ? ms.toFixed(3) : ms.toFixed(0))
const rangeOf = (times: ReadonlyArray<number>): string => {
  const all = sorted(times)
  return `${shown(all[0])}-${shown(all[all.length >> 1])}-${shown(all.at(-1) as number)}`
}

const ghz = clockGhz()
console.log(
  `${cpus()[0].model}, about ${ghz.toFixed(1)} GHz by a chain of products, Node ${process.versions.node}, @jax-js/jax 0.1.25, ${ROUNDS} rounds\n`,
)
console.log(
  `Processor time of a step in ms, least-median-most; "at ${CLOCK_GHZ} GHz" is the least, scaled by the clock.\n`,
)
console.log(
  `| case | SIMD | at ${CLOCK_GHZ} GHz | bound | bytes a step | plain loops | jax-js | jax-js / SIMD |`,
)
console.log("|---|---|---|---|---|---|---|---|")
for (const one of CASES) {
  const contenders = contendersOf(one)
  await compareLosses(one.name, contenders)
  for (let round = 0; round < ROUNDS; round++)
    for (const { steps, step, settle, times } of contenders) {
      const start = processorMs()
      for (let i = 0; i < steps; i++) step()
      await settle()
      times.push((processorMs() - start) / steps)
    }
  const [simd, plain, ...jax] = contenders
  const least = ({ times }: Contender): number => sorted(times)[0]
  const own = least(simd)
  const scaled = (own * ghz) / CLOCK_GHZ
  const best = Math.min(...jax.map(least))
  const bytes = bytesOfStep(simd.step, one.goalMs > 1 ? BYTES_STEPS_SLOW : BYTES_STEPS)
  console.log(
    `| ${one.name} | ${rangeOf(simd.times)} | ${shown(scaled)} | ${one.goalMs} | ${bytes.toFixed(2)} | ${rangeOf(plain.times)} | ${jax
      .map(({ times }) => rangeOf(times))
      .join("; as products ")} | ${jax.map((peer) => (least(peer) / own).toFixed(1)).join("; ")} |`,
  )
  bound(scaled <= one.goalMs, `${one.name}: ${shown(scaled)} ms at ${CLOCK_GHZ} GHz, above ${one.goalMs}`)
  bound(
    best >= FASTER * own,
    `${one.name}: jax-js takes ${(best / own).toFixed(1)} times as long, below ${FASTER}`,
  )
  bound(bytes < LEAST_BYTES, `${one.name}: ${bytes.toFixed(1)} bytes a step`)
}

const arena = Arena.make()
const words = arena.reserve(HASH_WORDS)
const hash = new WordHash(arena)
const into = new Uint32Array(2)
let leastUs = Number.POSITIVE_INFINITY
for (let round = 0; round < 20; round++) {
  const start = processorMs()
  for (let i = 0; i < 500; i++) hash.read(words, HASH_WORDS, into)
  leastUs = Math.min(leastUs, ((processorMs() - start) * 1000) / 500)
}
console.log(`\nThe hash of ${HASH_WORDS} words: ${leastUs.toFixed(1)} us (bound ${HASH_BOUND_US}).`)
bound(leastUs <= HASH_BOUND_US, `the hash takes ${leastUs.toFixed(0)} us`)

const own = hashes(HASHED_STEPS, false)
console.log(`\nThe hash of parameters, gradients and moments after ${HASHED_STEPS} steps:\n`)
console.log(`| where | ${CASES.map(({ name }) => name.split(",")[0]).join(" | ")} |\n|---|---|---|---|---|`)
console.log(`| Node, plain memory | ${own.join(" | ")} |`)
for (const { where, hashes } of [...(await inThread(HASHED_STEPS)), ...(await inChromium(HASHED_STEPS))]) {
  console.log(`| ${where} | ${hashes.join(" | ")} |`)
  bound(hashes.join() === own.join(), `${where} ends with other bits than Node`)
}

if (missed.length > 0) {
  console.error(`\nMissed:\n${missed.map((sentence) => `- ${sentence}`).join("\n")}`)
  process.exitCode = 1
}
process.exit()
