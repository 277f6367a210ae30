/**
 * The owner of one bucket of a fleet without clock, transport and database: a fleet for a slice of the keys. Digests and questions go in
 * with their time; answers, and the rows that are to be saved, come out. A key that was put away is saved and leaves memory. What
 * changes a baseline or SafeMode must be saved before anything is announced: `mustSave` says so.
 */
import { fits } from "../domain/Resumption.ts"
import type { FleetSettings } from "../domain/FleetConfig.ts"
import { DigestError, FleetError } from "../domain/errors.ts"
import type { DigestInput } from "../domain/Digest.ts"
import { byName } from "../domain/listOf.ts"
import { readText } from "../domain/readInput.ts"
import { boolean, list, nullOr, number, object, record, type ShapeType, string } from "../domain/Shape.ts"
import { SECOND_US } from "../domain/Units.ts"
import { knobHash } from "../cohort/knobHash.ts"
import type { Pair } from "../cohort/order.ts"
import type { Role } from "../cohort/protocol.ts"
import type { FleetCell } from "../fleet/FleetCell.ts"
import { FleetCore } from "../fleet/FleetCore.ts"
import { adopt, leftBy } from "../fleet/handOver.ts"
import type { EngineRow } from "./engineRows.ts"

const Values = record(number())

const StandingShape = object({
  /** Hash of the knobs. */
  table: string(),
  /** Its base, user units. */
  start: Values,
  baseline: nullOr(Values),
  /** SafeMode is open: for how much longer, microseconds; null in it: until a person resets it. */
  safe: nullOr(object({ leftUs: nullOr(number()) })),
  /** How long ago it was rolled back, microseconds each. */
  rollbacksAgoUs: list(number()),
  learned: list(number()),
  guarded: list(number()),
  generation: number(),
  /** It was put away or handed over; false: its owner was at work. */
  ended: boolean,
})
type Standing = ShapeType<typeof StandingShape>

/** A digest for a key. `at`: under what it was measured, where its sender follows the key. */
export type KeyDigest = readonly [key: string, digest: DigestInput, at: Pair | null]

/** What became of digests, by number. */
export interface DigestCounts {
  readonly taken: number
  /** The bucket has `maxEngines` already, and this key is not among them. */
  readonly full: number
  /** No digest, or no key. */
  readonly invalid: number
  /** Measured under another owner, or before the key was loaded again. */
  readonly late: number
}

/** What a follower of a key is told. */
export interface KeyAnswer {
  readonly key: string
  readonly at: Pair
  readonly role: Role
  readonly values: Readonly<Record<string, number>>
  readonly base: Readonly<Record<string, number>>
  readonly baseline: Readonly<Record<string, number>>
}

/** Numbers of a bucket. */
export interface BucketView extends DigestCounts {
  readonly epoch: number
  /** Keys in memory, and those of them that have a loop. */
  readonly engines: number
  readonly looping: number
}

/** Its records have no sinks and are passed on at once; a stage for thousands of engines weighs half a megabyte. */
const STAGE_RECORDS = 256
/** A passive key is forgotten after so long without a question or a digest. */
const FORGET_US = 60 * SECOND_US
const HOUR_US = 3600 * SECOND_US

interface Kept {
  /** What is added to the generation of its cell: a key never goes back, however often it is loaded. */
  readonly before: number
  touchedUs: number
}

export class BucketOwner {
  readonly epoch: number
  private readonly core: FleetCore
  private readonly settings: FleetSettings
  private readonly table: string
  private readonly kept = new Map<string, Kept>()
  /** Keys whose baseline or SafeMode changed since they were saved. */
  private readonly essential = new Set<string>()
  private readonly changes = new Set<string>()
  /** Keys in SafeMode by a change of owners, and when it ends. */
  private readonly resets = new Map<string, number>()
  private readonly counts = { taken: 0, full: 0, invalid: 0, late: 0 }

  constructor({ settings, epoch, nowUs }: { settings: FleetSettings; epoch: number; nowUs: number }) {
    this.settings = settings
    this.epoch = epoch
    this.table = knobHash(settings.engine.space)
    this.core = new FleetCore(settings, null, STAGE_RECORDS)
    this.core.beginsAt(nowUs)
    this.core.begin()
    // Everything else that happens to an engine is a reading, and may be lost.
    this.core.news.listeners.add((event) => {
      if ("key" in event && event.type !== "rested") this.essential.add(event.key)
    })
  }

  /** Keys that are not in memory: what was saved of them is to be given to `load` first. */
  missing(keys: ReadonlyArray<string>): ReadonlyArray<string> {
    return [...new Set(keys)].filter((key) => !this.core.cells.has(key))
  }

