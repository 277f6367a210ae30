/** `arqon studio`: recorded runs and solver runs in a browser, without an engine of one's own. */
import { ConfigError } from "../domain/errors.ts"
import type { Studio } from "../engine/contract/Studio.ts"
import { causeText } from "../system/StateFileError.ts"
import { startDemo } from "./demoStudio.ts"
import { openStudio, type StudioShelf } from "../studio/server/openStudio.ts"
import { recordedEngines } from "../studio/server/RecordedEngine.ts"
import { solverRun } from "../studio/server/solverRuns.ts"
import type { StudioEngine } from "../studio/server/StudioEngine.ts"
import { readArtifactFile } from "../study/documents.ts"
import { clusterShown } from "./clusterShown.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { journalDirectory } from "./journalDirectory.ts"
import { note, print } from "./output.ts"
import { shortPath } from "../system/paths.ts"
import { openInBrowser } from "./openInBrowser.ts"
import { onSignals } from "./signals.ts"
import { studiesIn } from "./sharedStudy.ts"
import { StudyBook } from "../studio/server/StudyBook.ts"
import { tokenIn } from "./tokenFile.ts"

export interface StudioFlags {
  readonly journal: string | null
  /** Addresses of gateways of a cluster's runners. */
  readonly cluster: ReadonlyArray<string>
  readonly clusterTokenFile: string | null
  /** A storage with shared studies. */
  readonly storage: string | null
  readonly solver: ReadonlyArray<string>
  readonly demo: boolean
  readonly port: number
  readonly host: string | null
  readonly tokenFile: string | null
  readonly noToken: boolean
  readonly readOnly: boolean
  readonly open: boolean
}

export async function studioCommand(flags: StudioFlags): Promise<ExitCode> {
  const { journal, cluster, storage } = flags
  const shows = [journal !== null, storage !== null, flags.demo, cluster.length > 0, flags.solver.length > 0]
  if (!shows.includes(true)) {
    throw new CliFailure(
      "arqon studio has nothing to show. Give it a --journal, a --cluster, a --storage or a --solver file, or try --demo. A running engine opens its own: engine.studio().",
      EXIT.usage,
    )
  }
  const token = tokenOf(flags)
  const solvers = new Map(
    flags.solver.map((path) => [shortPath(path), () => solverRun(path, shortPath(path))]),
  )
  // Read anew for each look; what cannot be read at all is said at once.
  for (const path of flags.solver) readArtifactFile(path)
  const recorded = journal === null ? [] : runsOf(journal)
  const runner = cluster.length === 0 ? null : await clusterShown(cluster, flags.clusterTokenFile)
  const shared = storage === null ? null : await studiesIn(storage)
  const demo = flags.demo ? await startDemo(flags.readOnly) : null
  const engines = [...(demo === null ? [] : [demo.engine]), ...recorded]
  let browser: { readonly forget: () => void } | null = null
  try {
    const studies = shared === null ? {} : { studies: new StudyBook(shared) }
    const studio = await opened({ engines, solvers, ...runner, ...studies }, flags, token)
    const ending = ended()
    print(`The studio is at ${studio.url}`)
    if (flags.open) browser = openInBrowser(studio.url)
    if (token === undefined) note("Anybody with this link can look and steer.")
    note("Press Ctrl-C to stop.")
    await ending
    await studio.stop()
  } finally {
    browser?.forget()
    await demo?.stop()
    await shared?.close()
  }
  return EXIT.ok
}

/** Undefined: one is to be made. */
function tokenOf({ tokenFile, noToken }: StudioFlags): string | false | undefined {
  if (noToken && tokenFile !== null)
    throw new CliFailure("--no-token and --token-file contradict each other. Give one of them.", EXIT.usage)
  if (noToken) return false
  return tokenFile === null ? undefined : tokenIn(tokenFile)
}

async function opened(
  shelf: StudioShelf,
  { port, host, readOnly }: StudioFlags,
  token: string | false | undefined,
): Promise<Studio> {
  try {
    return await openStudio(shelf, {
      port,
      readOnly,
      ...(token === undefined ? {} : { token }),
      ...(host === null ? {} : { host }),
    })
  } catch (cause) {
    if (cause instanceof ConfigError) throw new CliFailure(cause.message, EXIT.usage)
    throw new CliFailure(`The studio cannot listen on ${host ?? "127.0.0.1"}:${port}: ${whyNot(cause)}`)
  }
}

const whyNot = (cause: unknown): string =>
  (cause as NodeJS.ErrnoException).code === "EADDRINUSE"
    ? "another program does. Choose another --port, or leave it out for a free one."
    : causeText(cause)

function runsOf(directory: string): ReadonlyArray<StudioEngine> {
  const runs = recordedEngines(journalDirectory(directory))
  if (runs.length === 0) throw new CliFailure(`${shortPath(directory)} contains no readable run.`)
  return runs
}

/** Until a signal; meanwhile the process is held, which the server itself never does. */
async function ended(): Promise<void> {
  const holding = setInterval(() => {}, 1 << 30)
  await new Promise<void>((resolve) => {
    const signals = onSignals(() => {
      signals.off()
      resolve()
    })
  })
  clearInterval(holding)
}
