/**
 * JSON as other languages write it. Python's json module writes NaN, Infinity and -Infinity, which JSON has no words for;
 * a client that reports a diverged evaluation so is understood instead of refused.
 */

const PYTHON_NUMBER = /("(?:[^"\\]|\\.)*")|-?\bInfinity\b|\bNaN\b/g

/** The value, or the SyntaxError of the text as it stands. NaN and infinities become null: no value. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    if (!/NaN|Infinity/.test(text)) return cause
    try {
      return JSON.parse(
        text.replace(PYTHON_NUMBER, (whole, quoted?: string) => (quoted === undefined ? "null" : whole)),
      )
    } catch {
      return cause
    }
  }
}
