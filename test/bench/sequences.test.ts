/** The short form of `npm run sequences`: an engine at the mercy of its callbacks keeps what it promises. */
import { describe, expect, it } from "vitest"
import { sequence } from "../../bench/sequences/sequence.ts"

const SEQUENCES = 250

describe("a random sequence of telemetry, deaths and commands from inside every callback", () => {
  it("keeps every promise, and is replayed byte for byte", async () => {
    const commands: Record<string, number> = {}
    let inside = 0
    let replayed = 0
    for (let seed = 0; seed < SEQUENCES; seed++) {
      const verdict = await sequence(seed)
      expect(verdict, `npm run sequences -- --from ${seed} --count 1 --trace`).toMatchObject({ breaches: [] })
      for (const [name, count] of Object.entries(verdict.commands)) {
        commands[name] = (commands[name] ?? 0) + count
      }
      inside += verdict.inside
      if (verdict.replayed) replayed++
    }
    expect(replayed).toBeGreaterThan(SEQUENCES / 2)
    expect(inside).toBeGreaterThan(SEQUENCES)
    for (const name of [
      "trip",
      "reset",
      "rollback",
      "setBaseline",
      "setGuardrails",
      "evict",
      "offer",
      "start",
      "stop",
    ])
      expect(commands[name]).toBeGreaterThan(0)
  })

  it("is reproducible from its number", async () => {
    const first = await sequence(7, true)
    expect(await sequence(7, true)).toEqual(first)
    expect(first.trace.length).toBeGreaterThan(2)
  })
})