  /** Goes on with engines where they stood. */
  load(rows: ReadonlyArray<EngineRow>, nowUs: number): void {
    this.core.tick(nowUs)
    for (const [key, text] of rows) {
      if (this.core.cells.has(key) || !this.hasRoom(nowUs)) continue
      this.adopt(key, readText(StandingShape, text), nowUs)
    }
  }

  observe(batch: ReadonlyArray<KeyDigest>, nowUs: number): DigestCounts {
    this.core.tick(nowUs)
    const before = { ...this.counts }
    for (const one of batch) this.counts[this.observeOne(one, nowUs)]++
    return {
      taken: this.counts.taken - before.taken,
      full: this.counts.full - before.full,
      invalid: this.counts.invalid - before.invalid,
      late: this.counts.late - before.late,
    }
  }

  follow(keys: ReadonlyArray<string>, nowUs: number): ReadonlyArray<KeyAnswer> {
    this.core.tick(nowUs)
    return keys.map((key) => {
      const kept = this.kept.get(key)
      if (kept !== undefined) kept.touchedUs = nowUs
      return this.answer(key)
    })
  }

  tick(nowUs: number): void {
    this.core.tick(nowUs)
    for (const [key, dueUs] of this.resets) {
      if (dueUs > nowUs) continue
      this.resets.delete(key)
      const cell = this.core.cells.get(key)
      if (cell !== undefined)
        this.core.send(cell, { type: "reset", note: "The time after a change of owners is over." })
    }
    this.forget(nowUs, FORGET_US)
  }

  /** Whether something changed that must be saved before it is announced. */
  get mustSave(): boolean {
    return this.essential.size > 0
  }

  /** Whether anything changed since it was saved. */
  get changed(): boolean {
    return this.mustSave || this.changes.size > 0
  }

  /** What must be saved now; `all`: also what may be lost. `ended`: this owner stops, and another one goes on from here. */
  rows(all: boolean, ended = false): ReadonlyArray<EngineRow> {
    const keys = ended ? this.core.cells.keys() : all ? [...this.essential, ...this.changes] : this.essential
    return [...new Set(keys)].flatMap((key) => {
      const cell = this.core.cells.get(key)
      return cell === undefined ? [] : [[key, JSON.stringify(this.standing(cell, ended))] as const]
    })
  }

  noteSaved(rows: ReadonlyArray<EngineRow>): void {
    for (const [key] of rows) {
      this.essential.delete(key)
      this.changes.delete(key)
    }
    // What left memory meanwhile needs no row.
    for (const key of this.essential) if (!this.core.cells.has(key)) this.essential.delete(key)
  }

  stop(): void {
    this.core.end()
  }

  view(): BucketView {
    const { epoch, core } = this
    return { epoch, engines: core.cells.size, looping: core.looping, ...this.counts }
  }

  private observeOne([key, digest, at]: KeyDigest, nowUs: number): keyof DigestCounts {
    const kept = this.kept.get(key)
    const generation = at === null ? null : at[1] - (kept?.before ?? 0)
    if (at !== null && (at[0] !== this.epoch || generation === null || generation < 0)) return "late"
    try {
      if (!this.core.cells.has(key) && !this.hasRoom(nowUs)) return "full"
      const cell = this.core.cells.get(key) ?? this.core.spawn(key)
      if (kept === undefined) this.kept.set(key, { before: 0, touchedUs: nowUs })
      else kept.touchedUs = nowUs
      this.changes.add(key)
      return this.core.observe(cell, generation === null ? digest : { ...digest, generation })
        ? "taken"
        : "full"
    } catch (error) {
      if (error instanceof DigestError || error instanceof FleetError) return "invalid"
      throw error
    }
  }

  private hasRoom(nowUs: number): boolean {
    if (this.core.cells.size < this.settings.maxEngines) return true
    this.forget(nowUs, 0)
    return this.core.cells.size < this.settings.maxEngines
  }

  /** Drops from memory what is passive, saved, and was not asked for lately. */
  private forget(nowUs: number, silentUs: number): void {
    for (const [key, { touchedUs }] of this.kept) {
      const cell = this.core.cells.get(key)
      const kept = this.essential.has(key) || this.changes.has(key) || this.resets.has(key)
      if (cell?.state !== "passive" || kept || nowUs - touchedUs < silentUs) continue
      this.core.stop(cell)
      this.essential.delete(key)
      this.kept.delete(key)
    }
  }

