/** What happened to a growing host at a boundary, in words for people. */
import type { GrowthBoundary, SocketView } from "../../morph/growth/GrowthBoundary.ts"
import type { GrowthNote } from "../protocol/growthProtocol.ts"

type Move = GrowthBoundary["moves"][number]

/** A move by the state that it leads to. */
const MOVES: Readonly<
  Partial<Record<Move["to"], readonly [GrowthNote["tone"], (what: string, move: Move) => string]>>
> = {
  germinated: [null, (what, { slot }) => `${what} is planted in ${slot}.`],
  training: [null, (what) => `${what} learns beside the host.`],
  blending: [null, (what) => `${what} has passed G1 and is mixed in by degrees.`],
  shadowing: [null, (what) => `${what} has passed G2. Its output is held back and only measured.`],
  probationary: [null, (what) => `${what} has passed G3 and answers with the host, on probation.`],
  fossilized: ["live", (what) => `${what} has passed G4 and is part of the host.`],
  culled: [
    "trip",
    (what, { slot, from, why }) =>
      `${what} was taken out of ${slot}: ${why}. The host is ${from === "probationary" ? "what it was before the probation" : "as if nothing had been planted"}.`,
  ],
  embargoed: [null, (_, { slot }) => `Nothing is planted in ${slot} for a while.`],
  dormant: [null, (_, { slot }) => `${slot} is free again.`],
}

export function notesOf(boundary: GrowthBoundary): ReadonlyArray<GrowthNote> {
  const { sockets, moves, refused, proposal, refusal, rolledBackTo } = boundary
  const notes: Array<GrowthNote> = []
  const note = (tone: GrowthNote["tone"], text: string): void => void notes.push({ tone, text })
  if (proposal !== null) note(null, `The policy asks: ${askedOf(proposal)}, because ${proposal.why}.`)
  if (refusal !== null) note("safe", `Not carried out: ${refusal}`)
  for (const { blueprint, slot, problems } of refused) {
    const reasons = problems.map(({ message }) => message).join(" ")
    note("trip", `${blueprint} was refused in ${slot}: ${reasons} The host has not changed.`)
  }
  for (const move of moves) {
    const [tone, text] = MOVES[move.to] ?? [null, (_: string, { slot, to }: Move) => `${slot} is ${to}.`]
    note(tone, text(graftIn(sockets, move.slot), move))
  }
  if (rolledBackTo !== null) note("trip", `The host was put back to epoch ${rolledBackTo}.`)
  return notes
}

const graftIn = (sockets: ReadonlyArray<SocketView>, slot: string): string =>
  sockets.find(({ name }) => name === slot)?.blueprint ?? "The graft"

function askedOf(proposal: NonNullable<GrowthBoundary["proposal"]>): string {
  if (proposal.type !== "graft") return proposal.type
  const { operation, blueprint = "", socket } = proposal
  return `${operation} ${blueprint === "" ? "" : `${blueprint} `}in ${socket}`
}
