/** Records without end: those of a real tuner with six replicas, over and over, with numbers that go on. */
import * as Effect from "effect/Effect"
import { TunerOwner } from "../../src/cluster/TunerOwner.ts"
import type { AuditRecord } from "../../src/domain/AuditRecord.ts"
import type { AuditSink } from "../../src/engine/audit/AuditSink.ts"
import { RECORD_SEQUENCE } from "../../src/hot/AuditRing.ts"
import { PLANT, REPORT_US, Troop } from "../../test/cluster/Troop.ts"

/** A batch as a sink is handed it. */
export interface Batch {
  readonly words: Array<AuditRecord>
  readonly exact: Array<Float64Array>
}

const SECONDS = 120

/** Everything that a tuner decided in two minutes of virtual time. */
export async function tunerRecords(): Promise<Batch> {
  const words: Array<AuditRecord> = []
  const exact: Array<Float64Array> = []
  const sink: AuditSink = {
    name: "recorder",
    exact: true,
    write: (batch, numbers = []) =>
      Effect.sync(() => {
        words.push(...batch)
        exact.push(...numbers)
      }),
    close: Effect.void,
  }
  const troop = new Troop("stream")
  const options = { ...PLANT, name: "stream", sinks: [sink] }
  const owner = new TunerOwner({ options, epoch: 1, left: null, runner: "bench", nowUs: 0 })
  for (let nowUs = REPORT_US; nowUs <= SECONDS * 1e6; nowUs += REPORT_US) {
    for (const { report, heard } of troop.reports(nowUs)) {
      const { status, body } = owner.hear(report, nowUs)
      heard(status, body, nowUs)
    }
    owner.tick(nowUs)
    // The sink is handed what was decided.
    await new Promise(setImmediate)
  }
  await owner.stop()
  return { words, exact }
}

export class Stream {
  private readonly from: Batch
  private seq = 0
  private at = 0

  constructor(from: Batch) {
    this.from = from
  }

  /** The next so many, numbered behind the last. The arrays are the stream's own only until they are written. */
  next(count: number): Batch {
    const { words, exact } = this.from
    const batch: Batch = { words: [], exact: [] }
    for (let i = 0; i < count; i++) {
      const seq = ++this.seq
      const word = words[this.at]
      const numbers = exact[this.at].slice()
      numbers[RECORD_SEQUENCE] = seq
      batch.words.push({ ...word, seq })
      batch.exact.push(numbers)
      // The first one says how the run was started.
      this.at = this.at + 1 < words.length ? this.at + 1 : 1
    }
    return batch
  }
}
