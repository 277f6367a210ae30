/**
 * The audit of a fleet. All engines use one ring in turn. Their records get the engine's number and name and wait
 * for the sinks together. From there on it works like the trail of a single engine.
 */
import { AuditRing, RECORD_SEQUENCE } from "../hot/AuditRing.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { AuditDecoder } from "../engine/audit/AuditDecoder.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import { AuditTrail } from "../engine/audit/AuditTrail.ts"
import type { Notifications } from "../engine/calls/Notifications.ts"

/** Most records of all engines that wait for the sinks' queues. */
const STAGE_CAPACITY = 4096

/** A digest's record has its extra channels at the point: the engine's number is behind these. */
const EXTRA_CHANNELS = 4

/** The engine that a record belongs to, and its count of records. */
export interface Recorder {
  readonly key: string
  readonly number: number
  /** Records of this engine so far. */
  records: number
}

/** A person's note, and the records of the engine that it may belong to. */
interface Note {
  readonly number: number
  readonly from: number
  readonly to: number
  readonly kind: AuditRecord["kind"]
  readonly note: string
}

/** Most notes that wait for their record. */
const NOTES = 64

/** Reads the engine's number from the column behind the point. */
class FleetDecoder extends AuditDecoder {
  readonly notes: Array<Note> = []
  private readonly name: string
  private readonly at: number
  private readonly keys: ReadonlyMap<number, string>

  constructor(name: string, settings: EngineSettings, at: number, keys: ReadonlyMap<number, string>) {
    super(name, settings)
    this.name = name
    this.at = at
    this.keys = keys
  }

  override decode(block: Float64Array, at: number): AuditRecord {
    const number = block[at + this.at]
    const record = { ...super.decode(block, at), run: `${this.name}/${this.keys.get(number) ?? number}` }
    const found = this.notes.findIndex(
      (note) =>
        note.number === number &&
        note.kind === record.kind &&
        note.from <= record.seq &&
        record.seq <= note.to,
    )
    if (found < 0) return record
    const [{ note }] = this.notes.splice(found, 1)
    return { ...record, note }
  }
}

export class FleetTrail {
  readonly trail: AuditTrail
  private readonly stage: AuditRing
  private readonly decoder: FleetDecoder
  /** Records for which the stage had no room while every engine was put on its base: at most a few per engine. */
  private readonly spilt: Array<Float64Array> = []
  /** Engines that may still have records on the stage. */
  private readonly keys = new Map<number, string>()
  private readonly gone: Array<number> = []

  constructor(
    name: string,
    settings: EngineSettings,
    memory: number,
    immediate: boolean,
    notifications: Notifications,
    stageRecords = STAGE_CAPACITY,
  ) {
    this.stage = new AuditRing(Math.max(settings.space.table.size, EXTRA_CHANNELS) + 1, stageRecords)
    const start = Object.freeze({ fleet: name, seed: settings.seed, objective: settings.objective })
    this.decoder = new FleetDecoder(name, settings, this.stage.width - 1, this.keys)
    this.trail = new AuditTrail({
      ring: this.stage,
      decoder: this.decoder,
      memory,
      immediate,
      start: () => start,
      notifications,
    })
  }

  /** True if nothing more may be decided before the sinks have accepted something. */
  get full(): boolean {
    return this.spilt.length > 0 || 2 * this.stage.size > this.stage.capacity
  }

  /** Takes the records of one engine off the ring; calls `see` for each. */
  take(ring: AuditRing, who: Recorder, see: (block: Float64Array, at: number) => void): void {
    if (ring.size === 0) return
    this.keys.set(who.number, who.key)
    ring.drain((block, at) => {
      this.put(block, at, ring.width, who)
      see(block, at)
    })
  }

  /** Runs `act` and attaches the person's note to the resulting record of this kind. */
  withNote(kind: AuditRecord["kind"], note: string | undefined, who: Recorder, act: () => void): void {
    const from = who.records + 1
    act()
    if (note === undefined || who.records < from) return
    const { notes } = this.decoder
    notes.push({ number: who.number, from, to: who.records, kind, note })
    if (notes.length > NOTES) notes.shift()
  }

  /** The engine has ended: its name is dropped once its records are out. */
  forget(who: Recorder): void {
    this.gone.push(who.number)
  }

  /** Passes on what waits. True when nothing waits any more. */
  pump(): boolean {
    for (;;) {
      if (!this.trail.pump()) return false
      if (this.spilt.length === 0) break
      for (let room = this.stage.free; room > 0 && this.spilt.length > 0; room--)
        this.restore(this.spilt.shift())
    }
    if (this.gone.length > 0) for (const number of this.gone.splice(0)) this.keys.delete(number)
    return true
  }

  /** Copies a record to the stage under the engine's own number; to the overflow list while the stage is full. */
  private put(block: Float64Array, from: number, width: number, who: Recorder): void {
    const { stage } = this
    const at = stage.reserve()
    const out = at < 0 ? new Float64Array(stage.width) : stage.block
    const to = Math.max(at, 0)
    for (let i = 0; i < width; i++) out[to + i] = block[from + i]
    for (let i = width; i < stage.width - 1; i++) out[to + i] = Number.NaN
    out[to + RECORD_SEQUENCE] = ++who.records
    out[to + stage.width - 1] = who.number
    if (at < 0) this.spilt.push(out)
    else stage.commit()
  }

  private restore(record: Float64Array | undefined): void {
    const { stage } = this
    const at = stage.reserve()
    if (record === undefined || at < 0) return
    stage.block.set(record, at)
    stage.commit()
  }
}
