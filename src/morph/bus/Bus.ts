/**
 * How the parts of a growing host that are not in the hot thread, and other processes, hear from one another. Messages are bytes with an
 * id, in lanes; a group of consumers shares the messages of a lane, and each group gets all of them. The boundary never waits for a bus.
 *
 * Delivery is at least once. A message is pending from `take` to `done`; one that its consumer does not finish in time is claimed by the
 * next consumer that takes, and after the last attempt it goes to the lane `dead`. A message with an id that was published before is
 * dropped. Both adapters, in process and over Redis Streams, pass the same suite (`test/morph/bus/conformance.ts`).
 */
import type { PriorityName } from "../contracts/enums.ts"

/** `dead` holds what was given up, with where it came from and why in its attributes. */
export const LANES = ["normal", "emergency", "telemetry", "policy", "kernels", "dead"] as const
export type LaneName = (typeof LANES)[number]

export interface BusMessage {
  /** A second message with this id on the same lane is dropped. */
  readonly id: string
  readonly type: string
  /** Decides what is refused first where a lane is full. */
  readonly priority: Exclude<PriorityName, "unknown">
  readonly payload: Uint8Array
  readonly attributes?: Readonly<Record<string, string>>
}

/** A message in somebody's hands. */
export interface Delivery {
  readonly message: BusMessage
  readonly lane: LaneName
  /** From 1. A claimed message counts the attempt of the consumer that lost it. */
  readonly attempt: number
  /** Where it stands in the lane; means something to the bus alone. */
  readonly entry: string
}

/**
 * - `duplicate`: this id was published on this lane before.
 * - `shed`: too much is waiting for a message of this priority. It was counted and is nowhere.
 */
export type Published = "accepted" | "duplicate" | "shed" | "closed"

export interface Consumer {
  /** Next messages of the group, at most so many: first those that another consumer has kept for too long, then new ones. */
  readonly take: (most: number) => Promise<ReadonlyArray<Delivery>>
  /** Finishes a message. False where somebody else has claimed it meanwhile: then it is handled twice. */
  readonly done: (delivery: Delivery) => Promise<boolean>
  /** Gives it back in one step: to the end of the lane for this group, or to `dead` after the last attempt. False as for `done`. */
  readonly retry: (delivery: Delivery, why: string) => Promise<boolean>
  /** Takes no more. What is pending stays so until another consumer claims it. */
  readonly stop: () => Promise<void>
}

export interface LaneState {
  /** What a group has neither been given nor finished: lag and pending together. The largest group's; without any, all that is there. */
  readonly depth: number
  /** Whether so much waits that nothing new should be started. Has its own way out; see `Pressure`. */
  readonly conservative: boolean
  /** Messages that were refused, and such as were dropped as duplicates. */
  readonly shed: number
  readonly duplicates: number
}

export interface Bus {
  readonly publish: (lane: LaneName, message: BusMessage) => Promise<Published>
  /** A new group begins with everything that is still on the lane. `arrived` is called when there may be something to take. */
  readonly subscribe: (
    lane: LaneName,
    group: string,
    consumer: string,
    arrived?: () => void,
  ) => Promise<Consumer>
  readonly depth: (lane: LaneName, group: string) => Promise<number>
  readonly state: (lane: LaneName) => Promise<LaneState>
  /** Removes what every group has finished; returns how many. A bus also does so by itself now and then. */
  readonly trim: (lane: LaneName) => Promise<number>
  readonly close: () => Promise<void>
}

export interface BusOptions {
  /** Depth at which a lane becomes conservative, and the one to which it must fall to leave that. */
  readonly conservativeAt: number
  readonly calmAt: number
  /** How long it stays conservative at least, ms. */
  readonly dwellMs: number
  /** After how long a message that was taken may be claimed by another consumer, ms. */
  readonly claimAfterMs: number
  /** Attempts before a message is given up. */
  readonly attempts: number
  /** How long an id is remembered, ms. */
  readonly rememberMs: number
}

export const BUS: BusOptions = {
  conservativeAt: 4000,
  calmAt: 1000,
  dwellMs: 10_000,
  claimAfterMs: 30_000,
  attempts: 5,
  rememberMs: 300_000,
}
