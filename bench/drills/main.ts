/**
 * `npm run drills -- --rounds 10`: in turns a runner is killed, frozen for longer than its locks live, and told to stop, and the way to a
 * gateway is cut, loses everything, and is slow; at the end the database is frozen. Prints how long it took until replicas had another
 * owner, and what must be 0. Ends with 1 where that is not so.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { readOptions, refuse, whole } from "../../scripts/options.ts"
import { Drill } from "./Drill.ts"
import { DRILL_LEASE_MS } from "./orders.ts"

const USAGE = `npm run drills -- [options]

Three runners over a real PostgreSQL (Debian's package postgresql). It ends with 1 where a number that must be 0 is not.

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
const drill = await new Drill(locks).start()
const FAULTS = ["SIGKILL", "SIGSTOP", "SIGTERM"] as const
const times: Record<(typeof FAULTS)[number], Array<number>> = { SIGKILL: [], SIGSTOP: [], SIGTERM: [] }
const GATEWAY_FAULTS = ["cut", "drops", "delays"] as const
const GATEWAY_MS = 4000
let gapMs = 0
try {
  await drill.settled()
  for (let round = 0; round < rounds; round++) {
    for (const fault of FAULTS) times[fault].push(await drill.turn(fault, expirationMs))
    for (const fault of GATEWAY_FAULTS)
      gapMs = Math.max(gapMs, await drill.gateway(fault, round % 3, GATEWAY_MS))
  }
  const frozen = await drill.freezeDatabase(2 * expirationMs)
  await sleep(1000)
  const counts = await drill.counts()
  const worst = (fault: (typeof FAULTS)[number]): number => Math.round(Math.max(...times[fault]))
  const report = {
    rounds,
    expirationMs,
    killMs: worst("SIGKILL"),
    freezeMs: worst("SIGSTOP"),
    stopMs: worst("SIGTERM"),
    gatewayGapMs: Math.round(gapMs),
    databaseBackMs: Math.round(frozen.backMs),
    answeredWithoutDatabase: frozen.answered,
    ...counts,
  }
  process.stdout.write(
    values.json
      ? `${JSON.stringify(report)}\n`
      : Object.entries(report)
          .map(([name, value]) => `${name.padEnd(20)} ${value}\n`)
          .join(""),
  )
  // Without the self-fence there must be stale writes for SQL to refuse: otherwise the drill shows nothing.
  const broken =
    counts.commandsLost + counts.commandsTwice + counts.recordsBroken > 0 ||
    counts.longestOffMs > 1.2 * DRILL_LEASE_MS ||
    (locks.selfFence ? counts.answersOfTwoOwners + frozen.answered > 0 : counts.fencedWrites === 0)
  process.exitCode = broken ? 1 : 0
} finally {
  await drill.stop()
}
process.exit()
