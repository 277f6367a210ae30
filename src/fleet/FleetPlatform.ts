/** What a fleet needs from its platform: a steady clock, and a studio if there is a server. */
import type { PlatformService } from "../engine/contract/Platform.ts"
import type { Studio, StudioOptions } from "../engine/contract/Studio.ts"
import type { FleetCore } from "./FleetCore.ts"

export interface FleetPlatform extends Pick<PlatformService, "steadyMs" | "rules"> {
  /** Serves a page that shows and steers a fleet; absent if nothing can be served. */
  readonly openFleetStudio?: ((core: FleetCore, options?: StudioOptions) => Promise<Studio>) | undefined
}
