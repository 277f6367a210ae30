/**
 * `npm run drills -- --rounds 13`: in turns a runner is killed, frozen for longer than its locks live, told to stop, and cut off from the
 * database, the database is frozen, and the way to a gateway is cut, loses everything, and is slow. Prints how long it took until replicas
 * had another owner, and what must be 0. Ends with 1 where a figure is outside its bounds. A round that fails is counted, and the next
 * one begins with new processes and a new database: a hundred rounds run through a night.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { readOptions, refuse, whole } from "../../scripts/options.ts"
import { messageOf } from "../../src/system/messageOf.ts"
import { Drill, type DrillCounts } from "./Drill.ts"
import { type DrillFindings, drillRows, outside } from "./drillRows.ts"
import { GATEWAY_FAULTS, OWNER_FAULTS, type OwnerFault } from "./faults.ts"

const USAGE = `npm run drills -- [options]

Three runners over a real PostgreSQL (Debian's package postgresql). A round has eight faults: an owner killed, frozen, told to stop and
cut off from the database, the database frozen, the way to a gateway cut, losing everything, and slow. It ends with 1 where a figure is
outside its bounds. A round takes about seven times as long as a lock outlives its runner, and half a minute: 13 rounds, 104 faults, take
half an hour.
Each is told on standard error.

  --rounds N         each of the faults so many times (13)
  --expiration-ms N  how long a lock outlives its runner, 1500 to 15000 (15000)
  --no-self-fence    owners that were frozen go on until SQL refuses them: there must be such writes
  --json             print one line of JSON`

const values = readOptions(USAGE, {
  rounds: { type: "string", default: "13" },
  "expiration-ms": { type: "string", default: "15000" },
  "no-self-fence": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
})
const expirationMs = whole("expiration-ms", values["expiration-ms"], 1500)
if (expirationMs > 15_000) refuse(`--expiration-ms wants at most 15000, not ${expirationMs}.`)
const rounds = whole("rounds", values.rounds)
const selfFence = !values["no-self-fence"]
const locks = { expirationMs, refreshMs: expirationMs / 3, selfFence }
const rehomedMs: Record<OwnerFault, Array<number>> = { SIGKILL: [], SIGSTOP: [], SIGTERM: [], cutOff: [] }
const frozen: Array<DrillFindings["frozen"][number]> = []
const GATEWAY_MS = 4000
/** A round that has not ended by then has failed. */
const ROUND_MS = 120_000 + 20 * expirationMs
const counts: Array<DrillCounts> = []
const failures: Array<string> = []
let gatewayGapMs = 0

const seconds = (ms: number | undefined): string => `${((ms ?? 0) / 1000).toFixed(1)} s`

async function within<A>(forMs: number, work: Promise<A>): Promise<A> {
  const late = new AbortController()
  const end = sleep(forMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`It has not ended within ${forMs / 1000} s.`)
  })
  try {
    return await Promise.race([work, end])
  } finally {
    late.abort()
    // Whichever was slower is nobody's any more.
    work.catch(() => {})
    end.catch(() => {})
  }
}

async function begun(): Promise<Drill> {
  const drill = await new Drill(locks).start()
  await within(ROUND_MS, drill.settled())
  return drill
}

async function oneRound(drill: Drill, round: number): Promise<void> {
  for (const fault of OWNER_FAULTS) rehomedMs[fault].push(await drill.turn(fault, expirationMs))
  frozen.push(await drill.freezeDatabase(2 * expirationMs))
  for (const fault of GATEWAY_FAULTS)
    gatewayGapMs = Math.max(gatewayGapMs, await drill.gateway(fault, round % 3, GATEWAY_MS))
  await drill.checkCommands()
}

/** Whether all of it went as it should; what failed is kept, and the counts with it. */
async function attempt(drill: Drill, what: string, work: Promise<void>): Promise<boolean> {
  try {
    await within(ROUND_MS, work)
    return true
  } catch (cause) {
    failures.push(`${what}: ${messageOf(cause)}`)
    process.stderr.write(`${what} failed: ${messageOf(cause)}\n${await drill.standing()}\n`)
    return false
  }
}

/** Its counts, and its end. */
async function finish(drill: Drill): Promise<void> {
  try {
    counts.push(await within(ROUND_MS, drill.counts()))
  } catch (cause) {
    failures.push(`counting: ${messageOf(cause)}`)
  }
  failures.push(...drill.broken)
  await within(ROUND_MS, drill.stop()).catch(() => {})
}

let drill = await begun()
for (let round = 0; round < rounds; round++) {
  const what = `round ${round + 1} of ${rounds}`
  if (await attempt(drill, what, oneRound(drill, round))) {
    const [killed, froze, stopped, cutOff] = OWNER_FAULTS.map((fault) => seconds(rehomedMs[fault].at(-1)))
    const back = seconds(frozen.at(-1)?.backMs)
    process.stderr.write(
      `${what}: another owner ${killed} after a kill, ${froze} a freeze, ${stopped} a stop, ${cutOff} without the database; back ${back} after the database\n`,
    )
  } else {
    await finish(drill)
    drill = await begun()
  }
}
await finish(drill)

const rows = drillRows({ rounds, expirationMs, selfFence, failures, rehomedMs, frozen, gatewayGapMs, counts })
const wrong = outside(rows)
if (values.json)
  process.stdout.write(`${JSON.stringify({ rounds, expirationMs, selfFence, rows, failures })}\n`)
else
  for (const { what, value, unit, most, least } of rows) {
    const bound = most === undefined ? (least === undefined ? "" : `at least ${least}`) : `at most ${most}`
    process.stdout.write(`${what.padEnd(58)} ${`${value} ${unit}`.padEnd(10)} ${bound}`.trimEnd() + "\n")
  }
for (const one of [...failures, ...wrong.map((what) => `outside its bound: ${what}`)])
  process.stderr.write(`${one}\n`)
process.exit(wrong.length > 0 ? 1 : 0)
