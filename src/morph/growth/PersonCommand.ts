/** What a person asks of a growing host, as plain data: it is carried out now, recorded, and carried out again when a run is repeated. */
import type { GerminateRequest } from "./GrowthBoundary.ts"
import type { RateChange } from "../training/LearningRates.ts"
import type { GrowthCore } from "./GrowthCore.ts"

export type PersonCommand =
  | { readonly type: "germinate"; readonly socket: string; readonly request: GerminateRequest }
  | {
      readonly type: "cull" | "fossilize"
      readonly socket: string
      readonly why: string
      /** The graft that is meant; absent: whichever is there. */
      readonly graft?: string | undefined
    }
  | { readonly type: "rollback" | "pause" | "resume" | "reset"; readonly why: string }
  | { readonly type: "adjust"; readonly change: RateChange; readonly why: string }

/** The boundary that a rollback led to, else -1. Throws a `GrowthError` where it is refused, and then nothing has changed. */
export function perform(core: GrowthCore, command: PersonCommand): number {
  switch (command.type) {
    case "germinate":
      core.germinate(command.socket, command.request)
      break
    case "cull":
    case "fossilize":
      core.ask(command.socket, command)
      break
    case "rollback":
      return core.rollback(command.why)
    case "adjust":
      core.host.adjust(command.change)
      break
    case "reset":
      core.reset("a person", command.why)
      break
    default:
      core[command.type](command.why)
  }
  return -1
}
