/**
 * Opens the audit sinks of an engine, the journal of its `state` included, and freezes the engine while one cannot be written. Only an
 * engine with sinks needs it, so a browser loads it on demand.
 */
import * as Effect from "effect/Effect"
import { ConfigError } from "../../domain/errors.ts"
import type { Resumption } from "../../domain/Resumption.ts"
import { Platform } from "../contract/Platform.ts"
import type { OpenSinks, SinkHost } from "../contract/TrailSinks.ts"
import { checkedSinks } from "./sinkProblems.ts"
import { SinkQueues } from "./SinkQueues.ts"

export const openSinks: OpenSinks = Effect.fnUntraced(function* (host, given) {
  const own = yield* checkedSinks(given)
  const state = yield* openState(host)
  const sinks = state === null ? own : [state, ...own]
  if (sinks.length === 0) return
  const queues = new SinkQueues(sinks)
  host.trail.attach(queues)
  const { blocked } = queues
  if (blocked !== null) host.resumption = frozenFrom(host.resumption, host.nowUs, blocked)
})

/** The journal in the directory `state`; null if none was asked for. */
const openState = Effect.fnUntraced(function* ({ settings, resumption, nowUs, runId }: SinkHost) {
  const { state, journal, clock } = settings
  if (state === null) return null
  const { openAudit, recover } = yield* Platform
  if (openAudit === null) return yield* noDisk
  const unchanged = (): boolean =>
    recover === undefined ||
    sameStart(resumption, recover(settings, clock === "manual" ? null : nowUs, resumption))
  return yield* openAudit(state, runId, journal, unchanged)
})

const noDisk = new ConfigError({
  problems: [
    {
      path: "state",
      message: "needs a disk, which is not available here.",
      suggestion: 'Leave it out in a browser; under Node import from "arqon" or "arqon/node".',
    },
  ],
})

/** What an engine begins with that had nothing before it, when it must not adapt yet. */
export const frozenFrom = (resumption: Resumption | null, nowUs: number, detail: string): Resumption => ({
  ...(resumption ?? {
    start: {},
    baseline: null,
    rollbacksUs: [],
    generation: null,
    from: { run: null, ended: true, atUs: 0, why: "There was nothing to resume." },
    warnings: [],
  }),
  // A latch that a person closed stays closed: it is the harder one to leave.
  safeMode:
    resumption?.safeMode?.exit === "manualReset"
      ? { ...resumption.safeMode, detail: [resumption.safeMode.detail, detail].filter(Boolean).join(" ") }
      : { reason: "auditQueueFull", sinceUs: nowUs, exit: "auditDrained", deadlineUs: null, detail },
})

/** Whether two resumptions are of the same run at the same moment, and begin at the same place for the same reason. */
export function sameStart(a: Resumption | null, b: Resumption | null): boolean {
  const essence = (one: Resumption | null): string => {
    // What `frozenFrom` made of nothing is nothing; a journal that cannot be read is no such thing.
    if (one === null || (one.from.run === null && one.from.ended)) return ""
    const { start, baseline, from } = one
    return JSON.stringify([start, baseline, from])
  }
  return a === b || essence(a) === essence(b)
}
