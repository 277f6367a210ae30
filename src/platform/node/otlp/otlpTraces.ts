/**
 * Cycles and trips as OpenTelemetry spans, made from the audit: what was probed, what came of it, and how long SafeMode was open
 * and why. Being a sink, it loses no record; a span is sent when its end is known.
 */
import * as HttpBody from "effect/http/HttpBody"
import * as Effect from "effect/Effect"
import * as OtlpResource from "effect/observability/OtlpResource"
import { createHash } from "node:crypto"
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { RECORDS } from "../../../domain/records.ts"
import type { AuditSink } from "../../../engine/audit/AuditSink.ts"
import { addressOf, nanos, type OtlpOptions, poster, resourceOf, SCOPE } from "./otlpPost.ts"

const NAME = "OpenTelemetry traces"
const INTERNAL = 1
const ERROR = 2
/** Events of one span at most; a cycle has a handful. */
const MOST_EVENTS = 64

interface Open {
  readonly name: string
  readonly first: AuditRecord
  readonly events: Array<AuditRecord>
  dropped: number
}

/** Hex digits that follow from what they are of, so that a batch offered again makes the same span. */
const idOf = (digits: number, ...of: ReadonlyArray<string | number>): string =>
  createHash("sha256").update(of.join(" ")).digest("hex").slice(0, digits)

/** What of a run is open. Copied before a batch, so that one that was not taken leaves no trace. */
interface Course {
  readonly cycle: Open | null
  readonly trip: Open | null
}

const NOTHING: Course = { cycle: null, trip: null }

/**
 * A sink for `sinks`: spans `arqon.cycle` and `arqon.safe_mode`, each a trace of its own: a run may take months, and what keeps traces
 * refuses those that grow without end. `arqon.run` is common to those of a run.
 */
export function otlpTraces(options: OtlpOptions = {}): AuditSink {
  const address = addressOf(options, "traces")
  const { post, trouble } = poster(NAME, address, options.headers)
  const resource = resourceOf(options)
  let course = NOTHING
  return {
    name: NAME,
    location: address.shown,
    trouble,
    write: (batch) =>
      Effect.suspend(() => {
        const { next, spans } = follow(course, batch)
        const sent =
          spans.length === 0
            ? Effect.void
            : post(
                HttpBody.jsonUnsafe({ resourceSpans: [{ resource, scopeSpans: [{ scope: SCOPE, spans }] }] }),
              )
        return Effect.map(sent, () => void (course = next))
      }),
    close: Effect.void,
  }
}

/** The spans that a batch ends, and what is open behind it. */
function follow(
  before: Course,
  batch: ReadonlyArray<AuditRecord>,
): { readonly next: Course; readonly spans: ReadonlyArray<object> } {
  const copy = (open: Open | null): Open | null => open && { ...open, events: [...open.events] }
  let cycle = copy(before.cycle)
  let trip = copy(before.trip)
  const spans: Array<object> = []
  for (const record of batch) {
    const { kind, action } = record
    if (RECORDS[kind].stream === true) continue
    if (kind === "safeModeEntered") trip ??= begin("arqon.safe_mode", record)
    else if (kind === "safeModeExited" || kind === "engineStopped") {
      if (trip !== null) spans.push(spanOf(trip, record))
      trip = null
    }
    const probes = kind === "proposal" || kind === "apply"
    if (probes) cycle ??= begin("arqon.cycle", record)
    note(cycle, record)
    note(trip, record)
    const ends =
      (kind === "apply" && action === "update") ||
      kind === "noChange" ||
      kind === "safeModeEntered" ||
      kind === "engineStopped"
    if (ends && cycle !== null) {
      spans.push(spanOf(cycle, record))
      cycle = null
    }
  }
  return { next: { cycle, trip }, spans }
}

const begin = (name: string, first: AuditRecord): Open => ({ name, first, events: [], dropped: 0 })

function note(open: Open | null, record: AuditRecord): void {
  if (open === null) return
  if (open.events.length < MOST_EVENTS) open.events.push(record)
  else open.dropped++
}

function spanOf({ name, first, events, dropped }: Open, last: AuditRecord): object {
  const applied = name === "arqon.cycle" && last.kind === "apply"
  const trip = name === "arqon.safe_mode"
  return {
    traceId: idOf(32, first.run, first.seq, name),
    spanId: idOf(16, first.run, first.seq, name),
    name,
    kind: INTERNAL,
    startTimeUnixNano: nanos(first.atUs),
    endTimeUnixNano: nanos(last.atUs),
    attributes: attributesOf({
      run: first.run,
      from_seq: first.seq,
      to_seq: last.seq,
      generation: last.generation,
      reason: trip ? first.reason : last.reason,
      exit: last.exit,
      note: trip ? first.note : undefined,
      outcome: trip ? undefined : applied ? "update" : last.kind,
      ...(applied ? prefixed(last.values ?? {}) : {}),
    }),
    events: events.map((record) => ({
      timeUnixNano: nanos(record.atUs),
      name: `arqon.${record.kind}`,
      attributes: attributesOf({
        seq: record.seq,
        action: record.action,
        reason: record.reason,
        knob: record.knob,
        value: record.value,
        limit: record.limit,
      }),
      droppedAttributesCount: 0,
    })),
    droppedEventsCount: dropped,
    droppedAttributesCount: 0,
    droppedLinksCount: 0,
    links: [],
    // A cycle that changes nothing is no error, and "ok" is for an application to say.
    status: trip ? { code: ERROR, message: first.reason ?? "" } : {},
  }
}

const prefixed = (values: Readonly<Record<string, number | null>>): Readonly<Record<string, number | null>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`knob.${name}`, value]))

const attributesOf = (fields: Readonly<Record<string, unknown>>): Array<OtlpResource.KeyValue> =>
  OtlpResource.entriesToAttributes(
    Object.entries(fields).flatMap(
      ([name, value]): ReadonlyArray<[string, unknown]> =>
        value === undefined || value === null ? [] : [[`arqon.${name}`, value]],
    ),
  )
