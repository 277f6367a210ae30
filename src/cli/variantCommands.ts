/** `arqon variants ...`: the catalogue of variants from a terminal. Each step is signed, and refused for the same reasons as in a program. */
import { existsSync, readFileSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { VariantError } from "../domain/errors.ts"
import type { Evidence, VariantContent, VariantRecord, VariantTransition } from "../domain/Variant.ts"
import { Catalogue, type PlainStep } from "../engine/relocation/VariantCatalogue.ts"
import { plainJson, plainText } from "../system/plainText.ts"
import { openSqliteVariants, VARIANTS_FILE } from "../platform/node/variants/sqliteVariants.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { parseJson } from "../study/json.ts"
import { print } from "./output.ts"
import { shortPath } from "../system/paths.ts"

export interface StoreFlags {
  readonly store: string
  readonly json: boolean
}

export interface StepFlags extends StoreFlags {
  readonly name: string
  readonly by: string
  readonly why: string
}

/** Runs over the catalogue of a file, and closes it however that ends. A refusal is a message, not a stack. */
async function over<A>(
  flags: StoreFlags,
  how: "look" | "change" | "make",
  work: (catalogue: Catalogue) => Effect.Effect<A, VariantError>,
): Promise<A> {
  const store = fileOf(flags.store)
  if (how !== "make" && !existsSync(store))
    throw new CliFailure(`There is no catalogue ${shortPath(store)}. \`arqon variants add\` makes one.`)
  const opened = Effect.acquireUseRelease(
    openSqliteVariants(dirname(store), { file: basename(store), readOnly: how === "look" }),
    (variants) => work(new Catalogue(variants)),
    (variants) => Effect.ignore(variants.close),
  )
  try {
    return await Effect.runPromise(opened)
  } catch (cause) {
    if (cause instanceof VariantError)
      throw new CliFailure(cause.message.split("\n").map(plainText).join("\n"))
    throw cause
  }
}

/** Programs name the directory, and so may a person. */
const fileOf = (store: string): string =>
  existsSync(store) && statSync(store).isDirectory() ? join(store, VARIANTS_FILE) : store

/** Whatever number a step was signed with. */
function date(atUs: number): string {
  const at = new Date(atUs / 1000)
  return Number.isNaN(at.getTime()) ? `${atUs} us` : at.toISOString()
}

const line = ({ name, state, version, evidence, content }: VariantRecord): string =>
  `${name}  ${state}  version ${version}  ${evidence.length} piece${evidence.length === 1 ? "" : "s"} of evidence  ${JSON.stringify(content.values)}`

const stepLine = ({ variant, version, action, from, to, by, why, atUs }: VariantTransition): string =>
  `${date(atUs)}  ${variant}  ${version}  ${action}  ${from ?? "nothing"} -> ${to}  by ${by}: ${why}`

function show(json: boolean, things: ReadonlyArray<object>, words: ReadonlyArray<string>): ExitCode {
  // What others wrote goes to a terminal here: a line each, and none that it would obey.
  const lines = json ? things.map(plainJson) : words.map(plainText)
  for (const one of lines) print(one)
  return EXIT.ok
}

export async function listCommand(flags: StoreFlags): Promise<ExitCode> {
  const records = await over(flags, "look", ({ store }) => store.list)
  return show(flags.json, records, records.length === 0 ? ["No variants."] : records.map(line))
}

export async function showCommand(flags: StoreFlags & { readonly name: string }): Promise<ExitCode> {
  const record = await over(flags, "look", (catalogue) => catalogue.get(flags.name))
  if (record === null) throw new CliFailure(`There is no variant ${JSON.stringify(flags.name)}.`)
  return show(flags.json, [record], JSON.stringify(record, null, 2).split("\n"))
}

export async function historyCommand(
  flags: StoreFlags & { readonly name: string | null },
): Promise<ExitCode> {
  const steps = await over(flags, "look", ({ store }) => store.history(flags.name ?? undefined))
  return show(flags.json, steps, steps.length === 0 ? ["No steps."] : steps.map(stepLine))
}

export async function addCommand(flags: StepFlags & { readonly content: string }): Promise<ExitCode> {
  const content = document(flags.content) as VariantContent
  return said(flags, await over(flags, "make", (catalogue) => catalogue.draft(flags.name, content, flags)))
}

export async function evaluateCommand(flags: StepFlags & { readonly evidence: string }): Promise<ExitCode> {
  const evidence = document(flags.evidence) as Evidence
  return said(
    flags,
    await over(flags, "change", (catalogue) => catalogue.evaluate(flags.name, evidence, flags)),
  )
}

/** A step that needs a signature and nothing else. */
export async function stepCommand(type: PlainStep, flags: StepFlags): Promise<ExitCode> {
  return said(flags, await over(flags, "change", (catalogue) => catalogue.take(type, flags.name, flags)))
}

const said = ({ json }: StoreFlags, record: VariantRecord): ExitCode => show(json, [record], [line(record)])

/** What the shape will look at: any JSON, without the reference that tells an editor of its schema. */
function document(path: string): unknown {
  if (!existsSync(path)) throw new CliFailure(`There is no file ${shortPath(path)}.`)
  const value = parseJson(readFileSync(path, "utf8"))
  if (value instanceof SyntaxError) throw new CliFailure(`${shortPath(path)} is not JSON: ${value.message}`)
  if (typeof value !== "object" || value === null || !("$schema" in value)) return value
  const { $schema, ...content } = value
  return typeof $schema === "string" ? content : value
}
