/**
 * What is done to an engine from within its own process: its telemetry, its callbacks, its sinks, its disk, its clocks and
 * its plant. Each sabotage is switched on and off while everything runs; what it draws, it draws from the seed.
 */
import { rmSync, statfsSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { DigestInput } from "../../src/domain/Digest.ts"
import { AuditError } from "../../src/domain/errors.ts"
import type { ArqonEngine, AuditSink } from "../../src/index.ts"
import { type JournalDisk, nodeDisk } from "../../src/journal/disk/journalDisk.ts"
import { uniformAt } from "../../src/testing/noise.ts"
import { type Knob, lossOf, steadyMs } from "./plant.ts"

/** What can be got at. */
export interface Victim {
  readonly engine: () => ArqonEngine<Knob>
  readonly directory: string
  /** Uniform in (0, 1), another one at each call. */
  readonly draw: () => number
  /** What becomes of a digest on its way to the engine; null: it is handed over. */
  telemetry: ((digest: DigestInput) => ReadonlyArray<DigestInput>) | null
  /** How many times as long a request takes. */
  slowness: number
  /** What happens before the journal's disk does anything; may wait, may throw. */
  disk: (() => Promise<void>) | null
  /** The segment that is being written and how far, as the disk saw it. */
  written: { readonly segment: number; readonly bytes: number }
  /** What the second sink of the audit does with a batch; null: it takes it. */
  sink: AuditSink["write"] | null
}

export interface Switch {
  readonly on: () => void
  readonly off: () => void
  /** Again and again while it is on, between two requests. */
  readonly meanwhile?: () => void
}
export type Sabotage = (victim: Victim) => Switch

const HOUR_MS = 3_600_000
const quiet = { on: () => {}, off: () => {} }

/** Digests as they come pass through `pass` while it is on. */
const telemetry =
  (make: (victim: Victim) => NonNullable<Victim["telemetry"]>): Sabotage =>
  (victim) => ({
    on: () => void (victim.telemetry = make(victim)),
    off: () => void (victim.telemetry = null),
  })

const disk =
  (act: (victim: Victim) => Promise<void>): Sabotage =>
  (victim) => ({
    on: () => void (victim.disk = () => act(victim)),
    off: () => void (victim.disk = null),
  })

const sink =
  (write: AuditSink["write"]): Sabotage =>
  (victim) => ({ on: () => void (victim.sink = write), off: () => void (victim.sink = null) })

const refusal = (code: string): Error => Object.assign(new Error(`${code}: said the fault suite`), { code })
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const thrower = (): never => {
  throw new Error("a callback of the user's")
}

/** Holds the thread for so long. */
const hold = (ms: number): void => {
  for (const until = steadyMs() + ms; steadyMs() < until; );
}

/** The clocks of the process with a number of milliseconds added that changes while it runs. */
function shiftedClocks(which: "wall" | "all", draw: () => number): Switch {
  const wall = Date.now
  const steady = process.hrtime.bigint.bind(process.hrtime)
  const sinceStart = performance.now.bind(performance)
  let shift = 0
  return {
    on: () => {
      Date.now = () => wall() + shift
      if (which === "wall") return
      process.hrtime.bigint = () => steady() + BigInt(Math.round(shift * 1e6))
      performance.now = () => sinceStart() + shift
    },
    meanwhile: () => {
      if (draw() < 0.02) shift += (2 * draw() - 1) * 6 * HOUR_MS
    },
    // The clock of the engine keeps its last shift: going back would be one more jump, and hours long.
    off: () => {
      Date.now = wall
    },
  }
}

/** Reports what serves it best, not what is: flips with every apply, leaps, lies about times and generations. */
const adversary =
  ({ draw, engine }: Victim): NonNullable<Victim["telemetry"]> =>
  (digest) => {
    const { generation, nowUs, values } = engine()
    const lie = draw()
    const push = generation % 4 < 2 ? lossOf(values) : -lossOf(values)
    const objective = [push, 1e308 * (draw() - 0.5), Number.POSITIVE_INFINITY, digest.objective][
      lie < 0.85 ? 0 : Math.floor(1 + 3 * draw())
    ]
    const stamp = draw() < 0.1 ? { timestampUs: Math.max(0, nowUs + (draw() - 0.5) * 2e10) } : {}
    const other = draw() < 0.1 ? { generation: Math.max(0, generation + Math.floor(5 * draw()) - 2) } : {}
    const margin = draw() < 0.2 ? { constraintMargin: 2 * draw() - 1.2 } : {}
    return Array.from({ length: 1 + Math.floor(2 * draw()) }, () => ({
      ...digest,
      objective,
      ...stamp,
      ...other,
      ...margin,
    }))
  }

export const sabotages = {
  none: () => quiet,
  silence: telemetry(() => () => []),
  /** One reading again and again, with the stamp and the generation of its first time. */
  frozen: telemetry(({ engine }) => {
    let kept: DigestInput | null = null
    return (digest) => [(kept ??= { ...digest, timestampUs: engine().nowUs })]
  }),
  /** One reading again and again, as if it were new. */
  stuck: telemetry(() => {
    let kept = Number.NaN
    return (digest) => {
      if (Number.isNaN(kept)) kept = digest.objective
      return [{ ...digest, objective: kept }]
    }
  }),
  notNumbers: telemetry(({ draw }) => (digest) => [
    {
      ...digest,
      objective: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][Math.floor(3 * draw())],
    },
  ]),
  duplicated: telemetry(() => (digest) => [digest, digest, digest]),
  /** Each waits among twenty others, with the stamp it was made with. */
  reordered: telemetry(({ draw, engine }) => {
    const waiting: Array<DigestInput> = []
    return (digest) => {
      waiting.push({ ...digest, timestampUs: engine().nowUs })
      return waiting.length < 20 ? [] : waiting.splice(Math.floor(draw() * waiting.length), 1)
    }
  }),
  adversarial: telemetry(adversary),
  tenfoldLatency: (victim) => ({
    on: () => void (victim.slowness = 10),
    off: () => void (victim.slowness = 1),
  }),
  throwingCallbacks: ({ engine }) => {
    const heard: Array<{ unsubscribe: () => void }> = []
    return {
      on: () => void heard.push(engine().subscribe(thrower), engine().audit.subscribe(thrower)),
      off: () => heard.splice(0).forEach((one) => one.unsubscribe()),
    }
  },
  /** Each call holds the thread: nobody in it gets anything done meanwhile, the plant included. */
  hangingCallbacks: ({ engine, draw }) => {
    let heard: { unsubscribe: () => void } | null = null
    return {
      on: () => void (heard = engine().subscribe(() => hold(30 * draw()))),
      off: () => heard?.unsubscribe(),
    }
  },
  neverResolving: ({ engine }) => {
    let heard: { unsubscribe: () => void } | null = null
    return {
      on: () => void (heard = engine().subscribe(() => void new Promise(() => {}))),
      off: () => heard?.unsubscribe(),
    }
  },
  wallClock: ({ draw }) => shiftedClocks("wall", draw),
  everyClock: ({ draw }) => shiftedClocks("all", draw),
  slowDisk: disk(({ draw }) => sleep(20 + 180 * draw())),
  failingDisk: disk(() => Promise.reject(refusal("EIO"))),
  noRoom: disk(() => Promise.reject(refusal("ENOSPC"))),
  readOnlyDisk: disk(() => Promise.reject(refusal("EROFS"))),
  /** Nothing that is asked of it ends before the fault does. */
  hangingDisk: (victim) => {
    let release = (): void => {}
    const end = new Promise<void>((resolve) => (release = resolve))
    return {
      on: () => void (victim.disk = () => end),
      off: () => {
        victim.disk = null
        release()
      },
    }
  },
  /** A real disk without room: a file takes what is left of it, but for a few bytes. */
  fullDisk: ({ directory, draw }) => {
    const filler = join(dirname(directory), "filler")
    return {
      on: () => {
        const { bavail, bsize } = statfsSync(dirname(directory))
        writeFileSync(filler, new Uint8Array(Math.max(0, bavail * bsize - Math.floor(20_000 * draw()))))
      },
      off: () => rmSync(filler),
    }
  },
  throwingSink: sink(thrower),
  failingSink: sink(() => Effect.fail(new AuditError({ reason: "write", sink: "second", detail: "gone" }))),
  /** Never answers while it is on. */
  hangingSink: (victim) => {
    const waiting: Array<() => void> = []
    return {
      on: () =>
        void (victim.sink = () =>
          Effect.callback<void>((resume) => void waiting.push(() => resume(Effect.void)))),
      off: () => {
        victim.sink = null
        for (const answer of waiting) answer()
      },
    }
  },
} satisfies Readonly<Record<string, Sabotage>>

export type SabotageName = keyof typeof sabotages

/** Node's disk, and what is done to the victim's before each write and sync. */
export const diskOf = (victim: Victim): JournalDisk => ({
  ...nodeDisk,
  create: (path) => {
    const segment = Number(/journal-(\d+)\.arqj$/.exec(path)?.[1] ?? 0)
    if (segment > 0) victim.written = { segment, bytes: 0 }
    return nodeDisk.create(path)
  },
  write: async (fd, bytes, at) => {
    await victim.disk?.()
    await nodeDisk.write(fd, bytes, at)
    victim.written = { ...victim.written, bytes: at + bytes.length }
  },
  sync: async (fd) => {
    await victim.disk?.()
    await nodeDisk.sync(fd)
  },
})

/** The second sink of the audit, which keeps nothing. */
export const sinkOf = (victim: Victim): AuditSink => ({
  name: "second",
  write: (batch, exact) => (victim.sink === null ? Effect.void : victim.sink(batch, exact)),
  close: Effect.void,
})

export const drawsOf = (seed: number): (() => number) => {
  let drawn = 0
  return () => uniformAt(seed, drawn++)
}
