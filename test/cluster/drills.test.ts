/**
 * The short form of `npm run drills`: three runners over a real PostgreSQL, one killed, one frozen for longer than its locks live, one told
 * to stop, one cut off from the database, the database frozen, one gateway cut off. And owners without the self-fence, so that the fence of SQL has something to refuse.
 */
import { expect, it } from "vitest"
import { Drill } from "../../bench/drills/Drill.ts"
import { DRILL_LEASE_MS, MEASURE_MS } from "../../bench/drills/orders.ts"
import { ownerSpans } from "../../src/studio/server/ownerSpans.ts"

const EXPIRATION_MS = 4500
const LOCKS = { expirationMs: EXPIRATION_MS, refreshMs: EXPIRATION_MS / 3 }
/** What must be 0, whatever happens to owners. */
const NOTHING_LOST = { commandsLost: 0, commandsTwice: 0, olderTaken: 0, recordsBroken: 0 }

it("gives tuners another owner through a kill, a freeze, a stop and a cut to its database, and after a frozen database, with never two of them, no command lost or done twice and whole records", async () => {
  const drill = await new Drill(LOCKS).start()
  try {
    await drill.settled()
    for (const fault of ["SIGKILL", "SIGSTOP", "SIGTERM", "cutOff"] as const)
      await drill.turn(fault, EXPIRATION_MS)
    // Who cannot be confirmed falls silent before another one could be.
    expect((await drill.freezeDatabase(2 * EXPIRATION_MS)).answered).toBe(0)
    await drill.gateway("cut", 0, 1000)
    const { commands, keyRecords, longestOffMs, ...counts } = await drill.counts()
    expect(drill.broken).toEqual([])
    expect(counts).toMatchObject({ ...NOTHING_LOST, answersOfTwoOwners: 0, keysWithoutRecords: 0 })
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
    expect(longestOffMs).toBeGreaterThan(0)
    expect(longestOffMs).toBeLessThanOrEqual(DRILL_LEASE_MS + 2 * MEASURE_MS)
  } finally {
    await drill.stop()
  }
}, 200_000)

it("has SQL refuse what owners without the self-fence write after they were frozen, and replicas take none of their values", async () => {
  const drill = await new Drill({ ...LOCKS, selfFence: false }).start()
  try {
    await drill.settled()
    await drill.turn("SIGSTOP", EXPIRATION_MS)
    await drill.refusedWrites(30_000)
    const { fencedWrites, ...counts } = await drill.counts()
    expect(drill.broken).toEqual([])
    expect(counts).toMatchObject(NOTHING_LOST)
    expect(fencedWrites).toBeGreaterThan(0)
  } finally {
    await drill.stop()
  }
}, 120_000)
