/** The emergency word: an alarm is seen by every holder of the memory, only rises, and is not lost while another is cleared. */
import { describe, expect, it } from "vitest"
import { EMERGENCY_BYTES, EmergencyWord } from "../../../src/morph/training/EmergencyWord.ts"

const quiet = { level: "unknown", reason: "unknown", epoch: 0, count: 0 }

describe("the emergency word", () => {
  it("is seen by whoever looks at the same memory", () => {
    const shared = new Int32Array(new SharedArrayBuffer(EMERGENCY_BYTES))
    const [one, other] = [new EmergencyWord(shared), new EmergencyWord(shared)]
    expect(other.read()).toEqual(quiet)
    expect(one.raise("conservative", "lossPanic", 12)).toBe(true)
    expect(other.read()).toEqual({ level: "conservative", reason: "lossPanic", epoch: 12, count: 1 })
  })

  it("does not fall, and counts what changed nothing", () => {
    const word = new EmergencyWord()
    word.raise("halt", "rollbackSlow", 5)
    expect(word.raise("notice", "policyLate", 6)).toBe(false)
    expect(word.raise("halt", "nan", 7)).toBe(false)
    expect(word.read()).toEqual({ level: "halt", reason: "rollbackSlow", epoch: 5, count: 3 })
  })

  it("is cleared only as it was seen", () => {
    const word = new EmergencyWord()
    word.raise("notice", "policyLate", 1)
    const seen = word.read()
    word.raise("halt", "isolation", 2)
    expect(word.clear(seen)).toBe(false)
    expect(word.read().level).toBe("halt")
    expect(word.clear(word.read())).toBe(true)
    expect(word.read()).toMatchObject({ level: "unknown", reason: "unknown" })
  })
})
