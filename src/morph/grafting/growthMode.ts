/**
 * How carefully a host grows, as pure functions: operational, degraded, conservative, halted. Emergencies lead down that way, clean
 * boundaries lead back, and only a person leads out of a halt. `growthMachine` is its statechart.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import { tidy } from "../../domain/problems.ts"
import { readTotally } from "../../domain/readInput.ts"
import { object, optional, type ShapeType, whole } from "../../domain/Shape.ts"
import type { EmergencyName } from "../contracts/enums.ts"

export const GROWTH_MODES = ["operational", "degraded", "conservative", "halted"] as const
export type GrowthMode = (typeof GROWTH_MODES)[number]

const Policy = object({
  /** Conservative mode lasts at least so many boundaries. */
  stay: optional(whole(1, 1_000_000)),
  /** And until so many in a row were clean. */
  clean: optional(whole(1, 1_000_000)),
})

/** How long caution lasts, each field optional. */
export type GrowthPolicyInput = ShapeType<typeof Policy>

export interface GrowthPolicy {
  readonly stay: number
  readonly clean: number
}

/** Plain data, replaced and never written in place. */
export interface GrowthLife {
  readonly policy: GrowthPolicy
  readonly mode: GrowthMode
  /** Why it is not operational; null while it is. */
  readonly reason: string | null
  /** The last boundary seen, and the one after which the mode began; -1 before the first. */
  readonly boundary: number
  readonly since: number
  /** Clean boundaries in a row since the mode began. */
  readonly cleanRunning: number
  /** Notices and worse, since the start. */
  readonly emergencies: number
  /** Who reset it last and with what note. */
  readonly acknowledgement: { readonly by: string; readonly note: string } | null
}

type Level = Exclude<EmergencyName, "unknown">

/** What `growthMachine` answers to. */
export type GrowthEvent =
  /** The end of a boundary; `clean`: on time, without a violation, a panic or a late policy. */
  | { readonly type: "boundary"; readonly boundary: number; readonly clean: boolean }
  | { readonly type: "emergency"; readonly level: Level; readonly reason: string }
  /** A person goes on after a halt. */
  | { readonly type: "reset"; readonly by: string; readonly note?: string }

/** Throws a `GrowthError` if the policy cannot be used. */
export function newGrowth(policy?: GrowthPolicyInput): GrowthLife {
  const read = readTotally(Policy, policy ?? {}, { at: ["policy"] })
  if (!read.ok) throw new GrowthError({ problems: tidy(read.problems) })
  const { stay = 10, clean = 5 } = read.value
  return {
    policy: { stay, clean },
    mode: "operational",
    reason: null,
    boundary: -1,
    since: -1,
    cleanRunning: 0,
    emergencies: 0,
    acknowledgement: null,
  }
}

/** What a mode lets happen. Conservative mode trains and judges what is there, and plants nothing; a halt does nothing. */
export const permits = (mode: GrowthMode): { readonly trains: boolean; readonly plants: boolean } => ({
  trains: mode !== "halted",
  plants: mode === "operational" || mode === "degraded",
})

const into = (life: GrowthLife, mode: GrowthMode, reason: string | null): GrowthLife => ({
  ...life,
  mode,
  reason,
  since: life.boundary,
  cleanRunning: 0,
})

/** The life after an event. Total: what does not fit changes nothing. */
export function grown(life: GrowthLife, event: GrowthEvent): GrowthLife {
  switch (event.type) {
    case "emergency":
      return alarmed(
        { ...life, emergencies: life.emergencies + 1, cleanRunning: 0 },
        event.level,
        event.reason,
      )
    case "reset":
      return life.mode === "halted" && event.by.trim() !== ""
        ? {
            ...into(life, "operational", null),
            acknowledgement: { by: event.by, note: event.note ?? "" },
          }
        : life
    default:
      return event.boundary > life.boundary ? counted(life, event.boundary, event.clean) : life
  }
}

/** A second alarm in degraded mode is one too many; each alarm starts conservative mode over. */
function alarmed(life: GrowthLife, level: Level, reason: string): GrowthLife {
  if (life.mode === "halted" || level === "notice") return life
  if (level === "halt") return into(life, "halted", reason)
  const isSecond = life.mode === "degraded" || life.mode === "conservative"
  return into(life, level === "conservative" || isSecond ? "conservative" : "degraded", reason)
}

function counted(before: GrowthLife, boundary: number, clean: boolean): GrowthLife {
  const life = { ...before, boundary, cleanRunning: clean ? before.cleanRunning + 1 : 0 }
  const { mode, policy, since, cleanRunning } = life
  if (mode === "operational" || mode === "halted" || cleanRunning < policy.clean) return life
  const isLongEnough = mode === "degraded" || boundary - since >= policy.stay
  return isLongEnough ? into(life, "operational", null) : life
}
