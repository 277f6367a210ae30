/** `arqon ask` and `arqon tell`: the loop in the hands of another program, one step a process. */
import { plainJson } from "../system/plainText.ts"
import { EXIT, type ExitCode } from "./exitCodes.ts"
import { readResults, takeResults } from "../study/documents.ts"
import { print, printWarning } from "./output.ts"
import { bestJson } from "./runSummary.ts"
import { Study } from "./study.ts"

export interface AskFlags {
  readonly config: string | null
  readonly state: string | null
  readonly batch: number | null
  readonly ids: boolean
}

export async function askCommand({ config, state, batch, ids }: AskFlags): Promise<ExitCode> {
  const study = await Study.open({ config, state, command: "arqon ask", brief: true })
  try {
    const { solver } = study
    if (!study.resumed) for (const warning of solver.warnings) printWarning(warning)
    const trials = batch === null ? solver.askTrials() : solver.askTrials(batch)
    // Points are handed out only once it is on disk that they are out.
    if (trials !== null || !study.resumed) await study.save()
    const shown = trials?.map(({ id, params }) => (ids ? { id, params } : params)) ?? null
    print(shown === null ? "null" : jsonLines(shown))
    return EXIT.ok
  } finally {
    await study.close()
  }
}

export interface TellFlags {
  readonly state: string
  readonly results: string | null
}

export async function tellCommand({ state, results }: TellFlags): Promise<ExitCode> {
  // Before the state is locked: the writer of our stdin may be slow.
  const document = await readResults(results)
  const study = await Study.open({ config: null, state, command: "arqon tell", brief: true })
  try {
    const report = takeResults(document, (given) => study.solver.tell(given))
    await study.save()
    print(plainJson({ ...report, best: bestJson(study.solver) }))
    return EXIT.ok
  } finally {
    await study.close()
  }
}

/** One item a line: for people, and for tools that read lines. */
const jsonLines = (items: ReadonlyArray<unknown>): string =>
  `[\n${items.map((item) => `  ${plainJson(item)}`).join(",\n")}\n]`
