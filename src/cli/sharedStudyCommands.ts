/** `arqon study create`, `show`, `retry`, `change` and `export`: what a person does with a shared study. */
import type { StudyStatus } from "../cluster/study/studyTypes.ts"
import { readConfigFile } from "../study/documents.ts"
import { RunText } from "../study/StateFile.ts"
import { shortPath } from "../system/paths.ts"
import { plainJson } from "../system/plainText.ts"
import { environment } from "./artifactCommands.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print, printWarning, valueText } from "./output.ts"
import { durationText } from "./scriptRunner.ts"
import { oldStorageOf, storageOf, type StudyPlace, withStudy } from "./sharedStudy.ts"
import { writeDocument } from "./writeDocument.ts"

export interface CreateFlags extends StudyPlace {
  readonly config: string
  readonly lease: number | null
  readonly retries: number | null
  readonly migrate: boolean
}

export async function createCommand(flags: CreateFlags): Promise<ExitCode> {
  const { settings } = readConfigFile(flags.config)
  for (const warning of settings.warnings) printWarning(warning)
  const storage = storageOf(flags.storage, flags.migrate)
  const { config } = settings
  const { lease, retries, name } = flags
  return withStudy(
    {
      storage,
      name,
      config,
      ...(lease === null ? {} : { leaseMs: lease }),
      ...(retries === null ? {} : { retries }),
    },
    async (study) => {
      print(`${storage.name} has the study ${name}: ${study.progress.budget} evaluations.`)
      return EXIT.ok
    },
  )
}

export async function showCommand({
  storage,
  name,
  json,
  watch,
}: StudyPlace & { readonly json: boolean; readonly watch: boolean }): Promise<ExitCode> {
  if (watch && json)
    throw new CliFailure("--watch and --json contradict each other. Give one of them.", EXIT.usage)
  if (watch) return (await import("./studyWatch.ts")).studyWatch(storage, name)
  return withStudy({ storage: oldStorageOf(storage), name }, async (study) => {
    const status = await study.status()
    // This command is no worker.
    const workers = status.workers.filter(({ worker }) => worker !== study.worker)
    print(json ? plainJson({ ...status, workers }) : statusText({ ...status, workers }))
    return EXIT.ok
  })
}

function statusText(status: StudyStatus): string {
  const { name, phase, stopped, told, budget, best, failed, retried, lost, duplicates, trials, workers } =
    status
  const standing = stopped ? "stopped" : phase
  return [
    `${name}: ${standing}, ${told} of ${budget} evaluations told, ${failed} failed`,
    `retried ${retried}, lost ${lost}, duplicates ${duplicates}, late ${status.late}, strangers ${status.strangers}`,
    best === null
      ? "no reading yet"
      : `best ${valueText(best.value)} at ${JSON.stringify(best.params)}${best.id === null ? "" : ` (trial ${best.id})`}`,
    `${trials.length} ${trials.length === 1 ? "trial" : "trials"} out`,
    ...trials.map(
      ({ id, attempt, worker, leftMs }) =>
        `  trial ${id}, attempt ${attempt}: ${leftMs > 0 ? `${worker}, lease for ${durationText(leftMs)}` : "waits for a worker"}`,
    ),
    `${workers.length} ${workers.length === 1 ? "worker" : "workers"}`,
    ...workers.map(
      ({ worker, seenMsAgo, about }) =>
        `  ${worker} (${about}), seen ${durationText(Math.max(0, seenMsAgo))} ago`,
    ),
  ].join("\n")
}

export async function retryCommand({
  storage,
  name,
  trial,
}: StudyPlace & { readonly trial: number | null }): Promise<ExitCode> {
  return withStudy({ storage: oldStorageOf(storage), name }, async (study) => {
    const count = await study.retry(trial ?? undefined)
    if (count === 0)
      throw new CliFailure(trial === null ? "No trial has failed." : `Trial ${trial} has not failed.`)
    print(`${count} ${count === 1 ? "trial waits" : "trials wait"} for a worker again.`)
    return EXIT.ok
  })
}

export interface ChangeFlags extends StudyPlace {
  readonly budget: number | null
  readonly stop: boolean
  readonly resume: boolean
}

export async function changeCommand({ storage, name, budget, stop, resume }: ChangeFlags): Promise<ExitCode> {
  if (stop === resume && (stop || budget === null))
    throw new CliFailure("Give --budget, --stop or --resume: one of the last two at most.", EXIT.usage)
  return withStudy({ storage: oldStorageOf(storage), name }, async (study) => {
    if (budget !== null) await study.raise(budget)
    if (stop) await study.stop()
    if (resume) await study.resume()
    const { stopped, told, budget: now } = study.progress
    print(`${name}: ${told} of ${now} evaluations told${stopped ? ", stopped" : ""}.`)
    return EXIT.ok
  })
}

export async function exportStudyCommand({
  storage,
  name,
  output,
}: StudyPlace & { readonly output: string }): Promise<ExitCode> {
  return withStudy({ storage: oldStorageOf(storage), name }, async (study) => {
    const artifact = { ...(await study.artifact()), environment: environment() }
    await writeDocument(output, new RunText().of(artifact))
    print(`Wrote ${shortPath(output)}: ${artifact.run_id}, ${artifact.history.length} evaluations.`)
    return EXIT.ok
  })
}
