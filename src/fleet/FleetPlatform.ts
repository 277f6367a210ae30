/** What a fleet needs of the place it runs in: a steady time, and a studio where there is a server. */
import type { PlatformService } from "../engine/contract/Platform.ts"
import type { Studio, StudioOptions } from "../engine/contract/Studio.ts"
import type { FleetCore } from "./FleetCore.ts"

export interface FleetPlatform extends Pick<PlatformService, "steadyMs"> {
  /** Serves a page that shows and steers a fleet; absent where nothing can be served. */
  readonly openFleetStudio?: ((core: FleetCore, options?: StudioOptions) => Promise<Studio>) | undefined
}
