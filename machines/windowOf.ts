/**
 * The finished window of a hot path as a value that may travel: what an event, a log or a chart keeps of it. The hot
 * path's own accumulator is reused for the next window, so nothing may hold on to that.
 */
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_EXTRA_0,
  DIGEST_EXTRA_3,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_THROUGHPUT_RPS,
  FIRST_CHANNEL,
  INVALID,
  SETTLING,
  TOO_OLD,
  WRONG_GENERATION,
} from "../src/hot/codes.ts"
import type { HotPath } from "../src/hot/HotPath.ts"
import { WINDOW_CLOSED_US, WINDOW_OPENED_US } from "../src/hot/WindowAccumulator.ts"
import type { Window } from "../src/domain/Window.ts"

/** `sign` is -1 when the objective is maximised, so that a lower loss is better either way. */
export function windowOf(hot: HotPath, sign: 1 | -1, index: number): Window {
  const { means, cells, windowCounters } = hot.window
  const channel = (digest: number): number | null => {
    const mean = means[digest - FIRST_CHANNEL]
    return Number.isNaN(mean) ? null : mean
  }
  const objective = means[DIGEST_OBJECTIVE - FIRST_CHANNEL]
  return {
    index,
    generation: hot.window.generation,
    openedUs: cells[WINDOW_OPENED_US],
    closedUs: cells[WINDOW_CLOSED_US],
    count: hot.window.count,
    objective,
    loss: sign * objective,
    constraintMargin: channel(DIGEST_CONSTRAINT_MARGIN),
    latencyP99Us: channel(DIGEST_LATENCY_P99_US),
    throughputRps: channel(DIGEST_THROUGHPUT_RPS),
    errorRate: channel(DIGEST_ERROR_RATE),
    extras: Array.from({ length: DIGEST_EXTRA_3 - DIGEST_EXTRA_0 + 1 }, (_, i) =>
      channel(DIGEST_EXTRA_0 + i),
    ),
    rejected: {
      invalid: windowCounters[INVALID],
      wrongGeneration: windowCounters[WRONG_GENERATION],
      settling: windowCounters[SETTLING],
      tooOld: windowCounters[TOO_OLD],
    },
    status: hot.window.expired ? "expired" : "closed",
  }
}
