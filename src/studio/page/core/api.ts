/**
 * Talking to the server: one function per path, typed by the protocol.
 */
import type {
  FleetActionRequest,
  FleetActionResult,
  FleetEngineView,
  FleetList,
} from "../../protocol/fleetProtocol.ts"
import type {
  GrowthActionRequest,
  GrowthActionResult,
  GrowthFrame,
  GrowthRun,
} from "../../protocol/growthProtocol.ts"
import type {
  CampaignActionRequest,
  CampaignActionResult,
  CampaignPage,
} from "../../protocol/campaignProtocol.ts"
import type { PipelinePage } from "../../protocol/pipelineProtocol.ts"
import type { StudyPage } from "../../protocol/studyProtocol.ts"
import type { TunerPage } from "../../protocol/tunerProtocol.ts"
import type { SolverRun } from "../../protocol/solverProtocol.ts"
import type { Machines } from "../../protocol/machineProtocol.ts"
import { PATHS } from "../../protocol/paths.ts"
import type {
  ActionRequest,
  ActionResult,
  ApiError,
  AuditPage,
  Frames,
  History,
  Session,
} from "../../protocol/protocol.ts"
import { wire } from "./wire.ts"

export type Query = Readonly<Record<string, string | number | null | undefined>>

/** An answer that was none: its word from the protocol, or "offline" where nobody answered. */
export class Refusal extends Error {
  readonly reason: ApiError["error"] | "offline"
  constructor(reason: ApiError["error"] | "offline", message: string) {
    super(message)
    this.reason = reason
  }
}

/** A path beside the page, so that a studio under a prefix works as well. */
export function address(path: keyof typeof PATHS, query: Query = {}): string {
  const given = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  )
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return `.${PATHS[path]}${search === "" ? "" : `?${search}`}`
}

async function answer(url: string, init?: RequestInit): Promise<Response> {
  const response = await wire.request(url, init).catch(() => {
    throw new Refusal("offline", "The studio's server does not respond. Is the process still running?")
  })
  if (response.ok) return response
  const body = (await response.json().catch(() => null)) as ApiError | null
  throw new Refusal(body?.error ?? "failed", body?.message ?? `The server answered ${response.status}.`)
}

const get = async <T>(path: keyof typeof PATHS, query?: Query, signal?: AbortSignal): Promise<T> =>
  (await (await answer(address(path, query), signal === undefined ? {} : { signal })).json()) as T

const post = (path: keyof typeof PATHS, body: unknown): Promise<Response> =>
  answer(address(path), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  })

export const api = {
  session: () => get<Session>("session"),
  machines: () => get<Machines>("machines"),
  history: (engine: string, points: number) => get<History>("history", { engine, points }),
  audit: (query: Query, signal?: AbortSignal) => get<AuditPage>("audit", query, signal),
  solver: (file: string) => get<SolverRun>("solver", { file }),
  growth: (query: Query, signal?: AbortSignal) => get<GrowthRun>("growth", query, signal),
  growthFrame: (query: Query, signal?: AbortSignal) => get<GrowthFrame>("growthFrame", query, signal),
  frames: (query: Query) => get<Frames>("frames", query),
  pipeline: (query: Query, signal?: AbortSignal) => get<PipelinePage>("pipeline", query, signal),
  tuner: (query: Query, signal?: AbortSignal) => get<TunerPage>("tuner", query, signal),
  study: (query: Query, signal?: AbortSignal) => get<StudyPage>("study", query, signal),
  campaigns: (query: Query, signal?: AbortSignal) => get<CampaignPage>("campaigns", query, signal),
  answerCampaign: async (request: CampaignActionRequest) =>
    (await (await post("campaignActions", request)).json()) as CampaignActionResult,
  fleet: (query: Query, signal?: AbortSignal) => get<FleetList>("fleet", query, signal),
  fleetEngine: (query: Query, signal?: AbortSignal) => get<FleetEngineView>("fleetEngine", query, signal),
  actOnFleet: async (request: FleetActionRequest) =>
    (await (await post("fleetActions", request)).json()) as FleetActionResult,
  actOnGrowth: async (request: GrowthActionRequest) =>
    (await (await post("growthActions", request)).json()) as GrowthActionResult,
  act: async (request: ActionRequest) => (await (await post("actions", request)).json()) as ActionResult,
  login: async (token: string): Promise<void> => void (await post("login", { token })),
}

/** What went wrong, for a person. */
export const told = (error: unknown): string => (error instanceof Error ? error.message : String(error))
