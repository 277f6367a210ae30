/**
 * Which Node is new enough. Needed first of all: on an older one everything else fails in words that do not name the cause. Imports
 * nothing, and nothing that an older Node lacks may be imported by name before it has spoken (`node:zlib` in journalSegments).
 */

/** What to tell who runs `version` (as `process.versions.node` has it): one sentence, or null where it is new enough. */
export function oldNode(version: string): string | null {
  const [major, minor] = version.split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 19)
    ? null
    : `arqon needs Node 22.19 or newer; this is v${version}.`
}
