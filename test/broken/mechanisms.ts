/** Every mechanism that `npm run test:broken` breaks, room by room. */
import type { Mechanism } from "./Mechanism.ts"
import { cluster } from "./mechanisms/cluster.ts"
import { control } from "./mechanisms/control.ts"
import { engine } from "./mechanisms/engine.ts"
import { guard } from "./mechanisms/guard.ts"
import { hot } from "./mechanisms/hot.ts"
import { journal } from "./mechanisms/journal.ts"
import { library } from "./mechanisms/library.ts"
import { machines } from "./mechanisms/machines.ts"
import { morph } from "./mechanisms/morph.ts"
import { replica } from "./mechanisms/replica.ts"
import { solver } from "./mechanisms/solver.ts"
import { study } from "./mechanisms/study.ts"

export const mechanisms: ReadonlyArray<Mechanism> = [
  ...hot,
  ...guard,
  ...machines,
  ...control,
  ...engine,
  ...solver,
  ...journal,
  ...morph,
  ...library,
  ...cluster,
  ...replica,
  ...study,
]
