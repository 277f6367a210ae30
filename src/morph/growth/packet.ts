/** What a policy reads at a boundary, gathered from the host, the lives and the records of the blueprints. */
import { type AnyBlueprint, readParameters, takes } from "../blueprints/Blueprint.ts"
import type { Figures } from "../contracts/Host.ts"
import type { GraftLife } from "../grafting/GraftLife.ts"
import type { GraftTable } from "../grafting/GraftTable.ts"
import { isLive } from "../grafting/transitions.ts"
import type { NeuralHost } from "../neural/NeuralHost.ts"
import type { BlueprintRecords } from "../policy/BlueprintRecords.ts"
import type { PolicyBlueprint, PolicyGraft, PolicyPacket, PolicySocket } from "../policy/PolicyPacket.ts"

export interface Standing {
  readonly host: NeuralHost
  readonly table: GraftTable
  readonly catalogue: ReadonlyArray<AnyBlueprint>
  readonly records: BlueprintRecords
  readonly boundary: number
  readonly sinceGrowth: number | null
  readonly heldOut: ReadonlyArray<number>
  readonly conservative: boolean
  /** By socket: the held-out loss at the boundary at which its graft entered its state. */
  readonly entries: Readonly<Record<string, number>>
}

export function packetOf(standing: Standing): PolicyPacket {
  const { host, table, catalogue, records, boundary, entries } = standing
  const { lives } = table
  const sockets = host.sockets()
  return {
    version: 1,
    boundary,
    sinceGrowth: standing.sinceGrowth,
    hostLoss: host.hostScore().loss,
    heldOut: standing.heldOut,
    memory: host.memoryShare,
    conservative: standing.conservative,
    sockets: host.socketFigures().map((seen): PolicySocket => {
      const life = lives.find(({ slot }) => slot === seen.name)
      return { ...seen, open: life?.state === "dormant" && life.request === null }
    }),
    grafts: lives
      .filter(({ state }) => isLive(state))
      .map((life) => graftOf(life, table.figuresOf(life.slot), entries[life.slot] ?? Number.NaN)),
    catalogue: catalogue.map((blueprint): PolicyBlueprint => {
      const { name, tier, risk, quarantineOnly } = blueprint
      const fits = sockets.filter(({ shape }) => takes(blueprint, shape))
      const { parameters = 0 } =
        fits.length === 0 ? {} : blueprint.cost(fits[0].shape, readParameters(blueprint).parameters)
      return {
        name,
        tier,
        risk,
        quarantineOnly,
        parameters,
        fits: fits.map((socket) => socket.name),
        ...records.standing(name, boundary),
      }
    }),
  }
}

function graftOf(life: GraftLife, figures: Figures, lossAtEntry: number): PolicyGraft {
  const { lossWith = Number.NaN, lossWithout = Number.NaN } = figures
  return {
    socket: life.slot,
    blueprint: life.planting?.blueprint ?? "",
    state: life.state,
    age: life.evidence.stay,
    alpha: life.alpha,
    lossWith,
    lossWithout,
    lossAtEntry,
  }
}
