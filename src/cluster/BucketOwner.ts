/**
 * The owner of one bucket of a fleet without clock, transport and database: a fleet for a slice of the keys. Digests and questions go in
 * with their time; answers, and the rows that are to be saved, come out. A key that was put away is saved and leaves memory. What
 * changes a baseline or SafeMode must be saved before anything is announced: `mustSave` says so.
 */
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { FleetSettings } from "../domain/FleetConfig.ts"
import { DigestError, FleetError, NoBaselineError } from "../domain/errors.ts"
import { byName } from "../domain/listOf.ts"
import { readText } from "../domain/readInput.ts"
import { SECOND_US } from "../domain/Units.ts"
import { type TripReason, tripReason } from "../domain/words.ts"
import { knobHash } from "../cohort/knobHash.ts"
import { type DigestCounts, type KeyAnswer, type KeyDigest, readingOf } from "../cohort/keyProtocol.ts"
import type { TrailSinks } from "../engine/contract/TrailSinks.ts"
import { noteOf } from "../engine/contract/noteOf.ts"
import type { CellState, FleetCell } from "../fleet/FleetCell.ts"
import type { FleetCore } from "../fleet/FleetCore.ts"
import { leftBy } from "../fleet/handOver.ts"
import type { EngineRow } from "./engineRows.ts"
import {
  type KeyCommand,
  type KeyDone,
  type KeyRefusal,
  type KeyStanding,
  KeyStandingShape,
  MOST_KEY_COMMANDS,
} from "./keyStanding.ts"
import { takeUp } from "./takeUp.ts"
import { watchedCore } from "./watchedCore.ts"

/** Everything that can be seen of one key. */
export interface KeyView extends KeyAnswer {
  /** `absent`: there was no digest and no command yet. */
  readonly state: CellState | "absent"
  readonly safeMode: TripReason | null
  /** What people asked of it, oldest first. */
  readonly commands: ReadonlyArray<KeyDone>
  /** Its records among the last ones of its bucket, oldest first. */
  readonly records: ReadonlyArray<AuditRecord>
}

/** Numbers of a bucket. */
export interface BucketView extends DigestCounts {
  readonly epoch: number
  /** Keys in memory, and those of them that have a loop. */
  readonly engines: number
  readonly looping: number
}

/** A passive key is forgotten after so long without a question or a digest. */
const FORGET_US = 60 * SECOND_US
const NONE: ReadonlyArray<KeyDone> = []
const NO_KEYS: ReadonlySet<string> = new Set()

interface Kept {
  /** What is added to the generation of its cell: a key never goes back, however often it is loaded. */
  readonly before: number
  touchedUs: number
  /** What people asked of it. Most keys are never asked for anything. */
  commands: ReadonlyArray<KeyDone>
}

/** What an owner of a bucket begins with. */
export interface BucketOwnerStart {
  readonly settings: FleetSettings
  readonly epoch: number
  readonly nowUs: number
  /** Where records go besides memory. */
  readonly sinks?: TrailSinks | undefined
  /** Is handed what an engine goes on with, before its first record. */
  readonly onLoad?: ((key: string, standing: string) => void) | undefined
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
  private readonly onLoad: BucketOwnerStart["onLoad"]
  /** Keys of the batch under way: one that was just loaded is passive and saved, and yet must not make room for another. */
  private batch: ReadonlySet<string> = new Set()
  /** Those of them that were saved and have no room. Started fresh, they would overwrite what they had learned. */
  private readonly leftOut = new Set<string>()
  private readonly counts = { taken: 0, full: 0, invalid: 0, late: 0 }

  constructor({ settings, epoch, nowUs, sinks, onLoad }: BucketOwnerStart) {
    this.onLoad = onLoad
    this.settings = settings
    this.epoch = epoch
    this.table = knobHash(settings.engine.space)
    // A run is of one owner: `tenants-3/acme`.
    this.core = watchedCore({ ...settings, name: `${settings.name}-${epoch}` })
    if (sinks !== undefined) this.core.trail.trail.attach(sinks)
    this.core.beginsAt(nowUs)
    this.core.begin()
    // Everything else that happens to an engine is a reading, and may be lost.
    this.core.news.listeners.add((event) => {
      if ("key" in event && event.type !== "rested") this.essential.add(event.key)
    })
  }

  /** Begins a batch of these keys: those that are not in memory. What was saved of them is to be given to `load` first. */
  prepare(keys: ReadonlyArray<string>): ReadonlyArray<string> {
    this.batch = new Set(keys)
    this.leftOut.clear()
    return [...this.batch].filter((key) => !this.core.cells.has(key))
  }

