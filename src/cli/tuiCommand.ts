/** `arqon tui`: the essentials of the studio in a terminal, of a running studio, of a journal or of a shared study. */
import { userInfo } from "node:os"
import { recordLine } from "../journal/read/readJournal.ts"
import { causeText } from "../system/StateFileError.ts"
import { gainOf, type Readings } from "../studio/protocol/gain.ts"
import type { Frame, Session } from "../studio/protocol/protocol.ts"
import { recordedEngines } from "../studio/server/RecordedEngine.ts"
import { Prompt } from "./tui/Prompt.ts"
import { screen, type ScreenContent } from "./tui/screen.ts"
import { MOST_ROWS, objectivesOf, timeLineOf, withRecords, withWindow } from "./tui/timeLine.ts"
import type { StudioClient, StudioEvent } from "./tui/StudioClient.ts"
import { type Drawing, openView, plainView } from "./tui/View.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { journalDirectory } from "./journalDirectory.ts"
import { print } from "./output.ts"
import { shortPath } from "../system/paths.ts"
import { onSignals } from "./signals.ts"
import { askAtTerminal, connect } from "./studioConnection.ts"

export interface TuiFlags {
  readonly url: string | null
  readonly journal: string | null
  /** A storage with shared studies. */
  readonly storage: string | null
  readonly study: string | null
  readonly engine: string | null
  readonly tokenFile: string | null
}

const MOST_RECORDS = 200
/** How much of a recording one key goes. */
const STEP = 0.02

export async function tuiCommand(flags: TuiFlags): Promise<ExitCode> {
  const { url: at, journal, storage, study } = flags
  if ([at, journal, storage].filter((place) => place !== null).length !== 1)
    throw new CliFailure(
      "arqon tui needs one of --url (of an open studio), --journal and --storage (of shared studies).",
      EXIT.usage,
    )
  if (study !== null && storage === null)
    throw new CliFailure("--study is the name of a study in a --storage. Give both.", EXIT.usage)
  if (storage !== null) return (await import("./studyWatch.ts")).studyWatch(storage, study)
  if (journal !== null) return recorded(journal, flags.engine)
  const ask = process.stdin.isTTY ? askAtTerminal : null
  const { client, session, url } = await connect(at ?? "", flags.tokenFile, ask)
  return live(client, session, url, flags.engine)
}

async function live(
  client: StudioClient,
  session: Session,
  url: string,
  wanted: string | null,
): Promise<ExitCode> {
  const entry = session.engines.find(
    ({ id, source }) => source === "live" && (wanted === null || id === wanted),
  )
  if (entry === undefined)
    throw new CliFailure(`The studio at ${url} shows no live engine${wanted === null ? "" : ` ${wanted}`}.`)
  const prompt = new Prompt(session.capabilities.actions)
  const known = await client.records(entry.id, MOST_RECORDS)
  const line = timeLineOf(await client.history(entry.id, MOST_ROWS))
  let shown: Live = {
    line,
    lastSeq: known.at(-1)?.seq ?? 0,
    entry,
    snapshot: null,
    frame: null,
    states: null,
    budgets: null,
    ...readingsOf(line, null),
    records: known.map(recordLine),
    footer: "",
  }
  const ending = new AbortController()
  const view = openView(
    (...size) => drawn({ ...shown, footer: prompt.footer })(...size),
    (key) => {
      const answer = prompt.key(key)
      if (answer === null) return
      if ("quit" in answer) return ending.abort()
      const by = userInfo().username.slice(0, 80)
      client
        .act({ engine: entry.id, ...answer, by, confirm: true })
        .then(({ note }) => (prompt.message = note))
        .catch((cause: unknown) => (prompt.message = causeText(cause)))
        .finally(() => view?.draw())
        .catch(() => {})
    },
  )
  const signals = onSignals(() => ending.abort())
  try {
    for await (const told of client.live(entry.id, ending.signal)) {
      shown = follow(shown, told)
      view?.draw()
      // Nobody sits there: one look is all.
      if (view === null && shown.budgets !== null) break
    }
  } catch (cause) {
    if (!ending.signal.aborted) throw new CliFailure(`The studio at ${url} is gone: ${causeText(cause)}`)
  } finally {
    signals.off()
    view?.close()
  }
  if (view === null) printPlain(shown)
  return EXIT.ok
}

