/** Drives the run of a folder, and dies of SIGKILL after an epoch: `node dyingRun.ts <folder> <epoch>`. */
import { driven } from "./keptRun.ts"

const [folder, at] = process.argv.slice(2)
await driven(folder, Number(at), (epoch) => {
  if (epoch === Number(at)) process.kill(process.pid, "SIGKILL")
})
