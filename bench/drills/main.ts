/**
 * `npm run drills -- --rounds 10`: in turns a runner is killed, frozen for longer than its locks live, and told to stop, and the way to a
 * gateway is cut, loses everything, and is slow; at the end the database is frozen. Prints how long it took until replicas had another
 * owner, and what must be 0. Ends with 1 where that is not so. A round that fails is counted, and the next one begins with new processes and
 * a new database: a hundred rounds run through a night.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { readOptions, refuse, whole } from "../../scripts/options.ts"
import { messageOf } from "../../src/system/messageOf.ts"
import { Drill, type DrillCounts } from "./Drill.ts"
import { DRILL_LEASE_MS } from "./orders.ts"

const USAGE = `npm run drills -- [options]

Three runners over a real PostgreSQL (Debian's package postgresql). It ends with 1 where a number that must be 0 is not.
A round takes about five times as long as a lock outlives its runner, and half a minute. Each is told on standard error.

  --rounds N         each of the faults so many times (10)
  --expiration-ms N  how long a lock outlives its runner, 1500 to 15000 (15000)
  --no-self-fence    owners that were frozen go on until SQL refuses them: there must be such writes
  --json             print one line of JSON`

const values = readOptions(USAGE, {
  rounds: { type: "string", default: "10" },
  "expiration-ms": { type: "string", default: "15000" },
  "no-self-fence": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
})
const expirationMs = whole("expiration-ms", values["expiration-ms"], 1500)
if (expirationMs > 15_000) refuse(`--expiration-ms wants at most 15000, not ${expirationMs}.`)
const rounds = whole("rounds", values.rounds)
const locks = { expirationMs, refreshMs: expirationMs / 3, selfFence: !values["no-self-fence"] }
const FAULTS = ["SIGKILL", "SIGSTOP", "SIGTERM"] as const
const times: Record<(typeof FAULTS)[number], Array<number>> = { SIGKILL: [], SIGSTOP: [], SIGTERM: [] }
const GATEWAY_FAULTS = ["cut", "drops", "delays"] as const
const GATEWAY_MS = 4000
/** A round that has not ended by then has failed. */
const ROUND_MS = 120_000 + 20 * expirationMs
const counted: Array<DrillCounts> = []
const failures: Array<string> = []
let gapMs = 0
let frozen: Awaited<ReturnType<Drill["freezeDatabase"]>> | null = null

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
  for (const fault of FAULTS) times[fault].push(await drill.turn(fault, expirationMs))
  for (const fault of GATEWAY_FAULTS)
    gapMs = Math.max(gapMs, await drill.gateway(fault, round % 3, GATEWAY_MS))
  await drill.checkCommands()
}

/** Whether all of it went as it should; what failed is kept, and the counts with it. */
async function attempt(drill: Drill, what: string, work: Promise<void>): Promise<boolean> {
  try {
    await within(ROUND_MS, work)
    return true
  } catch (cause) {
    failures.push(`${what}: ${messageOf(cause)}`)
    process.stderr.write(`${what} failed: ${messageOf(cause)}\n`)
    return false
  }
}

/** Its counts, and its end. */
async function finish(drill: Drill): Promise<void> {
  try {
    counted.push(await within(ROUND_MS, drill.counts()))
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
    const [killed, froze, stopped] = FAULTS.map((fault) => seconds(times[fault].at(-1)))
    process.stderr.write(
      `${what}: another owner ${killed} after a kill, ${froze} a freeze, ${stopped} a stop\n`,
    )
  } else {
    await finish(drill)
    drill = await begun()
  }
}
await attempt(
  drill,
  "freezing the database",
  drill.freezeDatabase(2 * expirationMs).then((found) => void (frozen = found)),
)
await sleep(1000)
await finish(drill)

const sum = (name: keyof DrillCounts): number => counted.reduce((total, one) => total + one[name], 0)
const worst = (fault: (typeof FAULTS)[number]): number => Math.round(Math.max(0, ...times[fault]))
const { backMs, answered } = frozen ?? { backMs: Number.NaN, answered: 0 }
const report = {
  rounds,
  roundsFailed: failures.length,
  expirationMs,
  killMs: worst("SIGKILL"),
  freezeMs: worst("SIGSTOP"),
  stopMs: worst("SIGTERM"),
  gatewayGapMs: Math.round(gapMs),
  databaseBackMs: Math.round(backMs),
  answeredWithoutDatabase: answered,
  answersOfTwoOwners: sum("answersOfTwoOwners"),
  commands: sum("commands"),
  commandsLost: sum("commandsLost"),
  commandsTwice: sum("commandsTwice"),
  recordsBroken: sum("recordsBroken"),
  keyRecords: sum("keyRecords"),
  fencedWrites: sum("fencedWrites"),
  longestOffMs: Math.max(0, ...counted.map(({ longestOffMs }) => longestOffMs)),
}
process.stdout.write(
  values.json
    ? `${JSON.stringify({ ...report, failures })}\n`
    : Object.entries(report)
        .map(([name, value]) => `${name.padEnd(24)} ${value}\n`)
        .join("") + failures.map((failure) => `${failure}\n`).join(""),
)
// Without the self-fence there must be stale writes for SQL to refuse: otherwise the drill shows nothing.
const broken =
  failures.length + report.commandsLost + report.commandsTwice + report.recordsBroken > 0 ||
  report.longestOffMs > 1.2 * DRILL_LEASE_MS ||
  (locks.selfFence ? report.answersOfTwoOwners + answered > 0 : report.fencedWrites === 0)
process.exit(broken ? 1 : 0)
