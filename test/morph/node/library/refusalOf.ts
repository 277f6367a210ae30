import { GrowthError } from "../../../../src/domain/GrowthError.ts"

/** The one problem that a call is refused for, in a line; "" where it is not refused. */
export function refusalOf(call: () => unknown): string {
  try {
    call()
  } catch (cause) {
    if (!(cause instanceof GrowthError)) throw cause
    return cause.problems
      .map(({ path, message, suggestion }) => `${path}: ${message} ${suggestion}`)
      .join("\n")
  }
  return ""
}
