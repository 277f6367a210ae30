/**
 * A growing host as a drawing, in units of its own: the trunk from the input at the top to the output at the bottom, a bar for each part
 * whose width goes by its parameters, a ring for each socket, and a graft at the side of its socket, further out the further its life is.
 * One column wide, so that it suits a phone as well as a desk. Numbers alone; `chart/growth.ts` makes elements of them.
 */
import type { GraftStateName } from "../../../morph/contracts/enums.ts"
import type { GrowthFrame, GrowthSocket, GrowthStation } from "../../protocol/growthProtocol.ts"

/** Width of the drawing; it is as tall as it has parts. */
export const WIDE = 360
const ROW = 60
const EDGE = 16
const BAR = 26
/** Middle of the trunk, and widths of a bar of the fewest and of the most parameters. */
const TRUNK = 178
const THIN = 20
const BROAD = 116
/** Where a graft that has come all the way begins, and its widths. */
const REACH = 250
const SLIM = 24
const STOUT = 96

/** What a state looks like: states of one tone share a colour. */
export type Tone = "idle" | "growing" | "joining" | "proving" | "kept" | "leaving"

/** By state: its tone, and how far out the graft stands, from 0 (nothing is drawn) to 1. */
const LOOKS: Readonly<Record<GraftStateName, readonly [tone: Tone, out: number]>> = {
  unknown: ["idle", 0],
  dormant: ["idle", 0],
  germinated: ["growing", 0.25],
  training: ["growing", 0.5],
  blending: ["joining", 0.75],
  shadowing: ["joining", 0.9],
  probationary: ["proving", 1],
  fossilized: ["kept", 1],
  culled: ["leaving", 0.5],
  embargoed: ["leaving", 0],
  resetting: ["leaving", 0],
  terminated: ["idle", 0],
}

/** The tone of a state. */
export const toneOf = (state: GraftStateName): Tone => LOOKS[state][0]

/** A box of the drawing, by its upper left corner. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A part of the host. */
export interface DrawnPart {
  readonly kind: "layer" | "kept"
  readonly name: string
  readonly words: string
  readonly box: Box
}

/** A graft at the side of its socket. */
export interface DrawnGraft {
  readonly name: string
  readonly box: Box
  /** From the socket to the graft. */
  readonly stem: readonly [fromX: number, toX: number]
  /** Share of the box that is filled: how much of the graft is in the output. */
  readonly filled: number
}

export interface DrawnSocket {
  readonly name: string
  readonly state: GraftStateName
  readonly tone: Tone
  readonly x: number
  readonly y: number
  readonly paused: boolean
  /** Null where nothing is planted. */
  readonly graft: DrawnGraft | null
}

export interface GrowthDrawing {
  readonly height: number
  /** From the input to the output. */
  readonly trunk: { readonly x: number; readonly from: number; readonly to: number }
  readonly parts: ReadonlyArray<DrawnPart>
  readonly sockets: ReadonlyArray<DrawnSocket>
  /** The drawing in a sentence, for people who cannot see it. */
  readonly label: string
}

/** Share of a graft in the output: what its state says, and alpha where it blends. */
export function shareOf({ state, alpha }: Pick<GrowthSocket, "state" | "alpha">): number {
  if (state === "probationary" || state === "fossilized") return 1
  return state === "blending" ? Math.min(1, Math.max(0, alpha)) : 0
}

const parametersOf = ({ parameters }: GrowthStation): number => Math.max(0, parameters)

/** The root tells a block of 40 from one of 4,000 and leaves both to be seen. */
const widthOf = (parameters: number, most: number, thin: number, broad: number): number =>
  most <= 0 ? thin : thin + (broad - thin) * Math.sqrt(parameters / most)

const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`

/** Places everything; the widest bar is that of the most parameters in this frame. */
export function drawingOf({ stations }: GrowthFrame): GrowthDrawing {
  const most = Math.max(0, ...stations.map(parametersOf))
  const height = 2 * EDGE + ROW * stations.length
  const parts: Array<DrawnPart> = []
  const sockets: Array<DrawnSocket> = []
  stations.forEach((station, row) => {
    const middle = EDGE + ROW * (row + 0.5)
    if (station.kind === "socket") sockets.push(socketAt(station, middle, most))
    else {
      const width = widthOf(parametersOf(station), most, THIN, BROAD)
      const { kind, name } = station
      const words =
        kind === "layer" ? counted(station.units, "unit") : counted(station.parameters, "parameter")
      parts.push({
        kind,
        name,
        words,
        box: { x: TRUNK - width / 2, y: middle - BAR / 2, width, height: BAR },
      })
    }
  })
  return {
    height,
    trunk: { x: TRUNK, from: EDGE / 2, to: height - EDGE / 2 },
    parts,
    sockets,
    label: labelOf(stations),
  }
}

function socketAt(socket: GrowthSocket, y: number, most: number): DrawnSocket {
  const { name, state, blueprint, paused } = socket
  const [tone, out] = LOOKS[state]
  const width = widthOf(parametersOf(socket), most, SLIM, STOUT)
  const x = TRUNK + (REACH - TRUNK) * out
  const graft =
    blueprint === null || out === 0
      ? null
      : {
          name: blueprint,
          box: { x, y: y - BAR / 2, width, height: BAR },
          stem: [TRUNK, x] as const,
          filled: shareOf(socket),
        }
  return { name, state, tone, x: TRUNK, y, paused: paused !== null, graft }
}

function labelOf(stations: ReadonlyArray<GrowthStation>): string {
  const layers = stations.filter(({ kind }) => kind === "layer").length
  const kept = stations.filter(({ kind }) => kind === "kept").length
  const sockets = stations.filter((one) => one.kind === "socket")
  const grafts = sockets
    .filter(({ blueprint, state }) => blueprint !== null && LOOKS[state][1] > 0)
    .map(({ blueprint, state, name }) => `${blueprint} in ${name}, ${state}`)
  return [
    `${counted(layers, "layer")}, ${counted(kept, "kept graft")}, ${counted(sockets.length, "socket")}`,
    ...grafts,
  ].join("; ")
}
