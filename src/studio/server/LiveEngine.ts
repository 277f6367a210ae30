/**
 * A running engine as the studio shows it. While nobody looks, it keeps a row of history per window and nothing else; the
 * statecharts are inspected and the state is read ten times a second only while a client is connected. Nothing here is called
 * per digest, and no timer of it holds the process.
 */
import type { ServerResponse } from "node:http"
import type { InspectionEvent, Subscription } from "xstate"
import { presetOf } from "../../control/guardrails.ts"
import type { Window } from "../../domain/Window.ts"
import type { GuardrailNumbers } from "../../hot/Guardrails.ts"
import type { EngineCore } from "../../engine/EngineCore.ts"
import type { EngineSnapshot } from "../../engine/contract/EngineSnapshot.ts"
import { metricsPage } from "../../engine/metrics/prometheus.ts"
import { actorStates, type Looked } from "./actorStates.ts"
import { auditPage, type AuditQuery } from "./auditSearch.ts"
import { budgetsOf } from "./budgetGauges.ts"
import { engineAct } from "./engineActions.ts"
import { settingsEntry } from "./engineEntry.ts"
import { EventChannel } from "./EventChannel.ts"
import { EventLog } from "./EventLog.ts"
import { HistoryRecorder } from "./HistoryRecorder.ts"
import { RECORDS } from "../../domain/records.ts"
import {
  type ActionRequest,
  type AuditPage,
  type EngineEntry,
  type History,
  MOST_HISTORY_KNOBS,
  type WindowMessage,
} from "../protocol/protocol.ts"
import type { LiveSide, StudioEngine } from "./StudioEngine.ts"
import { windowMessage } from "./windowMessage.ts"

const POLL_MS = 100
/** Budgets change slowly: every so many polls. */
const BUDGET_POLLS = 5
const PING_POLLS = 150
/** How long everything is kept going for a client that may come back. */
const LINGER_MS = 10_000
/** How often marks are taken from the audit while nobody looks. */
const IDLE_MS = 1000
/** Windows between two messages, and records of one, at most. */
const MOST_WINDOWS = 50
const MOST_AUDIT = 200

/** A timer that keeps no process alive; in a page there is none to keep. */
function unheld<T extends { unref?: () => unknown }>(timer: T): T {
  timer.unref?.()
  return timer
}

export interface LiveEngineOptions {
  readonly id: string
  readonly name: string
  readonly readOnly: boolean
}

export class LiveEngine implements StudioEngine {
  readonly id: string
  readonly frames = null
  readonly live: LiveSide
  private readonly core: EngineCore
  private readonly options: LiveEngineOptions
  private readonly recorder: HistoryRecorder
  private readonly channel: EventChannel
  private readonly log = new EventLog()
  private readonly base: Float64Array
  private readonly endings: ReadonlyArray<{ readonly unsubscribe: () => void }>
  private windows: Array<{ readonly window: Window; readonly margins: WindowMessage["margins"] }> = []
  private marked = 0
  private sentAudit = 0
  private looking: NodeJS.Timeout | null = null
  private lingering: NodeJS.Timeout | null = null
  private readonly idle: NodeJS.Timeout
  private inspection: { readonly root: unknown; readonly subscription: Subscription } | null = null
  private polls = 0
  /** As the pages were last told. */
  private policy: GuardrailNumbers
  /** What was sent last, as text: only what changed is sent. */
  private readonly last = { snapshot: "", states: "", budgets: "", schedule: "" }

  constructor(core: EngineCore, options: LiveEngineOptions) {
    this.core = core
    this.policy = core.hot.executor.policy
    this.id = options.id
    this.options = options
    const { names } = core.settings.space
    this.recorder = new HistoryRecorder(names, core.settings.rules?.length)
    this.base = new Float64Array(names.length)
    this.channel = new EventChannel(crypto.randomUUID().slice(0, 8))
    this.endings = [
      core.windows$.subscribe((window) => this.onWindow(window)),
      core.whenOver((fault) => this.onOver(fault?.message ?? null)),
    ]
    this.live = {
      join: (response, lastEventId) => this.join(response, lastEventId),
      act: (request, who) => this.act(request, who),
      metrics: (labels) => metricsPage(core, labels),
      dropped: () => this.channel.dropped,
      core,
    }
    this.idle = unheld(setInterval(() => this.takeMarks(), IDLE_MS))
  }

  entry(): EngineEntry {
    const { core, options } = this
    return {
      id: this.id,
      name: options.name,
      runId: core.runId,
      source: "live",
      readOnly: options.readOnly,
      ...settingsEntry(core.settings, core.hot.executor.policy),
      recording: null,
    }
  }

  audit(query: AuditQuery): Promise<AuditPage> {
    return auditPage(this.core.trail.records(), query, (generation) => this.recorder.readingOf(generation))
  }

  history(points: number, knobs: ReadonlyArray<string> | null): History {
    this.takeMarks()
    const wanted = knobs ?? this.recorder.names.slice(0, MOST_HISTORY_KNOBS)
    return this.recorder.read(this.id, points, wanted)
  }

  /** Every client goes, every timer ends; the engine is as if nobody had looked. */
  close(): void {
    clearInterval(this.idle)
    for (const ending of this.endings) ending.unsubscribe()
    this.detach()
    this.channel.end()
  }

