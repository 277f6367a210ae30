/**
 * The live stream of a running engine into the model. The browser reconnects by itself and says what it heard last; where
 * the server cannot resume, the time line and the latest records are read anew, so that no gap looks like quiet.
 */
import type { EngineEntry, StreamEvent, StreamMessages } from "../../protocol/protocol.ts"
import { SHOWN_KINDS } from "../../../domain/recordTexts.ts"
import { address, api } from "./api.ts"
import type { ModelState } from "./ModelState.ts"
import { type EventStream, wire } from "./wire.ts"

const POINTS = 1000
const RECORDS = 200

export class LiveFeed {
  private readonly model: ModelState
  private readonly entry: EngineEntry
  private source: EventStream | null = null
  private closed = false
  /** What came while the history is read: it may be newer than that, and is taken after it. */
  private late: Array<() => void> | null = null

  constructor(model: ModelState, entry: EngineEntry) {
    this.model = model
    this.entry = entry
  }

  begin(): void {
    const source = wire.stream(address("events", { engine: this.entry.id }))
    this.source = source
    const { model } = this
    const on = <K extends StreamEvent>(type: K, take: (message: StreamMessages[K]) => void): void => {
      source.addEventListener(type, (event: MessageEvent<string>) => {
        if (!this.closed) take(JSON.parse(event.data) as StreamMessages[K])
      })
    }
    on("hello", ({ resumed }) => {
      model.connection.set({ state: "open" })
      if (!resumed) void this.catchUp()
    })
    on("snapshot", (snapshot) => model.snapshot.set(snapshot))
    on("state", (states) => model.states.set(states))
    on("event", ({ events, skipped }) => {
      model.hear(events)
      if (skipped > 0) model.skipped.set(model.skipped.value + skipped)
    })
    on("window", (window) => {
      model.lastWindow.set(window)
      const snapshot = model.snapshot.value
      this.inTurn(() => {
        model.track.value?.add(window, snapshot)
        model.track.touch()
      })
    })
    on("audit", ({ records, skipped }) => {
      if (skipped > 0) model.skipped.set(model.skipped.value + skipped)
      this.inTurn(() => {
        model.note(records)
        for (const record of records) model.track.value?.note(record)
        model.track.touch()
      })
    })
    on("budgets", (budgets) => model.budgets.set(budgets))
    on("schedule", (schedule) => model.schedule.set(schedule))
    on("session", ({ reason, detail }) => {
      void model.refresh()
      if (reason === "guardrails") return
      const what = reason === "fault" ? "The engine could not recover from a fault" : "The engine was stopped"
      model.connection.set({ state: "over", message: detail === null ? `${what}.` : `${what}: ${detail}` })
    })
    source.addEventListener("error", () => {
      if (this.closed || model.connection.value.state === "over") return
      model.connection.set({ state: "lost", message: "Connection lost. Reconnecting." })
      // A browser gives up by itself when it was answered with an error: ask why.
      if (source.readyState === EventSource.CLOSED) void this.retry()
    })
  }

  close(): void {
    this.closed = true
    this.source?.close()
  }

  private async retry(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2000))
    if (this.closed) return
    await this.model.refresh()
    if (!this.closed && this.model.connection.value.state !== "locked") this.begin()
  }

  private inTurn(take: () => void): void {
    if (this.late === null) take()
    else this.late.push(take)
  }

  private async catchUp(): Promise<void> {
    const { model, entry } = this
    const late: Array<() => void> = []
    this.late = late
    try {
      const [history, page] = await Promise.all([
        api.history(entry.id, POINTS),
        api.audit({ engine: entry.id, kind: SHOWN_KINDS, limit: RECORDS }),
      ])
      // Another one that began meanwhile reads what this one did not hear.
      if (this.closed || this.late !== late) return
      model.track.value?.load(history)
      model.track.touch()
      model.records.set(page.records)
    } catch (error) {
      if (!this.closed) model.fail(error)
    }
    if (this.late !== late) return
    this.late = null
    for (const take of late) take()
  }
}