  /** Null: what was saved cannot be read, so a person has to look. */
  private adopt(key: string, left: Standing | null, nowUs: number): void {
    const { space } = this.settings.engine
    const same = left?.table === this.table
    const found = left?.baseline ?? null
    const baseline =
      found !== null && space.names.every((name, i) => fits(space, i, found[name])) ? found : null
    const from = left === null ? {} : left.ended ? left.start : (baseline ?? left.start)
    const initial = Object.fromEntries(
      Object.entries(from).filter(([name, value]) => fits(space, space.names.indexOf(name), value)),
    )
    const cell = adopt(
      this.core,
      key,
      { initial },
      {
        baseline:
          baseline && Float64Array.from(space.names, (name, i) => space.table.encode(i, baseline[name])),
        learned: same ? left.learned : [],
        guarded: same ? left.guarded : [],
      },
    )
    this.kept.set(key, { before: (left?.generation ?? 0) + 1, touchedUs: nowUs })
    const crashed = left?.ended !== true
    const rollbacks = (left?.rollbacksAgoUs ?? [])
      .map((agoUs) => nowUs - agoUs)
      .filter((us) => us > nowUs - HOUR_US)
    if (!crashed && left.safe === null && rollbacks.length === 0) return
    // Its budgets, and SafeMode, need a loop. A kill is a rollback that nobody counted.
    this.core.send(cell, { type: "reset", note: "Its owner has changed." })
    cell.loop?.hot.executor.recallRollbacks(crashed ? [...rollbacks, nowUs] : rollbacks)
    const { rollbacksPerHour } = cell.loop?.hot.executor.policy ?? { rollbacksPerHour: 0 }
    const untilReset = left === null || rollbacks.length + 1 > rollbacksPerHour
    const cooldownUs = cell.loop?.options.safeModeUs ?? Number.POSITIVE_INFINITY
    const safeUs = crashed
      ? untilReset
        ? Number.POSITIVE_INFINITY
        : (left?.safe?.leftUs ?? cooldownUs)
      : left.safe === null
        ? 0
        : (left.safe.leftUs ?? Number.POSITIVE_INFINITY)
    if (safeUs <= 0) return
    this.core.send(cell, {
      type: "trip",
      note: crashed ? "Its owner ended without saying so." : "SafeMode was open under the owner before.",
    })
    if (Number.isFinite(safeUs)) this.resets.set(key, nowUs + safeUs)
  }

  private standing(cell: FleetCell, ended: boolean): Standing {
    const { space } = this.settings.engine
    const { loop, key } = cell
    const nowUs = this.core.nowUs
    const { baseline, learned, guarded } = leftBy(cell)
    const named = (units: ArrayLike<number>) => byName(space.names, (i) => space.table.decode(i, units[i]))
    const safe = loop !== null && Atomics.load(loop.hot.executor.latch, 0) !== 0
    const dueUs = this.resets.get(key) ?? loop?.dueUs ?? Number.POSITIVE_INFINITY
    return {
      table: this.table,
      start: loop === null ? this.valuesOf(cell) : named(loop.hot.executor.base),
      baseline: baseline && named(baseline),
      safe: safe ? { leftUs: Number.isFinite(dueUs) ? Math.max(0, dueUs - nowUs) : null } : null,
      rollbacksAgoUs: Array.from(loop?.hot.executor.rollbackTimes() ?? [], (us) => nowUs - us),
      learned: Array.from(learned),
      guarded: Array.from(guarded),
      generation: this.generationOf(cell),
      ended: ended || cell.state === "passive",
    }
  }

  private answer(key: string): KeyAnswer {
    const { space } = this.settings.engine
    const cell = this.core.cells.get(key)
    if (cell === undefined) {
      const start = byName(space.names, (i) => space.table.decode(i, space.initialUnit[i]))
      return { key, at: [this.epoch, 0], role: "base", values: start, base: start, baseline: start }
    }
    const values = this.valuesOf(cell)
    const { loop } = cell
    const base =
      loop === null ? values : byName(space.names, (i) => space.table.decode(i, loop.hot.executor.base[i]))
    const { baseline: units } = leftBy(cell)
    const baseline = units === null ? base : byName(space.names, (i) => space.table.decode(i, units[i]))
    const onBase = space.names.every((name) => values[name] === base[name])
    return {
      key,
      at: [this.epoch, this.generationOf(cell)],
      role: onBase ? "base" : "plus",
      values,
      base,
      baseline,
    }
  }

  private valuesOf({ config }: FleetCell): Readonly<Record<string, number>> {
    return byName(this.settings.engine.space.names, (i) => config.value(i))
  }

  private generationOf({ key, config }: FleetCell): number {
    return (this.kept.get(key)?.before ?? 0) + config.generation
  }
}
