/** Plays one repetition of a fault in a directory of its own, and has it judged. */
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { readMark } from "../../src/journal/disk/journalMark.ts"
import { listSegments } from "../../src/journal/disk/journalSegments.ts"
import { inContainer } from "../../test/platform/node/container.ts"
import { smallDisk } from "../../test/journal/smallDisk.ts"
import type { Fault } from "./catalogue.ts"
import { type ByProperty, judge, noFindings, type Property, PROPERTIES, witnesses } from "./check.ts"
import type { Job } from "./Job.ts"
import { readPlant } from "./plant.ts"
import { type ChildReport, type Meddling, runChild } from "./runChild.ts"
import { drawsOf } from "./sabotage.ts"
import { dropStart, overwriteLast } from "./spoil.ts"
import { tear } from "./torn.ts"
import type { Witness } from "./Witness.ts"

/** What one repetition came to. */
export interface Outcome {
  readonly by: ByProperty
  /** Longest time off the last good configuration after a trip or a start, microseconds of the engine's time. */
  readonly offGoodUs: number
  /** From the end of the fault until it adapted again; null where nobody waited for that. */
  readonly wellAfterMs: number | null
  /** Trips by reason, and things worth a line. */
  readonly trips: Readonly<Record<string, number>>
  readonly applies: number
  /** Further places that were looked at within this repetition: offsets of a torn file. */
  readonly places: number
}

/** Over several processes. */
class Tally {
  private readonly by = noFindings()
  private offGoodUs = 0
  private wellAfterMs: number | null = null
  private applies = 0
  private readonly trips: Record<string, number> = {}
  places = 0

  find(property: Property, ...findings: ReadonlyArray<string>): void {
    this.by[property].push(...findings)
  }

  /** Judges what a process has left behind. */
  judge(directory: string, plant: string, before: Witness | null, heard: ChildReport, spoilt?: string): void {
    if (heard.run === null) {
      // Killed before its engine ran: it promised nothing, and touched nothing that the next one's judgement would not find.
      if (heard.signal === null) this.find("goesOn", `it did not start: ${heard.refused ?? heard.stderr}`)
      return
    }
    const { by, offGoodUs, trips, applies } = judge(directory, before, {
      run: heard.run,
      acknowledged: heard.acknowledged,
      looks: existsSync(plant) ? readPlant(plant) : [],
      stopped: heard.stopped !== null,
      spoilt,
    })
    for (const property of PROPERTIES) this.find(property, ...by[property])
    this.offGoodUs = Math.max(this.offGoodUs, offGoodUs)
    this.applies += applies
    for (const { reason } of trips) this.trips[reason] = (this.trips[reason] ?? 0) + 1
  }

  /** A process that was to be well again and to stop in peace. */
  expectPeace({ saidWell, stopped, refused, stderr, signal }: ChildReport): void {
    if (saidWell !== null) this.wellAfterMs = Math.max(this.wellAfterMs ?? 0, saidWell.afterMs ?? 0)
    if (saidWell !== null && saidWell.afterMs === null) {
      this.find("goesOn", `it did not adapt again within 20 s (${saidWell.mode})`)
    }
    if (stopped === null) this.find("goesOn", `it did not stop in peace (${signal}): ${refused ?? stderr}`)
    else if (stopped.error !== null) this.find("nothingLost", `its stop said: ${stopped.error}`)
    if (stderr !== "") this.find("goesOn", `it wrote to stderr: ${stderr}`)
  }

  outcome(): Outcome {
    const { by, offGoodUs, wellAfterMs, trips, applies, places } = this
    return { by, offGoodUs, wellAfterMs, trips, applies, places }
  }
}

const jobIn = (folder: string, seed: number, more: Partial<Job> = {}): Job => ({
  directory: join(folder, "state"),
  plant: join(folder, "plant.jsonl"),
  sabotage: null,
  seed,
  holdMs: 0,
  wellMs: 20_000,
  // Both kinds of engine are met by every fault.
  comparison: seed % 2 === 1,
  untilKilled: false,
  untilHalted: false,
  earlyCommands: false,
  oneSegment: false,
  ...more,
})

/** Processes of one chain over one directory: reading what all before them left behind takes longer and longer. */
const CHAIN = 10

/**
 * One repetition of a fault in `folder`, which is made and may be kept. Same fault and seed: same draws; what the timing of
 * the machine makes of them is its own affair.
 */
