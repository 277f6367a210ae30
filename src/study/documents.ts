/**
 * The JSON files that commands read. What is wrong with one is shown where it stands in the file: line, column, the line
 * itself with a mark under it, and what to do about it.
 */
import { existsSync, readFileSync } from "node:fs"
import { text as readAll } from "node:stream/consumers"
import { ArtifactError, ConfigError, ResultError, StateError } from "../domain/errors.ts"
import { readJson, type TextProblem } from "../domain/jsonText.ts"
import { renderProblems } from "../domain/renderProblems.ts"
import { parseRunArtifact, type RunArtifact } from "../solver/RunArtifact.ts"
import type { Result } from "../solver/results.ts"
import { parseSolverConfig, type SolverSettings } from "../solver/SolverConfig.ts"
import { parseSolverState, type SolverState } from "../solver/SolverState.ts"
import { causeText, StateFileError } from "../system/StateFileError.ts"
import { readStateText } from "./StateFile.ts"
import { DocumentError } from "./DocumentError.ts"
import { parseJson } from "./json.ts"
import { shortPath } from "../system/paths.ts"

export interface ConfigDocument {
  readonly path: string
  readonly settings: SolverSettings
}

export function readConfigFile(path: string): ConfigDocument {
  const text = readText(path)
  const settings = parseSolverConfig(jsonOf(text, path))
  if (settings instanceof ConfigError) throw refusal("a configuration", path, text, settings.problems)
  return { path, settings }
}

/**
 * The state in a file, or null when there is none yet.
 *
 * @param shown what the user calls the file, where that differs
 */
export function readStateFile(path: string, shown = path): SolverState | null {
  const text = readStateText(path)
  if (text === null) return null
  const state = parseSolverState(jsonOf(text, shown))
  if (state instanceof StateError) throw refusal("a state", shown, text, state.problems)
  return state
}

/** As `readStateFile`, for commands that need one to be there. */
export function requireStateFile(path: string): SolverState {
  const state = readStateFile(path)
  if (state === null)
    throw new DocumentError(
      existsSync(path) ? `${shortPath(path)} is empty.` : `There is no file ${shortPath(path)}.`,
    )
  return state
}

export interface ArtifactDocument {
  readonly path: string
  readonly text: string
  readonly artifact: RunArtifact
}

/** An artifact; a state will do as well, since it is one without what was found. */
export function readArtifactFile(path: string): ArtifactDocument {
  const text = readText(path)
  const document = jsonOf(text, path)
  const artifact = parseRunArtifact(asArtifact(document))
  if (artifact instanceof ArtifactError) throw refusal("an artifact", path, text, artifact.problems)
  return { path, text, artifact }
}

/** What a state lacks to be an artifact. */
function asArtifact(document: unknown): unknown {
  if (typeof document !== "object" || document === null || !("config" in document) || "seed" in document)
    return document
  const { config } = document
  if (typeof config !== "object" || config === null) return document
  const { seed, budget } = config as { seed?: unknown; budget?: unknown }
  return { ...document, seed: seed ?? 0, budget }
}

/** Any JSON file, with its text for what is wrong in it. */
export function readDocument(path: string): { readonly text: string; readonly value: unknown } {
  const text = readText(path)
  return { text, value: jsonOf(text, path) }
}

/** Results from a file, or from stdin where `path` is null. */
export async function readResults(
  path: string | null,
): Promise<{ readonly shown: string; readonly text: string; readonly results: unknown }> {
  const text = path === null ? await readAll(process.stdin) : readText(path)
  const shown = path ?? "stdin"
  if (text.trim() === "")
    throw new DocumentError(
      `${shown === "stdin" ? "Nothing came on stdin" : `${shortPath(shown)} is empty`}: give results as JSON.`,
    )
  const results = parseJson(text)
  return { shown, text, results: results instanceof SyntaxError ? jsonOf(text, shown) : results }
}

/** Runs `take`, which hands results to the solver; what it finds wrong is shown in the text they came from. */
export function takeResults<A>(
  document: { readonly shown: string; readonly text: string; readonly results: unknown },
  take: (results: Result | ReadonlyArray<Result>) => A,
): A {
  try {
    return take(document.results as Result | ReadonlyArray<Result>)
  } catch (cause) {
    if (!(cause instanceof ResultError)) throw cause
    throw refusal("results", document.shown, document.text, cause.problems)
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    throw new StateFileError({ reason: "read", path: shortPath(path), detail: causeText(cause) })
  }
}

/** Strict: what a person wrote wrong in a file of their own they want to know. */
function jsonOf(text: string, path: string): unknown {
  const { value, problems } = readJson(text)
  if (problems.length > 0) throw refusal("JSON", path, text, problems)
  return value
}

/** What a command says about a file that it cannot use. */
export function refusal(
  what: string,
  path: string,
  text: string,
  problems: ReadonlyArray<TextProblem>,
): DocumentError {
  const shown = shortPath(path)
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`
  return new DocumentError(
    `${shown} cannot be used as ${what}: ${count}\n${renderProblems(shown, text, problems)}`,
  )
}
