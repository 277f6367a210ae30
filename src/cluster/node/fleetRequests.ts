/** Requests at a gateway that are about fleets: digests and questions of other processes, and what people ask of one key. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { type FleetAnswer, type FleetReport, readFleetReport } from "../../cohort/keyProtocol.ts"
import { problem } from "../../domain/problems.ts"
import { attempt } from "../../domain/readInput.ts"
import { leadElsewhere, send } from "../../replica/httpReports.ts"
import { KEY_COMMANDS, type KeyCommandName, type KeyDone } from "../keyStanding.ts"
import type { Said } from "./commandNote.ts"
import { bodyOf, type May, nameIn, refuse, saidIn, unknownText } from "./requests.ts"

/** What requests about fleets lead to. */
export interface FleetsBehind {
  /** For how long reports are refused; 0: they are taken. */
  readonly shedsForMs: () => number
  /** Hash of the fleet's knobs. */
  readonly table: (fleet: string) => string
  readonly report: (fleet: string, report: FleetReport) => Promise<FleetAnswer>
  readonly names: ReadonlyArray<string>
  /** Null: no owner can be reached. */
  readonly look: (fleet: string, key: string) => Promise<object | null>
  readonly command: (fleet: string, key: string, command: KeyCommandName, said: Said) => Promise<KeyDone>
}

/** Statuses of commands without effect, and what to do about it. */
const REFUSED = {
  noBaseline: [409, "this key has no baseline yet: wait for one, or set one"],
  full: [503, "the bucket of this key is full: raise maxEngines, or come again"],
  invalidKey: [400, "a key is 1 to 256 characters"],
} as const satisfies Record<NonNullable<KeyDone["refused"]>, readonly [number, string]>

const NO_OWNER = "the owner of this key cannot be reached"
const RETRY_AFTER_MS = 1000
/** `/arqon/fleets/NAME/keys/KEY` and `/arqon/fleets/NAME/keys/KEY/COMMAND`. */
const REPORT = /^\/arqon\/fleets\/([^/]+)\/report$/
const KEY_PATH = /^\/arqon\/fleets\/([^/]+)\/keys\/([^/]+)(?:\/([^/]+))?$/

export async function answerFleet(
  behind: FleetsBehind,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  may: May,
): Promise<void> {
  const reported = REPORT.exec(path)?.[1]
  if (reported !== undefined && request.method === "POST")
    return hearFleet(behind, nameIn(reported) ?? "", path, request, response, may)
  const [, named = "", keyed = "", command] = KEY_PATH.exec(path) ?? []
  const [fleet, key] = [nameIn(named), nameIn(keyed)]
  if (!fleet || !key) return refuse(response, 404, "there is nothing at this address")
  // The right first: who may not look is not told which fleets there are.
  if (!may({ kind: "fleet", name: fleet }, command === undefined ? "read" : "steer")) return
  if (!behind.names.includes(fleet)) return refuse(response, 404, unknownText("fleet", fleet, behind.names))
  if (command === undefined && request.method === "GET") {
    const view = await behind.look(fleet, key)
    return view === null ? refuse(response, 503, NO_OWNER, RETRY_AFTER_MS) : send(response, 200, view)
  }
  if (command === undefined || request.method !== "POST")
    return refuse(response, 405, "commands are POST, everything else here is GET")
  if (!isCommand(command)) return refuse(response, 404, unknownText("command", command, KEY_COMMANDS))
  const read = await saidIn(request, response, path)
  if (read === null) return
  const done = await behind.command(fleet, key, command, read.said)
  if (done.refused === null) return send(response, 200, done)
  const [status, error] = REFUSED[done.refused]
  send(response, status, { error, problems: [], done })
}

async function hearFleet(
  behind: FleetsBehind,
  fleet: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  may: May,
): Promise<void> {
  const shedMs = behind.shedsForMs()
  if (shedMs > 0) {
    request.resume()
    return refuse(response, 429, "this runner is overloaded", Math.ceil(shedMs))
  }
  if (!may({ kind: "fleet", name: fleet }, "report")) return
  if (!behind.names.includes(fleet)) {
    request.resume()
    return refuse(response, 404, unknownText("fleet", fleet, behind.names))
  }
  const text = await bodyOf(request, response, path)
  if (text === null) return
  const read = readFleetReport(attempt(() => JSON.parse(text) as unknown))
  if (!read.ok) return send(response, 400, { error: "this is no report of keys", problems: read.problems })
  if (read.value.table === behind.table(fleet)) {
    const answer = await behind.report(fleet, read.value)
    if (answer.unreachable > 0 || answer.keys.length < read.value.follow.length) leadElsewhere(response)
    return send(response, 200, answer)
  }
  const remedy = "Give both sides the same names, bounds, scales and steps."
  send(response, 409, {
    error: "the process has other knobs",
    problems: [problem(["table"], "belongs to other knobs.", remedy)],
  })
}

const isCommand = (word: string): word is KeyCommandName => KEY_COMMANDS.some((known) => known === word)
