/** The model of the page, with the engine it shows: live, or a recorded run. */
import type { EngineEntry } from "../../protocol/protocol.ts"
import { graphOf } from "../statechart/Graph.ts"
import { api } from "./api.ts"
import { Cell } from "./cell.ts"
import { LiveFeed } from "./LiveFeed.ts"
import { ReplayFeed } from "./ReplayFeed.ts"
import { Track } from "./Track.ts"
import { ModelState } from "./ModelState.ts"

export class Model extends ModelState {
  /** The moment a recorded run is shown at; null while live. */
  readonly replay = new Cell<ReplayFeed | null>(null)
  private feed: { close: () => void } | null = null

  /** Reads the session and opens the engine asked for, or the first. */
  async begin(wanted: string | null): Promise<void> {
    try {
      const [session, { machines }] = await Promise.all([api.session(), api.machines()])
      this.session.set(session)
      this.machines.set(new Map(machines.map((machine) => [machine.name, graphOf(machine)])))
      const entry = session.engines.find((one) => one.id === wanted) ?? session.engines[0]
      if (entry === undefined) this.connection.set({ state: "open" })
      else this.open(entry)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Shows another engine. */
  open(entry: EngineEntry): void {
    this.feed?.close()
    this.engine.set(entry)
    this.snapshot.set(null)
    this.states.set(null)
    this.budgets.set(null)
    this.schedule.set(null)
    this.lastWindow.set(null)
    this.records.set([])
    this.events.set([])
    this.skipped.set(0)
    this.atEnd.set(false)
    this.track.set(new Track(entry))
    if (entry.source === "recorded") {
      const replay = new ReplayFeed(this, entry)
      this.replay.set(replay)
      this.feed = replay
      void replay.begin()
    } else {
      this.replay.set(null)
      const live = new LiveFeed(this, entry)
      this.feed = live
      live.begin()
    }
  }
}
