/** What Stryker wrote down, as a table and as a list of what nobody noticed. */

interface Mutant {
  readonly status: string
  readonly statusReason?: string
  readonly replacement?: string
  readonly location: {
    readonly start: { readonly line: number; readonly column: number }
    readonly end: { readonly line: number; readonly column: number }
  }
}

export interface Report {
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly mutants: ReadonlyArray<Mutant> }>
  >
}

const NOTICED = new Set(["Killed", "Timeout"])
const MISSED = new Set(["Survived", "NoCoverage"])

interface Score {
  readonly noticed: number
  readonly missed: number
  /** Set aside by a comment that says why. */
  readonly ignored: number
}

const scoreOf = (mutants: ReadonlyArray<Mutant>): Score => ({
  noticed: mutants.filter(({ status }) => NOTICED.has(status)).length,
  missed: mutants.filter(({ status }) => MISSED.has(status)).length,
  ignored: mutants.filter(({ status }) => status === "Ignored").length,
})

const share = (part: number, whole: number): string => (whole === 0 ? "-" : ((100 * part) / whole).toFixed(1))

const rowOf = (name: string, { noticed, missed, ignored }: Score): string =>
  [
    "",
    name,
    noticed + missed + ignored,
    noticed,
    missed,
    ignored,
    share(noticed, noticed + missed),
    share(noticed, noticed + missed + ignored),
    "",
  ]
    .join(" | ")
    .trim()

const folderOf = (name: string): string => name.slice(0, name.lastIndexOf("/"))

/** One row per file, one per folder and one for all. Both scores: without what was set aside, and with it counted as missed. */
export const tableOf = (report: Report, files?: ReadonlyArray<string>): string => {
  const names = Object.keys(report.files)
    .filter((name) => files === undefined || files.includes(name))
    .toSorted()
  const together = (some: ReadonlyArray<string>): Score =>
    scoreOf(some.flatMap((name) => report.files[name].mutants))
  const folders = [...new Set(names.map(folderOf))]
  return [
    "| file | mutants | noticed | missed | set aside | % | % counting those |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...names.map((name) => rowOf(`\`${name}\``, scoreOf(report.files[name].mutants))),
    ...folders.map((folder) =>
      rowOf(`**\`${folder}\`**`, together(names.filter((name) => folderOf(name) === folder))),
    ),
    rowOf("**all**", together(names)),
  ].join("\n")
}

/** The mutants of one file that no test noticed: where, what stood there and what stood there instead. */
export const survivorsOf = (report: Report, file: string): string => {
  const found = report.files[file]
  if (found === undefined) return `${file} is not among the results.`
  const lines = found.source.split("\n")
  return found.mutants
    .filter(({ status }) => MISSED.has(status))
    .toSorted((a, b) => a.location.start.line - b.location.start.line)
    .map(({ status, replacement = "", location: { start, end } }) => {
      const line = lines[start.line - 1]
      const was = line.slice(start.column - 1, start.line === end.line ? end.column - 1 : undefined)
      const unreached = status === "NoCoverage" ? " (no test comes here)" : ""
      return `${start.line}: ${was} -> ${replacement.replaceAll(/\s+/g, " ")}${unreached}`
    })
    .join("\n")
}
