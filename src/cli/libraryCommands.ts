/** `arqon grow library ...`: what a library of kernels has, whether it is whole, and what may go. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { ArtifactState } from "../morph/library/artifactStates.ts"
import { STATES } from "../morph/library/artifactStates.ts"
import type { Descriptor } from "../morph/library/Descriptor.ts"
import type { Library } from "../morph/library/Library.ts"
import { openLibrary } from "../morph/node/library/openLibrary.ts"
import { plainJson } from "../system/plainText.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { refusing } from "./growRefusal.ts"
import { print } from "./output.ts"

interface LibraryFlags {
  readonly directory: string
  readonly json: boolean
}

interface ListFlags extends LibraryFlags {
  readonly blueprint: string | null
  readonly shape: string | null
  readonly tag: string | null
  readonly tier: Descriptor["tier"] | null
  readonly state: ArtifactState | null
}

interface ArtifactFlags extends LibraryFlags {
  readonly id: string
}

interface MarkFlags extends ArtifactFlags {
  readonly as: ArtifactState
  readonly by: string
  readonly why: string
}

/** Digits of an id in a list: any that are enough to tell it from the others may be given. */
const SHOWN_DIGITS = 12

/** A run's `state` folder has its library in a folder of this name. */
const WITHIN = "library"
const DATABASE = "library.db"

const folderOf = (directory: string): string => {
  const within = join(directory, WITHIN)
  return !existsSync(join(directory, DATABASE)) && existsSync(join(within, DATABASE)) ? within : directory
}

/** Runs over a library that is there, and closes it however that ends. */
async function over(
  { directory }: LibraryFlags,
  how: "look" | "change",
  work: (library: Library) => ExitCode,
  key: string | null = null,
): Promise<ExitCode> {
  return refusing(async () => {
    const folder = folderOf(directory)
    if (!existsSync(join(folder, DATABASE)))
      throw new CliFailure(`${directory} holds no library. Name the folder that it is kept in.`)
    const library = openLibrary(folder, { readOnly: how === "look", key })
    try {
      return work(library)
    } finally {
      await library.close()
    }
  })
}

const date = (ms: number): string => new Date(ms).toISOString()

const nameOf = ({ key }: Descriptor): string => {
  const parameters = Object.entries(key.parameters).map(([name, value]) => ` ${name} ${value}`)
  return `${key.blueprint}${parameters.join("")} for ${key.shape.join(" x ")}`
}

const lineOf = (one: Descriptor): string =>
  `${one.id.slice(0, SHOWN_DIGITS)}  ${one.state}${one.damage === null ? "" : ", damaged"}  ${one.version}  ${one.bytes} bytes  ${nameOf(one)}`

/** A line each, or an object each. */
function show(json: boolean, found: ReadonlyArray<Descriptor>, nothing: string): void {
  if (json) for (const one of found) print(plainJson(one))
  else print(found.length === 0 ? nothing : found.map(lineOf).join("\n"))
}

export const libraryListCommand = (flags: ListFlags): Promise<ExitCode> =>
  over(flags, "look", (library) => {
    const { blueprint, shape, tag, tier, state } = flags
    const wish = Object.entries({ blueprint, shape, tag, tier, state }).filter(([, value]) => value !== null)
    show(flags.json, library.select(Object.fromEntries(wish)), "No kernels.")
    return EXIT.ok
  })

/** The artifact that an id, or the beginning of one, means. */
function wanted(library: Library, id: string): Descriptor {
  const found = library.select().filter((one) => one.id.startsWith(id))
  if (found.length === 1) return found[0]
  throw new CliFailure(
    found.length === 0
      ? `There is no kernel ${JSON.stringify(id)}. \`arqon grow library list\` shows what there is.`
      : `${JSON.stringify(id)} begins the ids of ${found.length} kernels. Give more of it.`,
  )
}

export const libraryShowCommand = (flags: ArtifactFlags & { readonly wat: boolean }): Promise<ExitCode> =>
  over(flags, "look", (library) => {
    const one = wanted(library, flags.id)
    const steps = library.steps(one.id)
    if (flags.wat) {
      const text = library.textAsItIs(one)
      if (text === null) throw new CliFailure("Its text is gone, or was changed.", EXIT.differs)
      print(flags.json ? plainJson({ ...one, steps, text }) : text)
      return EXIT.ok
    }
    if (flags.json) {
      print(plainJson({ ...one, steps }))
      return EXIT.ok
    }
    const { key, worst, p50Us, p95Us, signature, damage, tags } = one
    const lines = [
      `id        ${one.id}`,
      `kernel    ${nameOf(one)}`,
      `version   ${one.version}, ${key.mode} by compiler ${key.compiler}`,
      `state     ${one.state} since ${date(one.changedMs)}${kept(one)}`,
      `tier      ${one.tier}${tags.length === 0 ? "" : `; ${tags.join(", ")}`}`,
      `bytes     ${one.bytes}, SHA-256 ${one.wasm}`,
      `signed    ${signature === "" ? "no" : "yes"}`,
      `verified  at most ${worst.toExponential(1)} from the reference`,
      `prewarm   p50 ${p50Us} us, p95 ${p95Us} us`,
      ...(damage === null ? [] : [`damaged   ${damage}`]),
      ...steps.map(
        ({ from, to, by, why, atMs }) => `${date(atMs)}  ${from ?? "nothing"} -> ${to}  by ${by}: ${why}`,
      ),
    ]
    print(lines.join("\n"))
    return EXIT.ok
  })

const kept = ({ state }: Descriptor): string => {
  const { keptDays } = STATES[state]
  return keptDays === null ? ", kept for ever" : `, kept for ${keptDays} days`
}

export const libraryVerifyCommand = (
  flags: LibraryFlags & { readonly signingKey: string | null },
): Promise<ExitCode> =>
  over(
    flags,
    "look",
    (library) => {
      const { whole, problems } = library.verify()
      if (flags.json)
        print(plainJson({ status: problems.length === 0 ? "whole" : "damaged", whole, problems }))
      else if (problems.length === 0)
        print(
          `Whole: ${whole} kernels, each with its checksum${library.isSealed ? " and its signature" : ". There is no key to check signatures with"}.`,
        )
      else
        print(
          [
            `Damaged: ${problems.length} of ${whole + problems.length} kernels. Each is compiled again when it is next needed.`,
            ...problems.map(({ id, why }) => `${id.slice(0, SHOWN_DIGITS)}  ${why}`),
          ].join("\n"),
        )
      return problems.length === 0 ? EXIT.ok : EXIT.differs
    },
    flags.signingKey,
  )

export const libraryCollectCommand = (
  flags: LibraryFlags & { readonly dryRun: boolean },
): Promise<ExitCode> =>
  over(flags, flags.dryRun ? "look" : "change", (library) => {
    const gone = flags.dryRun ? library.expired() : library.collect()
    show(
      flags.json,
      gone,
      `Nothing ${flags.dryRun ? "would be" : "was"} removed: no kernel has been in its state for too long.`,
    )
    return EXIT.ok
  })

export const libraryMarkCommand = ({ as, by, why, ...flags }: MarkFlags): Promise<ExitCode> =>
  over(flags, "change", (library) => {
    show(flags.json, [library.move(wanted(library, flags.id).id, as, { by, why })], "")
    return EXIT.ok
  })
