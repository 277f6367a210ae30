/** A window that closed with a loss, as the machines are told of it. */
import type { Window } from "../../src/domain/Window.ts"

export const windowOf = (generation: number, loss: number, own: Partial<Window> = {}): Window => ({
  index: 0,
  generation,
  openedUs: 0,
  closedUs: 0,
  count: 5,
  objective: loss,
  loss,
  constraintMargin: null,
  latencyP99Us: null,
  throughputRps: null,
  errorRate: null,
  extras: [null, null, null, null],
  trend: [5, 0, loss, 0, 0, 0],
  rejected: { invalid: 0, wrongGeneration: 0, settling: 0, tooOld: 0 },
  status: "closed",
  ...own,
})
