/**
 * The search that is to be replaced, over SQLite, and four that want its place. Each has a defect (or none) that real rewrites have:
 * an index over folded words that folds only ASCII, a memo that is never emptied, a transaction that is held open across an await.
 */
import { DatabaseSync } from "node:sqlite"

export interface Found {
  readonly ids: ReadonlyArray<number>
}
export type Search = (word: string) => Promise<Found>

const WORDS = 500
/** What the leak keeps of a call is in proportion to the table, so that it comes to the incumbent's time after as many calls. */
const ROWS_PER_KEPT = 500
/** One word of the five hundred has a letter beyond ASCII. */
const ODD_WORD = "ÉCLAIR"
/** Every word of the catalogue. */
export const words: ReadonlyArray<string> = Array.from({ length: WORDS }, (_, n) =>
  n === 0 ? ODD_WORD : `WORD${n}`,
)
const wordOf = (n: number): string => words[n % WORDS]

/** Another task gets its turn, as it would while a connection is fetched from a pool. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
/** As long as a line to an audit service takes. */
const audited = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 2))

export interface Catalogue {
  readonly incumbent: Search
  readonly candidates: Readonly<Record<"index" | "folded" | "leak" | "transaction", Search>>
  /** What is right, however it is searched. */
  readonly truth: (word: string) => Found
  readonly close: () => void
}

export function openCatalogue(rows: number): Catalogue {
  const db = new DatabaseSync(":memory:")
  db.exec(
    "CREATE TABLE plain (id INTEGER PRIMARY KEY, word TEXT); CREATE TABLE indexed (id INTEGER, word TEXT, folded TEXT)",
  )
  const plain = db.prepare("INSERT INTO plain VALUES (?, ?)")
  // SQLite's lower() changes the letters of ASCII only.
  const indexed = db.prepare("INSERT INTO indexed VALUES (?1, ?2, lower(?2))")
  for (let id = 0; id < rows; id++) {
    plain.run(id, wordOf(id))
    indexed.run(id, wordOf(id))
  }
  db.exec("CREATE INDEX by_word ON indexed (word, id); CREATE INDEX by_folded ON indexed (folded, id)")

  const scan = db.prepare("SELECT id FROM plain WHERE word = ? ORDER BY id")
  const byWord = db.prepare("SELECT id FROM indexed WHERE word = ? ORDER BY id")
  const byFolded = db.prepare("SELECT id FROM indexed WHERE folded = ? ORDER BY id")
  const found = (rowsFound: ReadonlyArray<Record<string, unknown>>): Found => ({
    ids: rowsFound.map((row) => Number(row["id"])),
  })

  const truth = new Map(words.map((word) => [word, found(scan.all(word))]))
  const kept: Array<string> = []
  const keptPerCall = Math.ceil(rows / ROWS_PER_KEPT)

  return {
    incumbent: async (word) => {
      await turn()
      return found(scan.all(word))
    },
    candidates: {
      index: async (word) => {
        await turn()
        return found(byWord.all(word))
      },
      // JavaScript folds É as well: the two do not meet.
      folded: async (word) => {
        await turn()
        return found(byFolded.all(word.toLowerCase()))
      },
      leak: async (word) => {
        await turn()
        const answer = found(byWord.all(word))
        // Counts how often the word was asked for, in a list that nobody ever empties.
        const asked = kept.filter((one) => one === word).length
        for (let i = 0; i < keptPerCall; i++) kept.push(asked === i ? word.trim() : word)
        return answer
      },
      transaction: async (word) => {
        db.exec("BEGIN")
        try {
          await audited()
          return found(byWord.all(word))
        } finally {
          db.exec("COMMIT")
        }
      },
    },
    truth: (word) => truth.get(word) ?? { ids: [] },
    close: () => db.close(),
  }
}
