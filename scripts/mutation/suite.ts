/**
 * `describe` and `it` without a test runner: they note the tests of a file, so that `runner.ts` can run any of them any
 * number of times in one process. `expect` is Vitest's own. Only what the tests of `src/hot` and `src/control` use.
 */
import { format } from "node:util"

export { expect } from "vitest"

export interface NotedTest {
  /** File, suites and title; unique. */
  readonly id: string
  readonly run: () => unknown
}

type Body = (...row: ReadonlyArray<unknown>) => unknown
type Table = ReadonlyArray<unknown>

let noted: Array<NotedTest> = []
let path: ReadonlyArray<string> = []

/** The tests that `load` notes while it imports `file`. */
export const notedWhile = async (
  file: string,
  load: () => Promise<unknown>,
): Promise<ReadonlyArray<NotedTest>> => {
  noted = []
  path = [file]
  await load()
  return noted
}

const rowOf = (row: unknown): ReadonlyArray<unknown> => (Array.isArray(row) ? row : [row])
/** As `it.each` writes them, and a number: titles of rows may be equal. */
const titleOf = (title: string, row: ReadonlyArray<unknown>, at: number): string =>
  `${format(title, ...row)} [${at}]`

export const it = (title: string, body: Body): void => {
  noted.push({ id: [...path, title].join(" > "), run: () => body() })
}
it.each =
  (table: Table) =>
  (title: string, body: Body): void =>
    table.forEach((row, at) => it(titleOf(title, rowOf(row), at), () => body(...rowOf(row))))
it.for =
  (table: Table) =>
  (title: string, body: Body): void =>
    table.forEach((row, at) => it(titleOf(title, rowOf(row), at), () => body(row)))

export const describe = (title: string, body: Body): void => {
  const outside = path
  path = [...outside, title]
  body()
  path = outside
}
describe.each =
  (table: Table) =>
  (title: string, body: Body): void =>
    table.forEach((row, at) => describe(titleOf(title, rowOf(row), at), () => body(...rowOf(row))))
