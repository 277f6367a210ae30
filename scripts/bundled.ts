/** What of other people's packages is inside ours, and under which terms a package may be there or be installed with it. */

/** Packages whose code or fonts the studio's page contains: their licences go with it, and they stand in the list of parts. */
export const BUNDLED: ReadonlyArray<string> = ["uplot", "@fontsource-variable/inter"]

/** SPDX names. Each allows use in any product for a notice; a new one is a decision of the maintainers. */
export const ALLOWED: ReadonlySet<string> = new Set([
  "MIT",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "0BSD",
  "OFL-1.1",
  "Zlib",
])

/** A licence as manifests state it: one name, or several in brackets, all of which must be allowed or one of which may be chosen. */
export function isAllowed(licence: string): boolean {
  const plain = licence.replaceAll(/[()]/g, "")
  return plain.includes(" OR ")
    ? plain.split(" OR ").some(isAllowed)
    : plain.split(" AND ").every((name) => ALLOWED.has(name.trim()))
}