  private join(response: ServerResponse, lastEventId: string | null): void {
    const hello = { engine: this.id, nowUs: this.core.hot.nowUs, dropped: this.channel.dropped }
    this.attach()
    const resumed = this.channel.add(response, lastEventId, hello)
    response.on("close", () => this.left())
    if (resumed) return
    this.channel.tell(response, "snapshot", this.core.snapshot())
    this.channel.tell(response, "state", this.states())
    this.channel.tell(response, "budgets", this.budgets())
    const schedule = this.core.schedule?.state()
    if (schedule !== undefined) this.channel.tell(response, "schedule", schedule)
  }

  private act(
    request: ActionRequest,
    who: string,
  ): { readonly note: string; readonly snapshot: EngineSnapshot } {
    const note = engineAct(this.core, request, who)
    if (this.looking !== null) this.poll()
    return { note, snapshot: this.core.snapshot() }
  }

  private attach(): void {
    if (this.lingering !== null) clearTimeout(this.lingering)
    this.lingering = null
    if (this.looking !== null) return
    this.channel.forget()
    this.policy = this.core.hot.executor.policy
    this.polls = 0
    this.takeMarks()
    this.sentAudit = this.marked
    this.inspect()
    this.looking = unheld(setInterval(() => this.poll(), POLL_MS))
  }

  private left(): void {
    if (this.channel.size > 0 || this.looking === null || this.lingering !== null) return
    this.lingering = unheld(setTimeout(() => this.detach(), LINGER_MS))
  }

  private detach(): void {
    if (this.lingering !== null) clearTimeout(this.lingering)
    if (this.looking !== null) clearInterval(this.looking)
    this.lingering = null
    this.looking = null
    this.inspection?.subscription.unsubscribe()
    this.inspection = null
    this.windows = []
    this.log.take()
  }

  /** A root that was put in the place of another is looked into anew. */
  private inspect(): void {
    const { actor } = this.core
    if (this.inspection?.root === actor) return
    this.inspection?.subscription.unsubscribe()
    const subscription = actor.system.inspect((event: InspectionEvent) =>
      this.log.add(event, this.core.hot.nowUs),
    )
    this.inspection = { root: actor, subscription }
  }

  private poll(): void {
    this.polls++
    this.inspect()
    const events = this.log.take()
    if (events !== null) this.channel.send("event", events)
    for (const { window, margins } of this.windows)
      this.channel.send("window", windowMessage(window, this.recorder, margins))
    this.windows = []
    this.sendAudit()
    this.sendChanged("snapshot", this.core.snapshot())
    this.tellGuardrails()
    const states = this.states()
    // The time alone is no change.
    if (this.changed("states", JSON.stringify(states.actors))) this.channel.send("state", states)
    if (this.polls % BUDGET_POLLS === 1) {
      const budgets = this.budgets()
      if (this.changed("budgets", JSON.stringify({ ...budgets, atUs: 0 })))
        this.channel.send("budgets", budgets)
      const schedule = this.core.schedule?.state()
      if (schedule !== undefined && this.changed("schedule", JSON.stringify(schedule)))
        this.channel.send("schedule", schedule)
    }
    if (this.polls % PING_POLLS === 0) this.channel.ping()
  }

  /** Whoever changed them: a page that was open before shows others. */
  private tellGuardrails(): void {
    const { policy } = this.core.hot.executor
    if (policy === this.policy) return
    this.policy = policy
    this.channel.send("session", { engine: this.id, reason: "guardrails", detail: presetOf(policy) })
  }

  private sendChanged(event: "snapshot", snapshot: EngineSnapshot): void {
    if (this.changed("snapshot", JSON.stringify(snapshot))) this.channel.send(event, snapshot)
  }

  private changed(what: keyof LiveEngine["last"], text: string): boolean {
    if (this.last[what] === text) return false
    this.last[what] = text
    return true
  }

  private sendAudit(): void {
    this.takeMarks()
    // Counted apart from the marks, which are taken for others too.
    const fresh = this.core.trail.recordsAfter(this.sentAudit)
    this.sentAudit = fresh.at(-1)?.seq ?? this.sentAudit
    const records = fresh.filter(({ kind }) => RECORDS[kind].stream !== true)
    if (records.length === 0) return
    const shown = records.slice(-MOST_AUDIT)
    this.channel.send("audit", { records: shown, skipped: records.length - shown.length })
  }

  /** Marks what is new in the audit. */
  private takeMarks(): void {
    const records = this.core.trail.recordsAfter(this.marked)
    for (const record of records) this.recorder.note(record)
    const newest = records.at(-1)
    if (newest !== undefined) this.marked = newest.seq
  }

  private onWindow(window: Window): void {
    const { core, base } = this
    this.takeMarks()
    const { table } = core.settings.space
    for (let i = 0; i < base.length; i++) base[i] = table.decode(i, core.hot.executor.base[i])
    const { config } = core.hot
    const live = config.block.subarray(config.valuesAt, config.valuesAt + base.length)
    const margins = this.recorder.add(window, live, base, core.rules?.states())
    // The index of the next one that is sent tells of those that were not.
    if (this.looking !== null && this.windows.length < MOST_WINDOWS) this.windows.push({ window, margins })
  }

  private onOver(fault: string | null): void {
    if (this.looking !== null) this.poll()
    const reason = fault === null ? "stopped" : "fault"
    this.channel.send("session", { engine: this.id, reason, detail: fault })
  }

  private states(): { readonly atUs: number; readonly actors: ReturnType<typeof actorStates> } {
    const root: Looked = this.core.actor
    return { atUs: this.core.hot.nowUs, actors: actorStates(root) }
  }

  private budgets(): ReturnType<typeof budgetsOf> {
    const { core } = this
    return budgetsOf(core.hot.executor, core.settings.space.names, core.nowUs)
  }
}
