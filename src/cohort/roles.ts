/**
 * Who is on which side. Roles are drawn by counter from (seed, epoch, draw), so that these and the members are enough to know
 * the roles. Sides are dealt within each stratum (zone and version), so that they differ by one at most in each stratum and in all:
 * a zone that is slow is slow on both sides.
 */
import { type Counters, drawAt } from "./counter.ts"
import type { Role } from "./protocol.ts"

/** A replica that may be given a role. */
export interface Member {
  /** What tells it apart from every other one, over restarts. */
  readonly key: string
  /** Zone and version: sides are balanced within. */
  readonly stratum: string
}

export interface RoleShares {
  /** Share of the replicas that may be off the base at once, controls aside. */
  readonly exposure: number
  /** Share that stays on the baseline: always the same ones. */
  readonly control: number
}

/** What a draw is for: the tuner's seed, the owner's epoch, and how many were drawn before. */
export interface DrawNumbers {
  readonly seed: number
  readonly epoch: number
  readonly draw: number
}

interface Drawn {
  readonly at: number
  readonly member: Member
  readonly turn: number
}

const inOrder = (a: Drawn, b: Drawn): number => a.turn - b.turn || (a.member.key < b.member.key ? -1 : 1)

const drawn = (members: ReadonlyArray<Drawn>, counters: Counters): ReadonlyArray<Drawn> =>
  members.map((one) => ({ ...one, turn: drawAt([...counters, one.member.key]) })).toSorted(inOrder)

/** The roles of these members, in their order. At least one is off the base. */
export function drawRoles(
  members: ReadonlyArray<Member>,
  { exposure, control }: RoleShares,
  { seed, epoch, draw }: DrawNumbers,
): ReadonlyArray<Role> {
  const roles: Array<Role> = members.map(() => "base")
  const all = members.map((member, at) => ({ at, member, turn: 0 }))
  const kept = Math.floor(control * members.length + 1e-9)
  const byControl = drawn(all, [seed, "control"])
  for (const { at } of byControl.slice(0, kept)) roles[at] = "control"
  const free = drawn(byControl.slice(kept), [seed, epoch, draw])
  // Where nobody leaves the base nothing is learned.
  const exposed = free.slice(0, Math.max(1, Math.floor(exposure * free.length + 1e-9)))
  const strata = new Map<string, Array<Drawn>>()
  for (const one of exposed) {
    const stratum = strata.get(one.member.stratum)
    if (stratum === undefined) strata.set(one.member.stratum, [one])
    else stratum.push(one)
  }
  // Strata in the order of their names; which side begins is drawn.
  let plus = drawAt([seed, epoch, draw, "first"]) % 2 === 0
  for (const name of [...strata.keys()].toSorted()) {
    for (const { at } of strata.get(name) as Array<Drawn>) {
      roles[at] = plus ? "plus" : "minus"
      plus = !plus
    }
  }
  return roles
}

/** Two groups of members of one size: by key. */
export interface Groups {
  /** Stands somewhere else for this turn. */
  readonly aside: ReadonlySet<string>
  /** Stands on the base, without a perturbation. */
  readonly beside: ReadonlySet<string>
}

/**
 * Two groups of at most `size` members each. Who is in them depends on the seed and `what` alone, and on who is there; which of the two
 * stands aside is a coin for each draw. They leave two members for the sides of a pair: where that does not go, nobody is in them.
 */
export function drawGroups(
  members: ReadonlyArray<Member>,
  size: number,
  { seed, epoch, draw }: DrawNumbers,
  what: string,
): Groups {
  const fits = Math.max(0, Math.min(size, Math.floor(members.length / 2) - 1))
  const all = members.map((member, at) => ({ at, member, turn: 0 }))
  const taken = drawn(all, [seed, what]).slice(0, 2 * fits)
  // Neighbours are of one stratum where there are two of it: one of them goes to each group.
  const paired = taken.toSorted((a, b) =>
    a.member.stratum === b.member.stratum ? inOrder(a, b) : a.member.stratum < b.member.stratum ? -1 : 1,
  )
  const keys = (rest: number): ReadonlySet<string> =>
    new Set(paired.filter((_, i) => i % 2 === rest).map(({ member }) => member.key))
  const coin = drawAt([seed, epoch, draw, what, "coin"]) % 2
  return { aside: keys(coin), beside: keys(1 - coin) }
}
