/**
 * A recorded run into the model: the frame at the moment that the slider stands at. Frames come thinned over the whole run
 * first, so that scrubbing is immediate; where the slider rests, the exact frame and the records up to it are fetched.
 */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { type EngineEntry, type Frame, MOST_FRAMES, MOST_RECORDS } from "../../protocol/protocol.ts"
import { api } from "./api.ts"
import { Cell } from "./cell.ts"
import { SHOWN_KINDS } from "../../../domain/recordTexts.ts"
import type { ModelState } from "./ModelState.ts"

const POINTS = 2000
const RECORDS = 200
/** How long the slider rests before the exact frame is asked for, milliseconds. */
const REST_MS = 150

export class ReplayFeed {
  readonly fromUs: number
  readonly toUs: number
  readonly atUs: Cell<number>
  readonly playing = new Cell(false)
  /** Recorded time that passes in a second of the viewer's. */
  readonly speed = new Cell(1)
  readonly loaded = new Cell(false)
  private readonly model: ModelState
  private readonly entry: EngineEntry
  private frames: ReadonlyArray<Frame> = []
  /** The latest records of the run, newest first; those of a longer run are fetched where the slider rests. */
  private latest: ReadonlyArray<AuditRecord> = []
  private resting: ReturnType<typeof setTimeout> | undefined
  private closed = false

  constructor(model: ModelState, entry: EngineEntry) {
    this.model = model
    this.entry = entry
    this.fromUs = entry.recording?.fromUs ?? 0
    this.toUs = entry.recording?.toUs ?? 0
    this.atUs = new Cell(this.fromUs)
  }

  async begin(): Promise<void> {
    const { model, entry } = this
    model.connection.set({ state: "loading" })
    try {
      const engine = entry.id
      const [history, { frames }, { records }] = await Promise.all([
        api.history(engine, POINTS),
        api.frames({ engine, limit: MOST_FRAMES }),
        api.audit({ engine, kind: SHOWN_KINDS, limit: MOST_RECORDS }),
      ])
      if (this.closed) return
      this.frames = frames
      this.latest = records
      model.track.value?.load(history)
      if (entry.recording?.ended === false) {
        const killed = {
          atUs: this.toUs,
          seq: Number.MAX_SAFE_INTEGER,
          kind: "killed",
          text: "Killed here",
        } as const
        model.track.value?.marks.push(killed)
      }
      model.track.touch()
      model.connection.set({ state: "open" })
      this.loaded.set(true)
      this.seek(this.toUs)
    } catch (error) {
      if (!this.closed) model.fail(error)
    }
  }

  /** Shows the run as it stood at a moment. */
  seek(atUs: number): void {
    const at = Math.min(this.toUs, Math.max(this.fromUs, atUs))
    this.atUs.set(at)
    this.model.atEnd.set(at >= this.toUs)
    const frame = this.frameAt(at)
    if (frame !== undefined) this.show(frame)
    const first = this.latest.findIndex((record) => record.atUs <= at)
    if (first >= 0) this.model.records.set(this.latest.slice(first, first + RECORDS))
    clearTimeout(this.resting)
    this.resting = setTimeout(() => void this.settle(at), REST_MS)
  }

  /** To the next frame, or the one before. */
  step(direction: 1 | -1): void {
    const times = this.frames.map((frame) => frame.atUs)
    const now = this.atUs.value
    const next = direction === 1 ? times.find((time) => time > now) : times.findLast((time) => time < now)
    this.seek(next ?? (direction === 1 ? this.toUs : this.fromUs))
  }

  /** Plays on from here, or from the beginning when it stands at the end. */
  toggle(): void {
    if (this.playing.value) {
      this.playing.set(false)
      return
    }
    if (this.atUs.value >= this.toUs) this.seek(this.fromUs)
    this.playing.set(true)
    let last = 0
    const frame = (now: number): void => {
      if (this.closed || !this.playing.value) return
      if (last > 0) this.seek(this.atUs.value + (now - last) * 1000 * this.speed.value)
      last = now
      if (this.atUs.value >= this.toUs) this.playing.set(false)
      else requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  }

  close(): void {
    this.closed = true
    this.playing.set(false)
    clearTimeout(this.resting)
  }

  private frameAt(atUs: number): Frame | undefined {
    const { frames } = this
    let low = 0
    let high = frames.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (frames[middle].atUs <= atUs) low = middle + 1
      else high = middle
    }
    return frames[Math.max(0, low - 1)]
  }

  private show(frame: Frame): void {
    const { model } = this
    model.snapshot.set(frame.snapshot)
    model.states.set(frame.states)
    model.budgets.set(frame.budgets)
    model.lastWindow.set(frame.window)
  }

  private async settle(atUs: number): Promise<void> {
    const { model, entry } = this
    try {
      const engine = entry.id
      const [{ frames }, page] = await Promise.all([
        api.frames({ engine, at: Math.round(atUs) }),
        api.audit({ engine, kind: SHOWN_KINDS, to: Math.round(atUs), limit: RECORDS }),
      ])
      if (this.closed || this.atUs.value !== atUs) return
      if (frames[0] !== undefined) this.show(frames[0])
      model.records.set(page.records)
    } catch (error) {
      if (!this.closed) model.fail(error)
    }
  }
}
