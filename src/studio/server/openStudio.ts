/**
 * Opens a studio: checks what was asked, puts engines, recordings and solver files behind one server, and starts it. What
 * `engine.studio()` and `arqon studio` are made of.
 */
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { ConfigError, type Problem } from "../../domain/errors.ts"
import type { EngineCore } from "../../engine/EngineCore.ts"
import type { FleetCore } from "../../fleet/FleetCore.ts"
import type { Studio, StudioOptions } from "../../engine/contract/Studio.ts"
import { packageVersion } from "../../system/version.ts"
import { Access, isToken, newToken } from "./access.ts"
import { DOABLE } from "./engineActions.ts"
import type { GrowthBook } from "./GrowthBook.ts"
import { connectToStately } from "./inspectSocket.ts"
import type { CampaignBook } from "./CampaignBook.ts"
import { LiveEngine } from "./LiveEngine.ts"
import { LiveFleet } from "./LiveFleet.ts"
import { CAMPAIGN_ACTIONS } from "../protocol/campaignProtocol.ts"
import { GUARDRAIL_PRESETS, PROTOCOL_VERSION, type Session } from "../protocol/protocol.ts"
import { isLoopback } from "./peers.ts"
import { readPage } from "./staticFiles.ts"
import type { StudioEngine } from "./StudioEngine.ts"
import type { PipelineBook } from "./PipelineBook.ts"
import type { StudyBook } from "./StudyBook.ts"
import type { TunerBook } from "./TunerBook.ts"
import { StudioServer } from "./StudioServer.ts"

/** What a studio shows besides its engines. */
export interface StudioShelf {
  readonly engines: ReadonlyArray<StudioEngine>
  /** Solver runs by name, read anew at each request. */
  readonly solvers: ReadonlyMap<string, () => unknown>
  readonly fleets?: ReadonlyArray<LiveFleet>
  readonly growths?: ReadonlyArray<GrowthBook>
  readonly pipelines?: ReadonlyArray<PipelineBook>
  readonly tuners?: ReadonlyArray<TunerBook>
  /** Of a storage that is open. */
  readonly studies?: StudyBook
  /** Of a cluster. */
  readonly campaigns?: CampaignBook
}

/** The studio of one engine. Rejects with a ConfigError for options that cannot be, and as `listen` does. */
export async function studioOf(core: EngineCore, options: StudioOptions = {}): Promise<Studio> {
  const engine = new LiveEngine(core, {
    id: core.runId,
    name: options.name ?? core.settings.name ?? core.runId,
    readOnly: options.readOnly ?? false,
  })
  const studio = await openStudio({ engines: [engine], solvers: new Map() }, options)
  if (options.inspectAt === undefined) return studio
  const inspection = await connectToStately(core, options.inspectAt).catch(async (error: unknown) => {
    // Who was refused a studio has none to stop.
    await studio.stop()
    throw error
  })
  return {
    ...studio,
    stop: () => {
      inspection.stop()
      return studio.stop()
    },
  }
}

/** The studio of a fleet: a list of its engines, and each by its key. Rejects as `studioOf`. */
export function studioOfFleet(core: FleetCore, options: StudioOptions = {}): Promise<Studio> {
  const { name = core.settings.name, readOnly = false, inspectAt } = options
  if (inspectAt !== undefined) return Promise.reject(nothingToInspect)
  const fleet = new LiveFleet(core, { name, readOnly })
  return openStudio({ engines: [], solvers: new Map(), fleets: [fleet] }, options)
}

const nothingToInspect = new ConfigError({
  problems: [
    {
      path: "inspectAt",
      message: "is not available for a fleet: its engines have no actors to inspect.",
      suggestion: "Leave it out, or create the engine to inspect with createEngine.",
    },
  ],
})

