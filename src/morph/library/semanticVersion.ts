/**
 * Versions of kernels, as semver.org writes them: the first number changes with what a kernel needs where it runs, the second one with the
 * compiler that made it, and the third one where the same compiler gave other bytes.
 */
import type { ArtifactMeta } from "../compile/ArtifactStore.ts"

/** What a version depends on. */
export interface Versioned extends Pick<ArtifactMeta, "key" | "guards"> {
  readonly version: string
  /** Checksum of the module. */
  readonly wasm: string
}

const FORM = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/

type Numbers = readonly [number, number, number]

const numbersOf = (version: string): Numbers => version.split(".").map(Number) as unknown as Numbers

export const isSemanticVersion = (version: string): boolean => FORM.test(version)

/** The guards as one text, the same whatever their order. */
export const guardsText = (guards: Versioned["guards"]): string =>
  JSON.stringify(Object.entries(guards).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** The version of a kernel that comes to its line, of which the library has these. */
export function nextVersion(line: ReadonlyArray<Versioned>, fresh: Omit<Versioned, "version">): string {
  const most = (of: ReadonlyArray<Versioned>, place: 0 | 1 | 2): number =>
    of.reduce((found, { version }) => Math.max(found, numbersOf(version)[place]), -1)
  const guards = guardsText(fresh.guards)
  const guarded = line.filter((one) => guardsText(one.guards) === guards)
  if (guarded.length === 0) return `${Math.max(0, most(line, 0)) + 1}.0.0`
  const major = most(guarded, 0)
  const { compiler, mode } = fresh.key
  const made = guarded.filter(({ key }) => key.compiler === compiler && key.mode === mode)
  if (made.length === 0) return `${major}.${most(guarded, 1) + 1}.0`
  const same = made.find(({ wasm }) => wasm === fresh.wasm)
  return same === undefined ? `${major}.${most(made, 1)}.${most(made, 2) + 1}` : same.version
}
