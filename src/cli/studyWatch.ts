/** A shared study in the terminal, live: `arqon tui --storage` and `arqon study show --watch`. It takes part in nothing and changes nothing. */
import { setTimeout as sleep } from "node:timers/promises"
import type { StudySource } from "../cluster/study/StudyLook.ts"
import type { StudyPage } from "../studio/protocol/studyProtocol.ts"
import { Refusal } from "../studio/server/refusal.ts"
import { StudyBook } from "../studio/server/StudyBook.ts"
import { messageOf } from "../system/messageOf.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"
import { studiesIn } from "./sharedStudy.ts"
import { onSignals } from "./signals.ts"
import { studyScreen } from "./tui/studyScreen.ts"
import { openView, plainView, type Seat } from "./tui/View.ts"

const EVERY_MS = 1000
/** Trials that are asked for: more than a terminal is high. */
const MOST_TRIALS = 100
const ARROW = "\u001b["

export interface WatchOptions {
  readonly source: StudySource
  /** Null: the youngest. */
  readonly name: string | null
  /** Absent: this process's own. */
  readonly seat?: Seat
  /** Until the next look; resolves early where the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
  readonly nowMs?: () => number
}

/** Opens a storage and shows a study of it until a person leaves; one frame where there is no terminal. */
export async function studyWatch(storage: string | null, name: string | null): Promise<ExitCode> {
  const shelf = await studiesIn(storage)
  try {
    return await watchStudy({ source: shelf, name })
  } finally {
    await shelf.close()
  }
}

export async function watchStudy({
  source,
  name,
  seat,
  pause = patience,
  nowMs = performance.now.bind(performance),
}: WatchOptions): Promise<ExitCode> {
  const book = new StudyBook(source)
  const look = (study: string | null): Promise<StudyPage> =>
    book.page({ study, search: "", state: undefined, sort: "newest", offset: 0, limit: MOST_TRIALS })
  let page = await look(name).catch((cause: unknown) => {
    throw cause instanceof Refusal ? new CliFailure(cause.message) : cause
  })
  let chosen = page.name
  let pace = paceFrom(page, nowMs())
  let trouble = ""
  const ending = new AbortController()
  let keys = ""
  const view = openView(
    (columns, rows, styles) =>
      studyScreen({ page, leftMs: pace.leftMs, footer: footerOf(page, trouble) }, columns, rows, styles),
    (key) => {
      // An arrow is three characters; its last says which.
      const step = keys.endsWith(ARROW) ? ({ C: 1, D: -1 }[key] ?? 0) : 0
      keys = (keys + key).slice(-ARROW.length)
      if (key === "q" || key === "\u0003") ending.abort()
      const { studies } = page
      const at = studies.indexOf(chosen) + step
      if (step !== 0 && at >= 0 && at < studies.length) chosen = studies[at]
    },
    seat,
  )
  if (view === null) {
    print(
      plainView((columns, rows, styles) =>
        studyScreen({ page, leftMs: null, footer: "" }, columns, rows, styles),
      ),
    )
    return EXIT.ok
  }
  const signals = onSignals(() => ending.abort())
  try {
    while (!ending.signal.aborted) {
      view.draw()
      await pause(EVERY_MS, ending.signal)
      try {
        page = await look(chosen)
        trouble = ""
        if (page.name !== pace.name || page.told < pace.told) pace = paceFrom(page, nowMs())
        else pace = { ...pace, leftMs: leftOf(pace, page, nowMs()) }
      } catch (cause) {
        // The database may be back in a moment; what was seen last stays.
        trouble = messageOf(cause)
      }
    }
  } finally {
    signals.off()
    view.close()
  }
  return EXIT.ok
}

interface Pace {
  readonly name: string
  /** Where it stood when it was looked at first, and when. */
  readonly told: number
  readonly fromMs: number
  readonly leftMs: number | null
}

const paceFrom = ({ name, told }: StudyPage, fromMs: number): Pace => ({ name, told, fromMs, leftMs: null })

/** Null before anything was told. */
const leftOf = ({ told, fromMs }: Pace, page: StudyPage, nowMs: number): number | null =>
  page.told === told ? null : ((page.budget - page.told) * (nowMs - fromMs)) / (page.told - told)

function footerOf({ studies, name }: StudyPage, trouble: string): string {
  const others =
    studies.length < 2 ? "" : `  ← → other study (${studies.indexOf(name) + 1} of ${studies.length})`
  return `${trouble === "" ? "" : `${trouble}  |  `}q quit${others}`
}

const patience = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => {})
