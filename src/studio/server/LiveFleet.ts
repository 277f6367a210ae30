/**
 * A fleet as the studio shows it: a page of its engines at a time, one of them in detail, and steering by key. Everything is read
 * when somebody asks; between two questions nothing is done for any engine, and nobody who asks is remembered. Only events are
 * listened to, while the last question is not older than ten seconds.
 */
import { presetOf, resolveGuardrails } from "../../control/guardrails.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { FleetCell } from "../../fleet/FleetCell.ts"
import type { FleetCore } from "../../fleet/FleetCore.ts"
import type { FleetEvent } from "../../fleet/fleetEvents.ts"
import {
  type FleetEngineSnapshot,
  type FleetQuery,
  listCells,
  snapshotOfCell,
  snapshotOfFleet,
} from "../../fleet/fleetSnapshot.ts"
import { readFleetMetrics } from "../../fleet/fleetMetrics.ts"
import type { Subscription } from "../../engine/calls/Listeners.ts"
import { prometheusText } from "../../engine/metrics/prometheus.ts"
import { budgetsOf } from "./budgetGauges.ts"
import { knobsOf, labelOf } from "./engineEntry.ts"
import { fleetAct } from "./fleetActions.ts"
import { mapOf, ordered } from "./fleetOrder.ts"
import type {
  FleetActionRequest,
  FleetActionResult,
  FleetEngineView,
  FleetList,
  FleetSort,
} from "../protocol/fleetProtocol.ts"
import { FLEET_ACTIONS, type FleetEntry, MOST_LISTED } from "../protocol/protocol.ts"
import { Refusal } from "./refusal.ts"

/** How long events are listened to for somebody who may ask again. */
const LINGER_MS = 10_000
/** Events that are kept for them. */
const MOST_EVENTS = 500

/** The chart of the cycle has the states of a tuning engine in one box. */
const activeOf = ({ phase }: FleetEngineSnapshot): ReadonlyArray<string> =>
  phase === "frozen"
    ? ["spsaCycle", "spsaCycle.frozen"]
    : ["spsaCycle", "spsaCycle.tuning", `spsaCycle.tuning.${phase}`]

/** What is asked of a fleet's list. */
export interface FleetListQuery {
  readonly query: FleetQuery & { readonly offset: number }
  readonly heard: number | null
  readonly sort: FleetSort
  readonly map: boolean
}

export class LiveFleet {
  readonly id: string
  readonly readOnly: boolean
  private readonly core: FleetCore
  private readonly name: string
  private readonly events: Array<FleetEvent> = []
  /** Events heard so far, those that made room included. */
  private heard = 0
  private subscription: Subscription | null = null
  private lingering: NodeJS.Timeout | null = null

  constructor(core: FleetCore, options: { readonly name: string; readonly readOnly: boolean }) {
    this.core = core
    this.id = core.settings.name
    this.name = options.name
    this.readOnly = options.readOnly
  }

  entry(readOnly: boolean): FleetEntry {
    const { engine } = this.core.settings
    return {
      id: this.id,
      name: this.name,
      actions: readOnly || this.readOnly ? [] : FLEET_ACTIONS,
      objective: engine.objective,
      label: labelOf(engine),
      knobs: knobsOf(engine),
      preset: presetOf(resolveGuardrails(engine.guardrails)),
      groups: [...this.core.shared.keys()],
    }
  }

  /** `heard`: number of the last event that who asks knows of; null where none is. */
  list({ query, heard, sort, map }: FleetListQuery): FleetList {
    this.listen()
    const { core } = this
    const { offset, limit = MOST_LISTED } = query
    const { total, cells: all } = listCells(core, { ...query, offset: 0, limit: Number.POSITIVE_INFINITY })
    const cells = ordered(all, sort).slice(offset, offset + limit)
    const wanted = heard === null ? 0 : Math.min(this.heard, Math.max(0, this.heard - heard))
    const events = wanted === 0 ? [] : this.events.slice(-wanted)
    return {
      fleet: snapshotOfFleet(core),
      total,
      offset: query.offset,
      engines: cells.map((cell) => this.snapshot(cell)),
      events,
      event: this.heard,
      skipped: wanted - events.length,
      map: map ? mapOf(core.cells.values()) : null,
    }
  }

  /** Throws a Refusal where there is no engine of this key. `after`: number of the last record that is known. */
  look(key: string, after: number): FleetEngineView {
    const { core } = this
    const cell = this.cell(key)
    const engine = this.snapshot(cell)
    const { names } = core.settings.engine.space
    return {
      nowUs: core.nowUs,
      engine,
      active: activeOf(engine),
      budgets: cell.loop === null ? null : budgetsOf(cell.loop.hot.executor, names, core.nowUs),
      records: cell.records > after ? this.recordsOf(cell, after) : [],
    }
  }

  /** Throws a Refusal where it cannot be done. */
  act(request: FleetActionRequest, who: string): FleetActionResult {
    const cell = this.cell(request.key)
    const note = fleetAct(this.core, cell, request, who)
    return { ok: true, action: request.action, note, engine: this.snapshot(cell) }
  }

  metrics(): string {
    return prometheusText(readFleetMetrics(this.core), { fleet: this.id })
  }

  close(): void {
    if (this.lingering !== null) clearTimeout(this.lingering)
    this.lingering = null
    this.subscription?.unsubscribe()
    this.subscription = null
  }

  private cell(key: string): FleetCell {
    const cell = this.core.cells.get(key)
    if (cell !== undefined) return cell
    throw new Refusal("notFound", `The fleet has no engine ${JSON.stringify(key.slice(0, 80))}.`)
  }

  private snapshot(cell: FleetCell): FleetEngineSnapshot {
    return snapshotOfCell(cell, this.core.settings.engine.space)
  }

  private recordsOf(cell: FleetCell, after: number): ReadonlyArray<AuditRecord> {
    const run = `${this.core.settings.name}/${cell.key}`
    const records = this.core.trail.trail.records()
    return records.filter((record) => record.run === run && record.seq > after).slice(-MOST_LISTED)
  }

  private listen(): void {
    this.subscription ??= this.core.news.listeners.add((event) => {
      this.heard++
      this.events.push(event)
      if (this.events.length > MOST_EVENTS) this.events.shift()
    })
    if (this.lingering === null) this.lingering = setTimeout(() => this.close(), LINGER_MS).unref()
    else this.lingering.refresh()
  }
}
