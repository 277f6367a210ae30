/**
 * Compiles the numeric constants of `src/hot` into the built modules that use them. V8 looks an imported or exported binding up at
 * every use and compiles a module's own constant in: a decision of the kernel takes a sixth less. A line stays a line, so that the
 * source maps hold.
 */

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>

const IMPORT = /^import \{([^}]*)\} from "([^"]+)";$/gm
const OWN = /^export const (\w+) = .*;$/gm

/**
 * The module with its numbers compiled in: those it imports from modules that `exportsOf` knows, and those it exports itself.
 *
 * @param exportsOf the exports of an imported module, or null where its constants are not to be compiled in
 */
export function withNumbers(
  text: string,
  own: Exports,
  exportsOf: (specifier: string) => Exports | null,
): string {
  return text
    .replace(IMPORT, (whole, list: string, specifier: string) => {
      const exported = exportsOf(specifier)
      if (exported === null) return whole
      const names = list
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "")
      const imported = names.filter((name) => !isNumber(exported, name))
      const constants = names
        .filter((name) => isNumber(exported, name))
        .map((name) => `const ${localOf(name)} = ${literal(exported[exportOf(name)] as number)};`)
      const rest = imported.length === 0 ? [] : [`import { ${imported.join(", ")} } from "${specifier}";`]
      const lines = whole.split("\n").length - 1
      return [...rest, ...constants].join(" ") + "\n".repeat(lines)
    })
    .replace(OWN, (whole, name: string) =>
      isNumber(own, name)
        ? `const ${name} = ${literal(own[name] as number)}, ${name}$ = ${name}; export { ${name}$ as ${name} };`
        : whole,
    )
}

const exportOf = (name: string): string => name.split(" as ")[0]
const localOf = (name: string): string => name.split(" as ").at(-1) ?? name
const isNumber = (exported: Exports, name: string): boolean => typeof exported[exportOf(name)] === "number"

/** What evaluates to this number; those that are not finite are global names. */
const literal = (value: number): string => (Object.is(value, -0) ? "-0" : String(value))
