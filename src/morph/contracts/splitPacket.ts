/**
 * A host's state as packets, each with one graft at most and none above 280 bytes, and back. What does not fit beside the rest goes on in
 * further packets, so 280 bytes hold for any number of grafts and metrics. For senders of a state; a policy in the same process
 * reads the state itself.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import { MOST_BYTES } from "./limits.ts"
import type {
  GraftState,
  HardwareContext,
  HostState,
  Numbers,
  StatePacket,
  UnknownField,
} from "./messages.ts"
import { utf8Bytes } from "./utf8Bytes.ts"

/** What a double, a count and an id take at most, with the tag. With these, names of 40 bytes leave room for one metric in any packet. */
const DOUBLE = 9
const COUNT = 6
const ID = 9
/** Version, id, time, epoch, step, accuracy, two losses, part, parts. */
const FIXED = 2 + ID + ID + COUNT + ID + 3 * DOUBLE + 2 * COUNT
/** Tag, length in two bytes, id, state, norm, rate, depth, age, risk. */
const GRAFT = 3 + COUNT + 2 + 2 * DOUBLE + 2 * COUNT + DOUBLE
/** Tag, length in two bytes, cores, memory, available, utilisation, temperature. */
const HARDWARE = 3 + COUNT + 2 * ID + 2 * DOUBLE

const textBytes = (text: string): number => 2 + utf8Bytes(text)
const unknownBytes = (unknown: ReadonlyArray<UnknownField> = []): number =>
  unknown.reduce((sum, { data }) => sum + 5 + data.length, 0)

type Metrics = Array<[string, number]>

interface Piece {
  room: number
  metrics: Metrics
  hardware: HardwareContext | null
  graft: GraftState | null
}

/** Moves as many of `metrics` as fit; into a piece that has none, and nothing else to hold, at least one. */
function fill(piece: Piece, metrics: Metrics, fresh: boolean): Metrics {
  const moved: Metrics = []
  while (metrics.length > 0) {
    const bytes = 2 + textBytes(metrics[0][0]) + DOUBLE
    if (bytes > piece.room && !(fresh && moved.length === 0)) break
    piece.room -= bytes
    moved.push(...metrics.splice(0, 1))
  }
  return moved
}

/** Where an id comes again, or -1. */
function repeated(grafts: ReadonlyArray<GraftState>): number {
  const ids = new Set<number>()
  return grafts.findIndex(({ id }) => ids.size === ids.add(id).size)
}

/** At least one packet. Part k has the id of the state plus k, so the next state's id is above all of them. Throws `GrowthError`. */
export function splitPacket(state: HostState): ReadonlyArray<StatePacket> {
  const { metrics, hardware, grafts, unknown, ...head } = state
  const twice = repeated(grafts)
  if (twice !== -1)
    throw new GrowthError({
      problems: [{ path: `grafts[${twice}].id`, message: `is ${grafts[twice].id}, as another graft's.` }],
    })
  const most = MOST_BYTES.statePacket - FIXED - textBytes(head.issuer) - textBytes(head.run)
  const pieces: Array<Piece> = []
  const opened = (): Piece => {
    const piece: Piece = { room: most, metrics: [], hardware: null, graft: null }
    pieces.push(piece)
    return piece
  }
  const first = opened()
  first.room -= unknownBytes(unknown)
  if (hardware !== undefined) {
    first.hardware = hardware
    first.room -= HARDWARE + textBytes(hardware.device) + unknownBytes(hardware.unknown)
  }
  for (const graft of grafts) {
    const bytes = GRAFT + unknownBytes(graft.unknown)
    const rest: Metrics = Object.entries(graft.metrics)
    do {
      const last = pieces[pieces.length - 1]
      const piece = last.graft === null && bytes <= last.room ? last : opened()
      piece.room -= bytes
      piece.graft = { ...graft, metrics: Object.fromEntries(fill(piece, rest, piece !== first)) }
    } while (rest.length > 0)
  }
  const rest: Metrics = Object.entries(metrics)
  for (const piece of pieces) piece.metrics = fill(piece, rest, false)
  while (rest.length > 0) {
    const piece = opened()
    piece.metrics = fill(piece, rest, true)
  }
  return pieces.map(
    (piece, part): StatePacket => ({
      ...head,
      id: head.id + part,
      metrics: Object.fromEntries(piece.metrics),
      ...(piece.hardware === null ? {} : { hardware: piece.hardware }),
      grafts: piece.graft === null ? [] : [piece.graft],
      part,
      parts: pieces.length,
      ...(part === 0 && unknown !== undefined ? { unknown } : {}),
    }),
  )
}

const merged = (all: ReadonlyArray<Numbers>): Numbers => Object.fromEntries(all.flatMap(Object.entries))

/** The state whose parts these are, in any order. Throws `GrowthError` where one is missing, twice, or of another state. */
export function joinPackets(packets: ReadonlyArray<StatePacket>): HostState {
  const inOrder = packets.toSorted((a, b) => a.part - b.part)
  const parts = inOrder[0]?.parts ?? 1
  const wrong = inOrder.findIndex(
    ({ id, part, parts: of, issuer, run }, at) =>
      part !== at ||
      of !== parts ||
      id - part !== inOrder[0].id ||
      issuer !== inOrder[0].issuer ||
      run !== inOrder[0].run,
  )
  if (wrong !== -1 || inOrder.length !== parts)
    throw new GrowthError({
      problems: [
        {
          path: "packets",
          message: `are not the ${parts} parts of one state: part ${wrong === -1 ? inOrder.length : wrong} is missing, twice, or of another.`,
        },
      ],
    })
  const { part, parts: _, hardware, ...head } = inOrder[0]
  const grafts = new Map<number, GraftState>()
  for (const { grafts: here } of inOrder)
    for (const graft of here) {
      const before = grafts.get(graft.id)
      grafts.set(
        graft.id,
        before === undefined ? graft : { ...before, metrics: merged([before.metrics, graft.metrics]) },
      )
    }
  return {
    ...head,
    id: head.id - part,
    metrics: merged(inOrder.map(({ metrics }) => metrics)),
    ...(hardware === undefined ? {} : { hardware }),
    grafts: [...grafts.values()],
  }
}