/** What can be told from the readings up to a moment, or up to now. */
const readingsOf = (line: Readings, atUs: number | null): Pick<ScreenContent, "objectives" | "gain"> => ({
  objectives: objectivesOf(line, atUs ?? Number.POSITIVE_INFINITY),
  gain: gainOf(line, atUs),
})

/** What is shown of a running engine, what was read, and the number of the last record. */
interface Live extends ScreenContent {
  readonly line: Readings
  readonly lastSeq: number
}

function follow(shown: Live, { event, message }: StudioEvent): Live {
  switch (event) {
    case "snapshot":
      return { ...shown, snapshot: message }
    case "state":
      return { ...shown, states: message }
    case "budgets":
      return { ...shown, budgets: message }
    case "window": {
      const line = withWindow(shown.line, message)
      return { ...shown, line, ...readingsOf(line, null) }
    }
    case "audit": {
      const fresh = message.records.filter(({ seq }) => seq > shown.lastSeq)
      return {
        ...shown,
        line: withRecords(shown.line, fresh),
        lastSeq: fresh.at(-1)?.seq ?? shown.lastSeq,
        records: [...shown.records, ...fresh.map(recordLine)].slice(-MOST_RECORDS),
      }
    }
    default:
      return shown
  }
}

async function recorded(directory: string, wanted: string | null): Promise<ExitCode> {
  const engine = recordedEngines(journalDirectory(directory)).find(
    ({ id }) => wanted === null || id === wanted,
  )
  if (engine === undefined) throw new CliFailure(`${shortPath(directory)} contains no such run.`)
  const entry = engine.entry()
  const line = timeLineOf(engine.history(MOST_ROWS, null))
  const { frames } = engine.frames({ fromUs: 0, toUs: Number.POSITIVE_INFINITY, atUs: null, limit: 500 })
  const prompt = new Prompt([])
  let place = Math.max(0, frames.length - 1)
  const shownAt = (frame: Frame | undefined): ScreenContent => ({
    entry,
    snapshot: frame?.snapshot ?? null,
    frame: frame ?? null,
    states: frame?.states ?? null,
    budgets: frame?.budgets ?? null,
    ...readingsOf(line, frame?.atUs ?? null),
    records: [],
    footer: `${((frame?.atUs ?? 0) / 1e6).toFixed(1)} s  ${place + 1}/${frames.length}  ${prompt.footer}`,
  })
  const ending = new AbortController()
  let before = ""
  const view = openView(
    (...size) => drawn(shownAt(frames[place]))(...size),
    (key) => {
      // An arrow is three characters; its last says which.
      const arrow = before.endsWith("\u001b[") ? key : ""
      before = (before + key).slice(-2)
      const step = Math.max(1, Math.round(frames.length * STEP))
      if (arrow === "C") place = Math.min(frames.length - 1, place + step)
      else if (arrow === "D") place = Math.max(0, place - step)
      else if (prompt.key(key) !== null) ending.abort()
      view?.draw()
    },
  )
  if (view === null) {
    printPlain(shownAt(frames[place]))
    return EXIT.ok
  }
  view.draw()
  const signals = onSignals(() => ending.abort())
  await new Promise<void>((resolve) => ending.signal.addEventListener("abort", () => resolve()))
  signals.off()
  view.close()
  return EXIT.ok
}

const drawn =
  (shown: ScreenContent): Drawing =>
  (columns, rows, styles) =>
    screen(shown, columns, rows, styles)

const printPlain = (shown: ScreenContent): void => print(plainView(drawn({ ...shown, footer: "" })))
