/**
 * What a step of `quickTransition` sends and emits: kept in its order until the snapshot that the step leads to is the actor's, as XState
 * does it with a closure for each. A box is used again once it is empty, so that sending makes no garbage.
 */
import type { AnyActorRef, AnyEventObject } from "xstate"

/** Through which an actor sends. */
export interface Sending {
  readonly self: AnyActorRef
  readonly system: {
    readonly _relay: (from: AnyActorRef, to: AnyActorRef, event: AnyEventObject) => void
  }
  readonly defer: (call: () => void) => void
  readonly emit: (event: AnyEventObject) => void
}

/**
 * XState empties the list of what an actor has deferred after every event, and V8 lets the memory of an emptied list go where it is more
 * than so little: a new one for every event that sends. Harmless where XState keeps no such list.
 */
export function keepRoom(actor: AnyActorRef): void {
  const held = actor as unknown as { _deferred?: unknown }
  if (!Array.isArray(held._deferred)) return
  const list: Array<unknown> = [null, null, null, null]
  while (list.length > 0) list.pop()
  for (const deferred of held._deferred) list.push(deferred)
  held._deferred = list
}

/** Boxes that wait, each knowing the next: as many as steps ever led to steps, one within the other. */
let spare: Outbox | null = null

export class Outbox {
  private scope: Sending | null = null
  /** The receiver of each event; null: every listener. */
  private readonly targets: Array<AnyActorRef | null> = []
  private readonly events: Array<AnyEventObject | null> = []
  private count = 0
  private next: Outbox | null = null
  private readonly flush: () => void

  constructor() {
    this.flush = () => this.sendAll()
  }

  /** An empty box whose turn comes among what this actor has deferred. */
  static of(scope: Sending): Outbox {
    const box = spare ?? new Outbox()
    spare = box.next
    box.next = null
    box.scope = scope
    scope.defer(box.flush)
    return box
  }

  private static keep(box: Outbox): void {
    box.next = spare
    spare = box
  }

  send(to: AnyActorRef, event: AnyEventObject): void {
    this.targets[this.count] = to
    this.events[this.count++] = event
  }

  emit(event: AnyEventObject): void {
    this.targets[this.count] = null
    this.events[this.count++] = event
  }

  private sendAll(): void {
    const { scope, targets, events } = this
    if (scope === null) return
    // Both are forgotten as they go: a box that waits keeps nobody alive.
    for (let i = 0; i < this.count; i++) {
      const to = targets[i]
      const event = events[i]
      targets[i] = events[i] = null
      if (event === null) continue
      if (to === null) scope.emit(event)
      else scope.system._relay(scope.self, to, event)
    }
    this.scope = null
    this.count = 0
    Outbox.keep(this)
  }
}
