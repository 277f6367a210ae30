/**
 * The faults, as data: what is done, by whom, and how often in the long and in the short form. `scenes.ts` knows how each
 * kind is played, `sabotage.ts` what is done from within.
 */
import type { SabotageName } from "./sabotage.ts"

export type Fault = {
  readonly name: string
  /** What is done, in a sentence. */
  readonly what: string
  /** Repetitions: on demand, and in CI. */
  readonly long: number
  readonly short: number
} & (
  | { readonly kind: "sabotage"; readonly sabotage: SabotageName; readonly holdMs: number }
  /** As many processes one after another over one state directory, each killed at a moment of its own. */
  | { readonly kind: "kill"; readonly sabotage: SabotageName; readonly withinMs: number }
  /** The last segment of a killed process, at every offset; `strides` apart, and how many processes are started over them. */
  | {
      readonly kind: "torn"
      readonly tail: TornTail
      readonly longStride: number
      readonly shortStride: number
    }
  | { readonly kind: "suspend"; readonly holdMs: number }
  | { readonly kind: "twoProcesses" }
  | { readonly kind: "twoContainers" }
  | { readonly kind: "smallDisk"; readonly killed: boolean; readonly holdMs: number }
  | { readonly kind: "directoryRemoved" }
  /** The last segment of a killed process, all of it; a process is started over what is left. */
  | { readonly kind: "overwritten"; readonly with: Overwriting }
  | { readonly kind: "startless" }
  | { readonly kind: "earlyCommands" }
)

/** What a segment is overwritten with. */
export type Overwriting = "zeros" | "text" | "noise"

/** What stands behind the offset: nothing, as many zeros as there were bytes, or anything at all. */
export type TornTail = "cut" | "zeros" | "garbage"

const within = (sabotage: SabotageName, what: string, holdMs: number, short = 1): Fault => ({
  name: sabotage,
  what,
  kind: "sabotage",
  sabotage,
  holdMs,
  long: 20,
  short,
})

const torn = (tail: TornTail, what: string): Fault => ({
  name: `torn, ${tail}`,
  what: `the last segment ${what} from every offset on`,
  kind: "torn",
  tail,
  long: 1,
  short: 1,
  longStride: 1,
  shortStride: 211,
})

const overwritten = (by: Overwriting): Fault => ({
  name: `overwritten, ${by}`,
  what: `the last segment, synced, is ${by} from its first byte to its last; the next process must freeze and say so`,
  kind: "overwritten",
  with: by,
  long: 20,
  short: 1,
})

export const faults: ReadonlyArray<Fault> = [
  {
    name: "kill -9",
    what: "SIGKILL at a random moment, from the start of the process on; the next process takes over",
    kind: "kill",
    sabotage: "none",
    withinMs: 1200,
    long: 200,
    short: 2,
  },
  {
    name: "kill -9 among adversaries",
    what: "the same, while telemetry lies",
    kind: "kill",
    sabotage: "adversarial",
    withinMs: 1500,
    long: 40,
    short: 1,
  },
  {
    name: "kill -9 on a hung disk",
    what: "the same, while no write returns",
    kind: "kill",
    sabotage: "hangingDisk",
    withinMs: 1500,
    long: 20,
    short: 0,
  },
  torn("cut", "is cut off"),
  torn("zeros", "is zeros"),
  torn("garbage", "is garbage"),
  overwritten("zeros"),
  overwritten("text"),
  overwritten("noise"),
  {
    name: "journal without a start",
    what: "the run of a killed process does not say how it was started; the next process must freeze and say so",
    kind: "startless",
    long: 20,
    short: 1,
  },
  {
    name: "commands during the start",
    what: "a subscriber gives a trip and other commands with the first states it hears",
    kind: "earlyCommands",
    long: 20,
    short: 1,
  },
  {
    name: "disk full",
    what: "a small disk in memory is filled up, and emptied again",
    kind: "smallDisk",
    killed: false,
    holdMs: 600,
    long: 20,
    short: 1,
  },
  {
    name: "disk full, killed",
    what: "the same, and SIGKILL while it is full",
    kind: "smallDisk",
    killed: true,
    holdMs: 600,
    long: 20,
    short: 0,
  },
  within("slowDisk", "every write and sync takes 20 to 200 ms longer", 600),
  within("hangingDisk", "no write or sync returns until the fault is over", 800),
  within("failingDisk", "every write and sync fails with EIO", 400),
  within("readOnlyDisk", "every write and sync fails with EROFS", 400, 0),
  {
    name: "state removed",
    what: "the state directory is deleted under the running engine",
    kind: "directoryRemoved",
    long: 20,
    short: 1,
  },
  {
    name: "two processes",
    what: "a second process is started over the same state directory",
    kind: "twoProcesses",
    long: 20,
    short: 1,
  },
  {
    name: "two containers",
    what: "the same from containers of one host name, and after SIGKILL a third one with another host name takes over",
    kind: "twoContainers",
    long: 20,
    short: 1,
  },
  within("throwingSink", "another sink of the audit throws", 400, 0),
  within("failingSink", "another sink fails with an AuditError", 400),
  within("hangingSink", "another sink never answers", 1500, 0),
  within("wallClock", "the wall clock jumps by up to six hours both ways, again and again", 500),
  within("everyClock", "so does the monotonic clock, which no system lets happen", 500),
  {
    name: "suspended",
    what: "SIGSTOP, and SIGCONT later",
    kind: "suspend",
    holdMs: 900,
    long: 20,
    short: 1,
  },
  within("silence", "no digest arrives", 500),
  within("frozen", "one digest again and again, stamp and all", 500, 0),
  within("stuck", "one reading again and again, as if it were new", 500, 0),
  within("notNumbers", "NaN and both infinities", 500),
  within("duplicated", "each digest three times", 400, 0),
  within("reordered", "each digest late and in any order", 500),
  within("adversarial", "lies about objectives, margins, times and generations, to make it thrash", 800),
  within("throwingCallbacks", "subscribers throw", 400, 0),
  within("hangingCallbacks", "subscribers hold the thread for up to 30 ms at each state", 500),
  within("neverResolving", "subscribers give back promises that never resolve", 300, 0),
  within("tenfoldLatency", "requests take ten times as long", 800),
]