export async function play(
  fault: Fault,
  seed: number,
  folder: string,
  form: "long" | "short",
): Promise<Outcome> {
  mkdirSync(folder, { recursive: true })
  const tally = new Tally()
  switch (fault.kind) {
    case "sabotage":
      await alone(tally, jobIn(folder, seed, { sabotage: fault.sabotage, holdMs: fault.holdMs }))
      break
    case "kill":
      await chain(tally, folder, seed, fault)
      break
    case "suspend":
      await alone(tally, jobIn(folder, seed, { holdMs: 50 }), suspending(fault.holdMs))
      break
    case "twoProcesses":
      await twoProcesses(tally, jobIn(folder, seed, { untilKilled: true }), folder)
      break
    case "twoContainers": {
      const job = jobIn(folder, seed, { untilKilled: true })
      await twoProcesses(tally, job, folder, inContainer("one-host"))
      const next = jobIn(folder, seed, { plant: join(folder, "third.jsonl"), holdMs: 1 })
      await alone(tally, next, {}, inContainer("another-host"))
      break
    }
    case "smallDisk":
      await onSmallDisk(tally, folder, seed, fault.killed, fault.holdMs)
      break
    case "directoryRemoved":
      await removed(tally, jobIn(folder, seed, { untilHalted: true, holdMs: 1000, wellMs: 500 }))
      break
    case "torn": {
      const job = jobIn(folder, seed, { untilKilled: true })
      const killed = await runChild(job, {
        said: (said, child) => void (said.say === "acknowledged" && said.seq > 100 && child.kill("SIGKILL")),
      })
      tally.judge(job.directory, job.plant, null, killed)
      const stride = form === "long" ? fault.longStride : fault.shortStride
      const torn = tear(
        job.directory,
        join(folder, "torn"),
        killed.acknowledgements,
        fault.tail,
        stride,
        seed,
      )
      tally.places = torn.places
      for (const property of PROPERTIES) tally.find(property, ...torn.by[property])
      // Over the last of them a process is started.
      const next = jobIn(folder, seed, {
        directory: torn.directory,
        plant: join(folder, "plant2.jsonl"),
        holdMs: 1,
      })
      await alone(tally, next)
      break
    }
    case "overwritten":
      await spoilt(tally, folder, seed, 2, (directory) => overwriteLast(directory, fault.with, seed))
      break
    case "startless":
      await spoilt(tally, folder, seed, 1, dropStart)
      break
    case "earlyCommands":
      await earlyCommands(tally, folder, seed)
      break
  }
  return tally.outcome()
}

async function alone(
  tally: Tally,
  job: Job,
  meddling: Meddling = {},
  where: ReadonlyArray<string> = [],
): Promise<void> {
  const before = last(job.directory)
  const heard = await runChild(job, meddling, where)
  tally.judge(job.directory, job.plant, before, heard)
  tally.expectPeace(heard)
}

/** So often a process is killed at most until its last segment has been synced. */
const MOST_KILLS = 10

/** Whether the journal's mark claims something of the last segment that holds anything. */
function isLastSynced(directory: string): boolean {
  const mark = readMark(directory)
  const last = listSegments(directory).findLast(({ path }) => statSync(path).size > 0)
  return typeof mark === "object" && mark !== null && mark.number === last?.number && mark.bytes > 0
}

/**
 * A process is killed in its so many'th segment, that is spoilt, and another one is started: it must freeze on what is left, name the
 * file and what to do, and go on when a person has looked at it.
 */
async function spoilt(
  tally: Tally,
  folder: string,
  seed: number,
  segments: number,
  spoil: (directory: string) => string,
): Promise<void> {
  const job = jobIn(folder, seed, { untilKilled: true, oneSegment: segments === 1 })
  const kill = (): Promise<ChildReport> =>
    runChild(job, {
      said: (said, child) => {
        if (said.say !== "acknowledged" || said.seq <= 100 || said.segment < segments) return
        child.kill("SIGKILL")
      },
    })
  let killed = await kill()
  // On a busy machine the process may have begun another segment by then. Until that is synced it may say anything.
  for (let again = 1; !isLastSynced(job.directory) && again < MOST_KILLS; again++) {
    for (const path of [job.directory, job.plant]) rmSync(path, { recursive: true, force: true })
    killed = await kill()
  }
  tally.judge(job.directory, job.plant, null, killed)
  const file = spoil(job.directory)
  const before = last(job.directory)
  const next = jobIn(folder, seed, { plant: join(folder, "plant2.jsonl"), holdMs: 1 })
  const heard = await runChild(next)
  const { mode, fault } = heard.saidRunning ?? { mode: "not running", fault: null }
  if (mode !== "safe") tally.find("lastGood", `it was ${mode} over a journal that cannot be read`)
  for (const word of [file, "arqon audit verify", "reset()"])
    if (fault?.includes(word) !== true) tally.find("lastGood", `its fault does not say ${word}: ${fault}`)
  tally.judge(next.directory, next.plant, before, heard, file)
  tally.expectPeace(heard)
}

/** What was asked for while it started holds, is on record, and is there for the next one. */
async function earlyCommands(tally: Tally, folder: string, seed: number): Promise<void> {
  const job = jobIn(folder, seed, { earlyCommands: true, holdMs: 1 })
  const heard = await runChild(job)
  const { mode, tripped } = heard.saidRunning ?? { mode: "not running", tripped: false }
  if (tripped && mode !== "safe")
    tally.find("lastGood", `a trip returned while it started, and it was ${mode}`)
  tally.judge(job.directory, job.plant, null, heard)
  tally.expectPeace(heard)
  await alone(tally, jobIn(folder, seed, { plant: join(folder, "plant2.jsonl"), holdMs: 1 }))
}

/** The run that a directory ends with, if it has any. */
function last(directory: string): Witness | null {
  return existsSync(directory) ? ([...witnesses(directory).values()].at(-1) ?? null) : null
}

