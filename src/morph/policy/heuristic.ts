/**
 * The policy that is used unless another one is named. It is conservative: one graft at a time, and only at a plateau. It plants in the
 * socket with most gradient per activation variance, where the loss still asks for a change that the layer no longer makes, and takes the
 * blueprint with the best record. It asks for a graft on probation to be kept once that has shown a gain. A pure function of the packet.
 */
import type { PolicyBlueprint, PolicyGraft, PolicyPacket, PolicySocket } from "./PolicyPacket.ts"
import type { PolicyCommand } from "./PolicyCommand.ts"

export interface HeuristicOptions {
  /** Boundaries of each of the two windows that are compared. */
  readonly window: number
  /** A plateau: the mean held-out loss of the later window is within this share of the earlier one's. */
  readonly plateau: number
  /** Boundaries to wait after a graft became part of the host. */
  readonly rest: number
  /** A blueprint with more unforgiven culls than this is left alone: one cull is forgiven so far after ten boundaries. */
  readonly avoidAbove: number
  /** Boundaries on probation before a graft is proposed for keeping. */
  readonly probation: number
  /** By what share, and by how much, a graft must have lowered the loss to be proposed. */
  readonly gainShare: number
  readonly gain: number
  /** Boundaries after which a graft in training that has next to no gain is proposed for a cull, so that another one gets its time. */
  readonly patience: number
  /** What next to no gain is: a smaller share of the loss of the host alone. An eighth of what gate G1 asks for: some begin slowly. */
  readonly hope: number
  /** Activations that vary less than this carry nothing a graft could use. */
  readonly leastVariance: number
}

export const HEURISTIC: HeuristicOptions = {
  window: 15,
  plateau: 0.03,
  rest: 40,
  avoidAbove: 0.5,
  probation: 20,
  gainShare: 0.01,
  gain: 0.005,
  patience: 30,
  hope: 0.0025,
  leastVariance: 1e-12,
}

/** The share by which the mean of the later window differs from that of the earlier one; NaN where numbers are missing. */
export function plateauChange(heldOut: ReadonlyArray<number>, window: number): number {
  if (heldOut.length < 2 * window) return Number.NaN
  let before = 0
  let after = 0
  for (let i = heldOut.length - 2 * window; i < heldOut.length - window; i++) before += heldOut[i]
  for (let i = heldOut.length - window; i < heldOut.length; i++) after += heldOut[i]
  return before === after ? 0 : (after - before) / Math.abs(before)
}

export function heuristic(packet: PolicyPacket, options: HeuristicOptions = HEURISTIC): PolicyCommand | null {
  const keep = packet.grafts.find((graft) => hasShownGain(graft, options))
  if (keep !== undefined)
    return {
      type: "graft",
      operation: "fossilize",
      socket: keep.socket,
      why: `${keep.blueprint} lowered the held-out loss from ${brief(keep.lossAtEntry)} to ${brief(keep.lossWith)} on probation`,
    }
  const hopeless = packet.grafts.find((graft) => hasNoHope(graft, options))
  if (hopeless !== undefined)
    return {
      type: "graft",
      operation: "cull",
      socket: hopeless.socket,
      why:
        `after ${hopeless.age} boundaries in training ${hopeless.blueprint} has a held-out loss of ${brief(hopeless.lossWith)}, ` +
        `and the host alone ${brief(hopeless.lossWithout)}`,
    }
  if (packet.conservative || packet.grafts.length > 0) return null
  if (packet.sinceGrowth !== null && packet.sinceGrowth < options.rest) return null
  const change = plateauChange(packet.heldOut, options.window)
  // Two zero means are a plateau; a NaN is none.
  if (!(Math.abs(change) <= options.plateau)) return null
  const socket = bestSocket(packet, options)
  if (socket === null) return null
  const blueprint = bestBlueprint(packet.catalogue, socket.name, options)
  if (blueprint === null) return null
  return {
    type: "graft",
    operation: "germinate",
    socket: socket.name,
    blueprint: blueprint.name,
    why:
      `the held-out loss changed by ${brief(100 * change)} % over ${2 * options.window} boundaries; ` +
      `${socket.name} has gradient ${brief(socket.gradient / socket.variance)} per variance`,
  }
}

/** A NaN on either side is no gain. */
function hasShownGain(
  { state, age, lossWith, lossAtEntry }: PolicyGraft,
  options: HeuristicOptions,
): boolean {
  const gain = lossAtEntry - lossWith
  return (
    state === "probationary" &&
    age >= options.probation &&
    gain >= options.gain &&
    gain >= options.gainShare * lossAtEntry
  )
}

/** A NaN on either side says nothing; the gates judge it. */
const hasNoHope = ({ state, age, lossWith, lossWithout }: PolicyGraft, options: HeuristicOptions): boolean =>
  state === "training" && age >= options.patience && lossWith > (1 - options.hope) * lossWithout

function bestSocket(packet: PolicyPacket, options: HeuristicOptions): PolicySocket | null {
  let best: PolicySocket | null = null
  let most = -1
  for (const socket of packet.sockets) {
    if (!socket.open || !(socket.variance >= options.leastVariance)) continue
    if (bestBlueprint(packet.catalogue, socket.name, options) === null) continue
    const score = socket.gradient / socket.variance
    // Of two equal ones the first; a NaN or an infinity is no measurement.
    if (!(score > most) || score === Number.POSITIVE_INFINITY) continue
    best = socket
    most = score
  }
  return best
}

function bestBlueprint(
  catalogue: ReadonlyArray<PolicyBlueprint>,
  socket: string,
  options: HeuristicOptions,
): PolicyBlueprint | null {
  let best: PolicyBlueprint | null = null
  for (const blueprint of catalogue) {
    if (blueprint.quarantineOnly || !(blueprint.culls <= options.avoidAbove)) continue
    // What is not safe needs a person's approval, and what has no parameters learns nothing.
    if (blueprint.tier !== "safe" || blueprint.parameters === 0) continue
    if (!blueprint.fits.includes(socket)) continue
    if (best === null || isBetter(blueprint, best)) best = blueprint
  }
  return best
}

/** Of two with equal records the earlier one in the catalogue is taken. */
function isBetter(one: PolicyBlueprint, other: PolicyBlueprint): boolean {
  const difference = recordOf(one) - recordOf(other)
  return difference > 0 || (difference === 0 && one.gain > other.gain)
}

/** Expected share of kept grafts, with one kept and one culled graft assumed of every blueprint (Laplace). */
const recordOf = ({ kept, culls }: PolicyBlueprint): number => (kept + 1) / (kept + culls + 2)

const brief = (value: number): string => String(Number(value.toPrecision(3)))
