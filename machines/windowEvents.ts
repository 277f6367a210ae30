/**
 * The events that travel with every window, made in one piece: a window on its way, the guard's turn, a proposal and Tier 1's yes to it.
 * Anything rarer is a plain object, or goes through `shown`.
 */
import type { AnyActorRef } from "xstate"
import type { Proposal } from "../src/domain/Proposal.ts"
import type { Receipt } from "../src/domain/Receipt.ts"
import type { Window } from "../src/domain/Window.ts"
import type { AppliedEvent, GuardedPlace, JudgeEvent, WindowEvent } from "./events.ts"
import type { ProposalEvent } from "./ProposalPort.ts"
import { ViewableEvent } from "./shown.ts"

class ClosedWindow extends ViewableEvent implements WindowEvent {
  readonly type = "window"
  readonly window: Window
  readonly nowUs: number

  constructor(window: Window, nowUs: number) {
    super()
    this.window = window
    this.nowUs = nowUs
  }
}

class Judge extends ViewableEvent implements JudgeEvent {
  readonly type = "judge"
  readonly window: Window
  readonly nowUs: number
  readonly place: GuardedPlace
  readonly cycle: AnyActorRef | null

  constructor({ window, nowUs }: WindowEvent, place: GuardedPlace, cycle: AnyActorRef | null) {
    super()
    this.window = window
    this.nowUs = nowUs
    this.place = place
    this.cycle = cycle
  }
}

class Asking extends ViewableEvent implements ProposalEvent {
  readonly type = "proposal"
  readonly proposal: Proposal
  readonly replyTo: AnyActorRef

  constructor(proposal: Proposal, replyTo: AnyActorRef) {
    super()
    this.proposal = proposal
    this.replyTo = replyTo
  }
}

class Applied extends ViewableEvent implements AppliedEvent {
  readonly type = "applied"
  readonly receipt: Receipt

  constructor(receipt: Receipt) {
    super()
    this.receipt = receipt
  }
}

export const windowEvent = (window: Window, nowUs: number): WindowEvent => new ClosedWindow(window, nowUs)

/** `cycle`: who gets the window when the guard has no objection. */
export const judgeEvent = (window: WindowEvent, place: GuardedPlace, cycle: AnyActorRef | null): JudgeEvent =>
  new Judge(window, place, cycle)

export const proposalEvent = (proposal: Proposal, replyTo: AnyActorRef): ProposalEvent =>
  new Asking(proposal, replyTo)

export const appliedEvent = (receipt: Receipt): AppliedEvent => new Applied(receipt)
