/** A regime that was stored and never met again, for tests to begin with. */
import type { Regime } from "../../src/control/relocationTypes.ts"

type Own = Pick<Regime, "id" | "unit" | "fingerprint"> & Partial<Regime>

export const freshRegime = (own: Own): Regime => ({
  loss: { mean: 1, variance: 0.01 },
  cycles: 9,
  kept: 0,
  lost: 0,
  contradicted: 0,
  storedUs: 0,
  metUs: 0,
  retryUs: 0,
  ...own,
})
