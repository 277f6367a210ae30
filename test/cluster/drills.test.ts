/** The short form of `npm run drills`: three runners over a real PostgreSQL, one killed, one frozen for longer than its locks live, one told to stop, one gateway cut off. */
import { expect, it } from "vitest"
import { Drill } from "../../bench/drills/Drill.ts"
import { DRILL_LEASE_MS } from "../../bench/drills/orders.ts"
import { ownerSpans } from "../../src/studio/server/ownerSpans.ts"

const EXPIRATION_MS = 4500

it("gives tuners another owner through a kill, a freeze and a stop, with never two of them, no command lost or done twice and whole records", async () => {
  const drill = await new Drill({ expirationMs: EXPIRATION_MS, refreshMs: EXPIRATION_MS / 3 }).start()
  try {
    await drill.settled()
    for (const fault of ["SIGKILL", "SIGSTOP", "SIGTERM"] as const) await drill.turn(fault, EXPIRATION_MS)
    await drill.gateway("cut", 0, 1000)
    const { commands, keyRecords, longestOffMs, ...counts } = await drill.counts()
    expect(counts).toMatchObject({
      answersOfTwoOwners: 0,
      commandsLost: 0,
      commandsTwice: 0,
      recordsBroken: 0,
    })
    expect(commands).toBeGreaterThan(0)
    expect(keyRecords).toBeGreaterThan(0)
    // Who looks back sees every owner once, and how each began. A runner that comes back takes tuners over, so some moved besides.
    const seen = new Set<string>()
    for (const { turns, nowMs, now } of await drill.histories()) {
      const spans = ownerSpans({ turns, nowMs })
      for (const [i, { began, fromMs }] of spans.entries()) {
        seen.add(began)
        if (i === 0) continue
        expect(spans[i - 1].untilMs).toBeLessThanOrEqual(fromMs)
        if (turns[i - 1].endedMs !== null) expect(began).toBe("wentOn")
      }
      expect(spans.at(-1)?.untilMs).toBeNull()
      expect(spans.at(-1)?.epoch).toBeGreaterThanOrEqual(now)
    }
    expect(seen).toEqual(new Set(["first", "baseline", "wentOn"]))
    // A busy machine looks at the time late.
    expect(longestOffMs).toBeLessThan(2 * DRILL_LEASE_MS)
  } finally {
    await drill.stop()
  }
}, 170_000)
