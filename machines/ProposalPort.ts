/**
 * The one thing through which Tier 2 reaches Tier 1. A port looks enough like an actor for XState's `sendTo` and for
 * inspectors, takes proposals and lets every other event fall. The hot path behind it lies in a private field: nothing
 * that walks a context finds a way from here to the configuration.
 */
import type { AnyActorRef } from "xstate"
import type { Proposal } from "../src/domain/Proposal.ts"

/** A proposal on its way, with whom to answer. Decisions to change nothing need no answer. */
export interface ProposalEvent {
  readonly type: "proposal"
  readonly proposal: Proposal
  readonly replyTo: AnyActorRef
}

/** Where a port delivers: in practice the hot-path actor. */
export interface ProposalReceiver {
  readonly id: string
  readonly sessionId: string
  send(event: ProposalEvent): void
}

/** Binds a port to its receiver. The creator of the port keeps it, never Tier 2. */
export type BindPort = (receiver: ProposalReceiver) => void

interface Delivering {
  _send?: (event: ProposalEvent) => void
}

/** Ports made by this process. */
let made = 0
const tied = new WeakMap<BindPort, ProposalPort>()

/** The port that `bind` ties. */
export const portOf = (bind: BindPort): ProposalPort | undefined => tied.get(bind)

/** Takes proposals, and nothing else, to Tier 1; `ProposalPort.create()` makes one with the means to tie it. */
export class ProposalPort {
  #receiver: ProposalReceiver | null = null
  readonly #number = ++made

  /** A port and the means to tie it, apart from each other. */
  static create(): { readonly port: ProposalPort; readonly bind: BindPort } {
    const port = new ProposalPort()
    const bind: BindPort = (receiver) => {
      port.#receiver = receiver
    }
    tied.set(bind, port)
    return { port, bind }
  }

  /** Tells apart the ports of one process, in snapshots. */
  get number(): number {
    return this.#number
  }

  get id(): string {
    return this.#receiver?.id ?? "unboundPort"
  }

  /** That of the actor behind the port, so that an inspector draws the arrow to where the event arrives. */
  get sessionId(): string {
    return this.#receiver?.sessionId ?? ""
  }

  send(event: ProposalEvent): void {
    if (event.type === "proposal") this.#receiver?.send(event)
  }

  /** What XState calls once it has shown the event to inspectors; `send` would show it again. */
  _send(event: ProposalEvent): void {
    const receiver: (ProposalReceiver & Delivering) | null = this.#receiver
    if (event.type !== "proposal" || receiver === null) return
    if (receiver._send === undefined) receiver.send(event)
    else receiver._send(event)
  }
}

/** A port answers to everything `sendTo` asks of an actor; only the type says less. */
export const asTarget = (port: ProposalPort): AnyActorRef => port as unknown as AnyActorRef