const suspending = (holdMs: number): Meddling => ({
  said: ({ say }, child) => {
    if (say !== "on") return
    child.kill("SIGSTOP")
    setTimeout(() => child.kill("SIGCONT"), holdMs)
  },
})

/** One more process over a directory that others were killed over; every tenth chain begins anew. */
async function chain(
  tally: Tally,
  folder: string,
  seed: number,
  { sabotage, withinMs }: Extract<Fault, { kind: "kill" }>,
): Promise<void> {
  const draw = drawsOf(seed)
  const state = join(folder, "..", `chain-${Math.floor(seed / CHAIN)}`)
  const before = last(state)
  const job = jobIn(folder, seed, { directory: state, sabotage, untilKilled: true })
  // Now and then from the birth of the process on, mostly from where its engine runs.
  const fromBirth = draw() < 0.2
  const afterMs = withinMs * draw() ** 2
  const killAfter = (child: { kill: (signal: NodeJS.Signals) => void }): void =>
    void setTimeout(() => child.kill("SIGKILL"), afterMs)
  const heard = await runChild(job, {
    begun: (child) => fromBirth && killAfter(child),
    said: ({ say }, child) => !fromBirth && say === "running" && killAfter(child),
  })
  tally.judge(state, job.plant, before, heard)
}

/** The second process finds the first one at work, which lives until the second one is gone. */
async function twoProcesses(
  tally: Tally,
  job: Job,
  folder: string,
  where: ReadonlyArray<string> = [],
): Promise<void> {
  let second: Promise<ChildReport> | null = null
  const meddling: Meddling = {
    said: ({ say }, child) => {
      if (say !== "on") return
      second = runChild({ ...job, untilKilled: false, plant: join(folder, "second.jsonl") }, {}, where)
      void second.finally(() => setTimeout(() => child.kill("SIGKILL"), 300))
    },
  }
  const first = await runChild(job, meddling, where)
  tally.judge(job.directory, job.plant, null, first)
  const heard = await (second as Promise<ChildReport> | null)
  if (heard === null) tally.find("goesOn", "the second process was never started")
  else if (heard.refused === null || !/a state directory of its own/.test(heard.refused)) {
    tally.find("nothingLost", `the second process was not refused: ${heard.refused ?? heard.stderr}`)
  }
}

async function onSmallDisk(
  tally: Tally,
  folder: string,
  seed: number,
  killed: boolean,
  holdMs: number,
): Promise<void> {
  const small = smallDisk(join(folder, "small"))
  try {
    const directory = join(small.directory, "state")
    // Where nothing may be mounted, the disk of the journal says what a full one does.
    const sabotage = small.real ? "fullDisk" : "noRoom"
    const job = jobIn(folder, seed, { directory, sabotage, holdMs, untilKilled: killed })
    if (!killed) return await alone(tally, job)
    const heard = await runChild(job, {
      said: ({ say }, child) => void (say === "on" && setTimeout(() => child.kill("SIGKILL"), holdMs)),
    })
    tally.judge(directory, job.plant, null, heard)
    const before = last(directory)
    rmSync(join(small.directory, "filler"), { force: true })
    const next = jobIn(folder, seed, { directory, plant: join(folder, "plant2.jsonl"), holdMs: 1 })
    const after = await runChild(next)
    tally.judge(directory, next.plant, before, after)
    tally.expectPeace(after)
  } finally {
    small.dispose()
  }
}

/**
 * What was written to a file that somebody deletes is gone, and nobody can say otherwise. But from then on nothing may be
 * acknowledged, and what cannot be recorded may not be decided: it halts until a person sees to it.
 */
async function removed(tally: Tally, job: Job): Promise<void> {
  let acknowledged = 0
  let late = 0
  let offMs = Number.NaN
  const heard = await runChild(job, {
    said: (said) => {
      if (said.say === "on") rmSync(job.directory, { recursive: true })
      if (said.say === "off") {
        acknowledged = late
        offMs = said.atMs
      }
      if (said.say === "acknowledged") late = said.seq
    },
  })
  // A batch may have been under way; half the time of the fault later none can have been.
  if (late > acknowledged)
    tally.find("nothingLost", `record ${late} was acknowledged into a file that is gone`)
  if (heard.saidWell === null || !heard.saidWell.mode.includes("auditQueueFull")) {
    tally.find("goesOn", `it did not halt for its audit: ${heard.saidWell?.mode ?? heard.stderr}`)
  }
  if (typeof heard.stopped?.error !== "string")
    tally.find("nothingLost", "its stop said nothing of what could not be written")
  // By the clock, not by the number of looks: a starved machine takes few. Halting itself may move the plant back once.
  const halted = readPlant(job.plant).filter(({ atMs }) => atMs >= offMs)
  const last = halted.at(-1)
  if (last === undefined) tally.find("goesOn", "the plant never looked after the engine had halted")
  else if (halted.some(({ generation }) => generation < last.generation - 1)) {
    tally.find("lastGood", "the plant was moved while nothing could be recorded")
  }
}
