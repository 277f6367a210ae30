/** What a report costs the owner, with few and with many replicas: read, counted, decided on and answered, without a transport. */
import { TunerHost } from "../../src/replica/TunerHost.ts"
import { type Answer, PROTOCOL } from "../../src/cohort/protocol.ts"
import { knobHash } from "../../src/cohort/knobHash.ts"

const REPORT_US = 500_000
/** Rounds of reports of all replicas; the first ones compile the code. */
const WARM_UP = 20
const ROUNDS = 60

/** Microseconds of the owner's thread for a report, mean of the rounds after the first. */
export function reportUs(replicas: number): number {
  const host = new TunerHost({
    name: "bench",
    engine: {
      clock: "manual",
      params: { a: { min: 0, max: 100, initial: 20 }, b: { min: 0, max: 100, initial: 80 } },
    },
  })
  host.start(0)
  const table = knobHash(host.settings.space)
  const at = Array.from({ length: replicas }, (): Answer["at"] => [0, 0])
  let spentMs = 0
  for (let round = 0; round < WARM_UP + ROUNDS; round++)
    for (let i = 0; i < replicas; i++) {
      const mean = 1 + Math.sin(i * round)
      const window = { at: at[i], n: 20, sum: 20 * mean, sum2: 20 * mean * mean + 1, errors: 0 }
      const report = {
        protocol: PROTOCOL,
        tuner: "bench",
        replica: `replica-${i}`,
        boot: `boot-${i}`,
        seq: round,
        table,
        at: at[i],
        windows: [window],
      }
      const nowUs = Math.floor((round + i / replicas) * REPORT_US)
      const began = performance.now()
      const { status, body } = host.hear(report, nowUs)
      if (round >= WARM_UP) spentMs += performance.now() - began
      if (status !== 200 || !("at" in body)) throw new Error(`A report was refused: ${JSON.stringify(body)}`)
      at[i] = body.at
    }
  return (1000 * spentMs) / (ROUNDS * replicas)
}
