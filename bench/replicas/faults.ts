/** What faults of network, replicas and owner cost a tuner with many replicas, in virtual time: cycles a minute, older pairs taken, stays without a lease. */
import type { CohortLoop } from "../../src/cohort/CohortLoop.ts"
import { type CohortStanding, successorOf } from "../../src/cohort/CohortStanding.ts"
import { comparePairs } from "../../src/cohort/order.ts"
import { standingOf } from "../../src/cohort/standingOf.ts"
import type { EngineConfig } from "../../src/domain/Config.ts"
import { type Network, Town } from "../../test/replica/Town.ts"

const SEEDS = [1, 2, 3, 4]
/** As long as the design's own prototype ran; and a minute, for everything at once: one death of an owner in it weighs five times as much. */
const SECONDS = 300
const MINUTE = 60
const LEASE_US = 2_000_000
const START = 0.3625

const engine: EngineConfig = {
  params: { a: { min: 0, max: 100, initial: 20 }, b: { min: 0, max: 100, initial: 80 } },
  guard: false,
  guardrails: {
    preset: "aggressive",
    maxStep: 0.1,
    rangePerMinute: 1,
    pathPerMinute: 1000,
    turnsPerMinute: 1000,
  },
}

/** Radians a microsecond: the optimum goes round in two minutes. A tuner that has arrived would rest, and rests would hide what faults cost. */
const TURN = (2 * Math.PI) / 120e6
const circling = ([a, b]: Float64Array, _replica: number, nowUs: number): number =>
  ((a - 60 - 15 * Math.sin(TURN * nowUs)) / 100) ** 2 +
  ((b - 35 - 15 * Math.sin(TURN * nowUs + 1)) / 100) ** 2

/** What goes wrong: with the network, with replicas that start again, and with the owner. */
interface Trouble extends Partial<Network> {
  /** A replica starts again this often, one after the other, seconds. */
  readonly restartEvery?: number
  /** From then on nobody owns the tuner for four seconds; then its successor does, from what was saved five seconds before. */
  readonly ownerGoneAt?: number
  /** The owner of before was only frozen: it goes on ten seconds after, beside its successor, and gets a part of the reports for ten more. */
  readonly thaws?: boolean
}

const SAVED_BEFORE = 5
const REHOMED_AFTER = 4
const THAWED_AFTER = 10
/** In a cluster it would end itself at its first look at the clock, and a save of it would be refused. */
const RIVAL_FOR = 10
const SECOND_US = 1e6

const thirdCut =
  (replicas: number, from: number, to = SECONDS) =>
  (i: number, nowUs: number): boolean =>
    i < replicas / 3 && nowUs > from * SECOND_US && nowUs <= to * SECOND_US

const TROUBLES: Readonly<Record<string, (replicas: number) => Trouble>> = {
  quiet: () => ({}),
  "5 % lost": () => ({ loss: 0.05 }),
  "20 % lost": () => ({ loss: 0.2 }),
  "up to 0.5 s late": () => ({ delayUs: 500_000 }),
  "a third cut off": (replicas) => ({ cut: thirdCut(replicas, 20) }),
  "all cut off for 10 s": () => ({ cut: (_, nowUs) => nowUs > 20e6 && nowUs <= 30e6 }),
  "a restart every 5 s": () => ({ restartEvery: 5 }),
  "owner killed": () => ({ ownerGoneAt: 20 }),
  "owner frozen": () => ({ ownerGoneAt: 20, thaws: true }),
  "all together": (replicas) => ({
    loss: 0.05,
    delayUs: 300_000,
    cut: thirdCut(replicas, 35, 45),
    restartEvery: 5,
    ownerGoneAt: 15,
    thaws: true,
  }),
}

export interface FaultRow {
  readonly replicas: number
  readonly fault: string
  readonly seconds: number
  readonly cyclesAMinute: number
  readonly olderTaken: number
  /** Moments at which a replica stood on a perturbation beyond its lease. */
  readonly beyondLease: number
}

/** A life in a town, second by second. */
function lived(replicas: number, seed: number, trouble: Trouble, seconds: number) {
  const { restartEvery, ownerGoneAt = Number.POSITIVE_INFINITY, thaws = false, cut, ...network } = trouble
  const back = ownerGoneAt + REHOMED_AFTER
  const town = new Town({
    seed,
    replicas,
    engine,
    cohort: { design: "split" },
    loss: circling,
    noise: { common: 0.2 * START, own: 0.05 * START },
    network: {
      ...network,
      cut: (i, nowUs) =>
        (nowUs > ownerGoneAt * SECOND_US && nowUs <= back * SECOND_US) || (cut?.(i, nowUs) ?? false),
    },
  })
  const { space } = town.settings
  const seen = town.cores.map(({ follower }) => follower.seen)
  let olderTaken = 0
  let beyondLease = 0
  town.onTick = () => {
    town.cores.forEach(({ follower }, i) => {
      if (comparePairs(follower.seen, seen[i]) < 0) olderTaken++
      seen[i] = follower.seen
      if (town.nowUs - town.grantedUs[i] >= LEASE_US && !town.isHome(i)) beyondLease++
    })
  }
  let cycles = 0
  let saved: CohortStanding | null = null
  let frozen: CohortLoop | null = null
  for (let second = 1; second <= seconds; second++) {
    town.run(1)
    if (restartEvery !== undefined && second % restartEvery === 0) {
      const i = (second / restartEvery) % replicas
      town.boot(i)
      seen[i] = town.cores[i].follower.seen
    }
    if (second === ownerGoneAt - SAVED_BEFORE) saved = standingOf(town.loop, space, "before", false)
    if (second === ownerGoneAt) cycles += town.loop.cycles
    if (second === back && saved !== null) {
      frozen = town.loop
      const { safeModeUs } = town.loop.options
      const { rollbacksPerHour } = town.loop.hot.executor.policy
      town.own(2, successorOf(saved, space, { nowUs: town.nowUs, safeModeUs, rollbacksPerHour }))
    }
    if (thaws && second === ownerGoneAt + THAWED_AFTER) town.rival = frozen
    if (second === ownerGoneAt + THAWED_AFTER + RIVAL_FOR) town.rival = null
  }
  return { cycles: cycles + town.loop.cycles, olderTaken, beyondLease }
}

function rowOf(replicas: number, fault: string, seconds: number): FaultRow {
  const all = SEEDS.map((seed) => lived(replicas, seed, TROUBLES[fault](replicas), seconds))
  const sum = (of: (one: (typeof all)[number]) => number): number =>
    all.reduce((total, one) => total + of(one), 0)
  return {
    replicas,
    fault,
    seconds,
    cyclesAMinute: (sum(({ cycles }) => cycles) * MINUTE) / (SEEDS.length * seconds),
    olderTaken: sum((one) => one.olderTaken),
    beyondLease: sum((one) => one.beyondLease),
  }
}

export function faultRows(): ReadonlyArray<FaultRow> {
  return [6, 40].flatMap((replicas) => [
    ...Object.keys(TROUBLES).map((fault) => rowOf(replicas, fault, SECONDS)),
    ...["quiet", "all together"].map((fault) => rowOf(replicas, fault, MINUTE)),
  ])
}
