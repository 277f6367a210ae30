/** Real runs, recorded to the bit: what the tests of the journal and of the replay work on. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import type { ArqonEngine, AuditRecord, AuditSink, EngineOptions } from "../../src/index.ts"
import type { JournalHeader } from "../../src/journal/format/JournalHeader.ts"
import { type JournalRecord, SegmentWriter } from "../../src/journal/format/SegmentWriter.ts"
import { drive, type Knob, manual } from "./plant.ts"

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest()

export interface Recorded {
  readonly records: ReadonlyArray<JournalRecord>
  readonly words: ReadonlyArray<AuditRecord>
}

/** A sink that keeps the doubles of every record. */
export function recorder(): { readonly sink: AuditSink; readonly recorded: Recorded } {
  const records: Array<JournalRecord> = []
  const words: Array<AuditRecord> = []
  const keep = (batch: ReadonlyArray<AuditRecord>, exact: ReadonlyArray<Float64Array> = []): null => {
    batch.forEach((record, i) => {
      words.push(record)
      records.push({ numbers: exact[i], note: record.note })
    })
    return null
  }
  const sink: AuditSink = {
    name: "recorder",
    exact: true,
    write: (batch, exact) => Effect.asVoid(Effect.sync(() => keep(batch, exact))),
    writeNow: keep,
    close: Effect.void,
  }
  return { sink, recorded: { records, words } }
}

/** A manual run with digests, as `act` drives it. */
export async function record(
  act: (engine: ArqonEngine<Knob>) => void,
  options: Partial<EngineOptions<Knob>> = {},
): Promise<Recorded> {
  const { sink, recorded } = recorder()
  const engine = manual({ sinks: [sink], ...options, audit: { digests: true, ...options.audit } })
  await engine.start()
  act(engine)
  await engine.stop()
  return recorded
}

/** Every kind of record in a run that is as short as that allows. */
export const everyKind = (engine: ArqonEngine<Knob>): void => {
  let next = drive(engine, { digests: 12 })
  engine.setBaseline()
  next = drive(engine, { digests: 5, from: next })
  engine.rollback()
  engine.trip("a look, très bien")
  engine.reset()
  engine.observe({ objective: Number.NaN, errorRate: -0, constraintMargin: Number.NEGATIVE_INFINITY })
  engine.tick(engine.nowUs + 600_000)
}

export const headerOf = (recorded: Recorded): JournalHeader => ({
  run: recorded.words[0]?.run ?? "none",
  engine: "0.0.0",
  segment: 1,
  firstSeq: recorded.words[0]?.seq ?? 1,
  knobs: 2,
  createdAt: "2026-01-01T00:00:00.000Z",
  start: recorded.words[0]?.start ?? null,
  previous: null,
})

/** The bytes of one segment with all of these records. */
export function segmentOf(recorded: Recorded, header = headerOf(recorded), sealed = false): Uint8Array {
  const writer = new SegmentWriter(sha256, header)
  for (const one of recorded.records) writer.append(one)
  if (sealed) writer.seal(true)
  return writer.bytes.slice()
}