/** Serves what stands on the shelf. */
export async function openStudio(shelf: StudioShelf, options: StudioOptions = {}): Promise<Studio> {
  const problems = studioProblems(options)
  if (problems.length > 0) {
    clear(shelf)
    throw new ConfigError({ problems })
  }
  const { host = "127.0.0.1", port = 0, readOnly = false, allowedHosts = [] } = options
  const token = options.token === false ? null : (options.token ?? newToken())
  const names = allowedHosts.map((name) => name.toLowerCase())
  const access = new Access({ host, token, allowedHosts: names, now: () => performance.now() })
  const studio = new StudioServer({
    access,
    readOnly,
    files: readPage(),
    content: {
      engines: shelf.engines,
      fleets: shelf.fleets ?? [],
      growths: shelf.growths ?? [],
      pipelines: shelf.pipelines ?? [],
      tuners: shelf.tuners ?? [],
      studies: shelf.studies ?? null,
      campaigns: shelf.campaigns ?? null,
      session: () => sessionOf(shelf, readOnly),
      solver: (file) => shelf.solvers.get(file)?.() ?? null,
    },
  })
  const { server } = studio
  server.listen({ port, host })
  try {
    await once(server, "listening")
  } catch (error) {
    clear(shelf)
    throw error
  }
  const { port: bound } = server.address() as AddressInfo
  let stopping: Promise<void> | null = null
  // A token that was given is known to who gave it, and must not come into logs from here.
  const link = options.token === undefined ? `?token=${token}` : ""
  return {
    url: `http://${addressOf(host)}:${bound}/${link}`,
    token,
    stop: () => (stopping ??= studio.close()),
  }
}

/** What was not shown holds nothing. */
function clear({ engines, fleets = [] }: StudioShelf): void {
  for (const engine of engines) engine.close()
  for (const fleet of fleets) fleet.close()
}

/** What a browser on this machine can open. */
function addressOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1"
  if (host === "::") return "[::1]"
  return host.includes(":") ? `[${host}]` : host
}

function studioProblems({ host, port, token, inspectAt }: StudioOptions): ReadonlyArray<Problem> {
  const problems: Array<Problem> = []
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    problems.push({ path: "port", message: `must be a whole number from 0 to 65535, got ${port}.` })
  }
  if (token !== undefined && token !== false && !(typeof token === "string" && isToken(token))) {
    problems.push({
      path: "token",
      message: "must be 16 to 512 ASCII letters, digits and signs without spaces, or false for none.",
      suggestion: "Leave it out to have one generated, or generate one: openssl rand -hex 24",
    })
  }
  if (host === "") {
    problems.push({
      path: "host",
      message: "is empty, which would be every address of this machine.",
      suggestion: 'Leave it out to serve this machine alone, or give "0.0.0.0".',
    })
  } else if (host !== undefined && !isLoopback(host) && token === false) {
    problems.push({
      path: "host",
      message: `${JSON.stringify(host)} can be reached from other machines, so it needs a token.`,
      suggestion: "Leave token out to have one generated, or leave host out to serve this machine alone.",
    })
  }
  if (inspectAt !== undefined && !isLocalSocket(inspectAt)) {
    problems.push({
      path: "inspectAt",
      message: `must be a WebSocket address on this machine, got ${JSON.stringify(inspectAt)}.`,
      suggestion: "Stately's local server listens on ws://localhost:8080.",
    })
  }
  return problems
}

/** What happens in an engine is told to nobody beyond this machine. */
function isLocalSocket(address: string): boolean {
  const url = URL.parse(address)
  return url !== null && url.protocol === "ws:" && isLoopback(url.hostname.replace(/^\[|\]$/g, ""))
}

function sessionOf(
  {
    engines,
    solvers,
    fleets = [],
    growths = [],
    pipelines = [],
    tuners = [],
    studies,
    campaigns,
  }: StudioShelf,
  readOnly: boolean,
): Session {
  const entries = engines.map((engine) => engine.entry())
  const live = engines.some((engine) => engine.live !== null)
  const acts = !readOnly && entries.some((entry) => entry.source === "live" && !entry.readOnly)
  const grown = growths.map((book) => book.entry(readOnly))
  const steered = grown.some(({ actions }) => actions.length > 0)
  const answers = campaigns === undefined ? null : readOnly ? [] : CAMPAIGN_ACTIONS
  const answered = (answers ?? []).length > 0
  return {
    protocol: PROTOCOL_VERSION,
    version: packageVersion(),
    readOnly: !acts && !steered && !answered && (readOnly || fleets.every((fleet) => fleet.readOnly)),
    engines: entries,
    fleets: fleets.map((fleet) => fleet.entry(readOnly)),
    growths: grown,
    pipelines: pipelines.map((book) => book.entry()),
    tuners: tuners.map((book) => book.entry()),
    studies: studies !== undefined,
    campaigns: answers,
    solvers: [...solvers.keys()],
    capabilities: {
      actions: acts ? DOABLE : [],
      presets: acts && DOABLE.includes("guardrails") ? GUARDRAIL_PRESETS : [],
      live,
      replay: engines.some((engine) => engine.frames !== null),
      solver: solvers.size > 0,
    },
  }
}
