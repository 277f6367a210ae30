/**
 * Names that Windows takes for something else: a file called `nul.json` is the null device, and `run:1` a hidden stream of `run`.
 * What is written there is gone without an error, so such names are refused before anything is written.
 */
import { win32 } from "node:path"

const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])(\.|$)/i
/** Of a name, without the separators. */
const FORBIDDEN = /[<>:"|?*\p{Cc}]/u

/** What is wrong with the last part of a path, in words; null where nothing is, and on every other system. */
export function windowsProblem(path: string, platform: NodeJS.Platform = process.platform): string | null {
  if (platform !== "win32") return null
  const name = win32.basename(path)
  if (DEVICE.test(name)) return `Windows treats "${name}" as a device. Choose another name.`
  if (FORBIDDEN.test(name))
    return `Windows allows none of < > : " | ? * in a name, and "${name}" has one. Choose another name.`
  if (/[. ]$/.test(name)) return `Windows drops dots and spaces at the end of "${name}". Choose another name.`
  return null
}
