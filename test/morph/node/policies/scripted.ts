/** Does at each boundary what its number says; see `policyThread.test.ts`. */
import type { PolicyCommand } from "../../../../src/morph/policy/PolicyCommand.ts"
import type { PolicyPacket } from "../../../../src/morph/policy/PolicyPacket.ts"

export const THROW = 2
export const PROMISE = 3
export const NONSENSE = 4
export const FUNCTION = 5
export const LONG = 6
export const NAN = 7
export const EXIT = 8
export const SPIN = 9
const SPIN_MS = 60_000

export function policy({ boundary, hostLoss }: PolicyPacket): unknown {
  const pause = (why: string): PolicyCommand => ({ type: "pause", boundaries: 1, why })
  if (boundary === THROW) throw new Error("no idea")
  if (boundary === PROMISE) return Promise.resolve(null)
  if (boundary === NONSENSE) return { type: "pause", boundaries: -1, why: "x" }
  if (boundary === FUNCTION) return { ...pause("x"), act: () => {} }
  if (boundary === LONG) return pause("x".repeat(100_000))
  if (boundary === NAN) return pause(`loss ${hostLoss}`)
  if (boundary === EXIT) process.exit()
  // Long enough that no machine takes it for an answer in time, and with an end: a deadline that nobody keeps is then a wrong answer.
  if (boundary === SPIN) for (const end = performance.now() + SPIN_MS; performance.now() < end; );
  return pause(`boundary ${boundary}`)
}
