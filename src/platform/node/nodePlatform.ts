/** What Node adds to the runtime: a disk and a studio. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { memoryPlatform, Platform, type PlatformService } from "../../engine/contract/Platform.ts"
import type { FleetPlatform } from "../../fleet/FleetPlatform.ts"
import { openSinks } from "../../engine/audit/openSinks.ts"
import { relocationParts } from "../../engine/relocation/relocationParts.ts"
import { ruleParts } from "../../engine/rules/RuleWatch.ts"
import { learnedFile } from "../../journal/disk/learnedFile.ts"
import { recover } from "../../journal/disk/recover.ts"
import { placeInWorker } from "../../worker/placeInWorker.ts"
import { workerEntry } from "./workerEntry.ts"

/** The platform that `createEngine` has under Node: `state` is a directory with a journal. */
export const nodePlatform: PlatformService & FleetPlatform = {
  ...memoryPlatform,
  learnedFile,
  // Who keeps no journal, or never opens a studio, does not load it.
  openAudit: (directory, _run, options, unchanged) =>
    Effect.flatMap(
      Effect.promise(() => import("../../journal/disk/stateJournal.ts")),
      ({ openStateJournal }) => openStateJournal(directory, options, unchanged),
    ),
  recover,
  relocation: relocationParts,
  rules: ruleParts,
  openSinks,
  placeInWorker: (settings, options) => {
    ruleParts.check(settings)
    const resume = recover(settings, settings.clock === "manual" ? null : Date.now() * 1000)
    return placeInWorker(settings, options, { entry: workerEntry, resume })
  },
  openStudio: async (core, options) =>
    (await import("../../studio/server/openStudio.ts")).studioOf(core, options),
  openFleetStudio: async (core, options) =>
    (await import("../../studio/server/openStudio.ts")).studioOfFleet(core, options),
}

/** The same for Effect programs: `Engine.layer(config).pipe(Layer.provide(NodePlatform))`. */
export const NodePlatform: Layer.Layer<never> = Layer.succeed(Platform, nodePlatform)