  /** Goes on with engines where they stood, as far as there is room. */
  load(rows: ReadonlyArray<EngineRow>, nowUs: number): void {
    this.core.tick(nowUs)
    for (const [key, text] of rows) {
      if (this.core.cells.has(key)) continue
      if (!this.hasRoom(nowUs)) {
        this.leftOut.add(key)
        continue
      }
      this.onLoad?.(key, text)
      this.adopt(key, readText(KeyStandingShape, text), nowUs)
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

  /** A saved key for which there is no room has no answer: its start would be a step back, and its followers have a lease. */
  follow(keys: ReadonlyArray<string>, nowUs: number): ReadonlyArray<KeyAnswer> {
    this.core.tick(nowUs)
    return keys.flatMap((key) => {
      if (this.leftOut.has(key)) return []
      const kept = this.kept.get(key)
      if (kept !== undefined) kept.touchedUs = nowUs
      return this.answer(key)
    })
  }

  /** Carries a command out, unless one of this word was before. It counts once it is saved. */
  command({ engine, key, command, by, note }: KeyCommand, nowUs: number, atMs: number): KeyDone {
    const before = this.kept.get(engine)?.commands.find((done) => done.key === key)
    if (before !== undefined) return before
    this.core.tick(nowUs)
    const refused = this.carryOut(
      engine,
      command,
      noteOf({ by: by || undefined, note: note || undefined }),
      nowUs,
    )
    const cell = this.core.cells.get(engine)
    const generation = cell === undefined ? 0 : this.generationOf(cell)
    const done = { key, command, by, note, refused, epoch: this.epoch, generation, atMs }
    const kept = this.kept.get(engine)
    if (kept !== undefined) {
      kept.commands = [...kept.commands, done].slice(-MOST_KEY_COMMANDS)
      this.essential.add(engine)
    }
    return done
  }

  /** Everything that can be seen of one key. Null: it was saved, and there is no room to load it. */
  look(key: string, nowUs: number): KeyView | null {
    const [answer] = this.follow([key], nowUs)
    if (answer === undefined) return null
    const cell = this.core.cells.get(key)
    const run = `${this.settings.name}-${this.epoch}/${key}`
    return {
      ...answer,
      state: cell?.state ?? "absent",
      safeMode: cell === undefined ? null : tripReason(cell.config.latch),
      commands: this.kept.get(key)?.commands ?? [],
      records: this.core.trail.trail.records().filter((record) => record.run === run),
    }
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

  /** Passes on the records that wait. True when none does any more. */
  flush(): boolean {
    return this.core.trail.pump()
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
      const cell = this.cellOf(key, nowUs)
      if (cell === null) return "full"
      this.changes.add(key)
      return this.core.observe(cell, readingOf(digest, generation)) ? "taken" : "full"
    } catch (error) {
      if (error instanceof DigestError || error instanceof FleetError) return "invalid"
      throw error
    }
  }

  /** The cell of a key, made where there is none yet; null: there is no room. Throws a FleetError for what is no key. */
  private cellOf(key: string, nowUs: number): FleetCell | null {
    const kept = this.kept.get(key)
    if (!this.core.cells.has(key) && (this.leftOut.has(key) || !this.hasRoom(nowUs))) return null
    const cell = this.core.cells.get(key) ?? this.core.spawn(key)
    if (kept === undefined) this.kept.set(key, { before: 0, touchedUs: nowUs, commands: NONE })
    else kept.touchedUs = nowUs
    return cell
  }

  private carryOut(
    engine: string,
    type: KeyCommand["command"],
    note: string | undefined,
    nowUs: number,
  ): KeyRefusal | null {
    try {
      const cell = this.cellOf(engine, nowUs)
      if (cell === null) return "full"
      // What a person says replaces the end of a cooldown.
      if (type === "trip" || type === "reset") this.resets.delete(engine)
      this.core.send(cell, { type, note })
      return null
    } catch (error) {
      if (error instanceof NoBaselineError) return "noBaseline"
      if (error instanceof FleetError) return "invalidKey"
      throw error
    }
  }

  private hasRoom(nowUs: number): boolean {
    if (this.core.cells.size < this.settings.maxEngines) return true
    this.forget(nowUs, 0, this.batch)
    return this.core.cells.size < this.settings.maxEngines
  }

  /** Drops from memory what is passive, saved, and was not asked for lately. */
  private forget(nowUs: number, silentUs: number, needed: ReadonlySet<string> = NO_KEYS): void {
    for (const [key, { touchedUs }] of this.kept) {
      const cell = this.core.cells.get(key)
      const kept = needed.has(key) || this.essential.has(key) || this.changes.has(key) || this.resets.has(key)
      if (cell?.state !== "passive" || kept || nowUs - touchedUs < silentUs) continue
      this.core.stop(cell)
      this.essential.delete(key)
      this.kept.delete(key)
    }
  }

  /** Null: what was saved cannot be read, so a person has to look. */
  private adopt(key: string, left: KeyStanding | null, nowUs: number): void {
    // A command within may end SafeMode or begin it: the key is known by then.
    this.kept.set(key, {
      before: (left?.generation ?? 0) + 1,
      touchedUs: nowUs,
      commands: left?.commands ?? NONE,
    })
    const resetUs = takeUp(this.core, { key, left, table: this.table, nowUs })
    if (Number.isFinite(resetUs)) this.resets.set(key, resetUs)
  }

  private standing(cell: FleetCell, ended: boolean): KeyStanding {
    const { space } = this.settings.engine
    const { loop, key } = cell
    const nowUs = this.core.nowUs
    const { baseline, learned, guarded } = leftBy(cell)
    const commands = this.kept.get(key)?.commands ?? []
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
      records: cell.records,
      ...(commands.length > 0 && { commands }),
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
