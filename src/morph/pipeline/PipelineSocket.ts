/**
 * One socket of a service: the function that callers have, who answers it now, and what was measured on the way. A state of the graft
 * sets its route; a call takes the route and never waits for anything that is measured.
 */
import { isThenable, type Kind, observed, type Outcome } from "./calls.ts"
import { judged, Late } from "./judged.ts"
import { Channels } from "./Channels.ts"
import { Coins } from "./Coins.ts"
import { type Comparison, comparisonOf } from "./Comparison.ts"
import { Conduct } from "./Conduct.ts"
import { Deadlines } from "./Deadlines.ts"
import { Declared, type PairsOfUsers, usersAwaited } from "./Declared.ts"
import { Duels, FULL, type Seat } from "./Duels.ts"
import { type Interference, Neighbours } from "./Interference.ts"
import { FarMirrors } from "./FarMirrors.ts"
import { isAborted } from "./inputs.ts"
import { LatencySketch } from "./LatencySketch.ts"
import { type MirrorJob, Mirrors } from "./Mirrors.ts"
import { passingOn } from "./passingOn.ts"
import { Recording } from "./Recording.ts"
import { Trial } from "./Trial.ts"
import { TimedMirrors, timedShare } from "./TimedMirrors.ts"
import type { Candidate, Route, SocketWorld } from "./SocketWorld.ts"
import type { AnyFunction, CheckedPiece } from "./pieces.ts"

/** One call of the incumbent in so many is timed where nothing else asks for it. */
const TIMED_ONE_IN = 16

export class PipelineSocket {
  readonly piece: CheckedPiece
  readonly call: AnyFunction
  /** Answers on every route but `whole`. */
  incumbent: AnyFunction
  incumbentName: string
  candidate: Candidate | null = null
  share = 0
  /** Gates that a person has waived for this candidate. */
  readonly waived = new Set<string>()
  readonly declared: Declared
  calls = 0
  /** Answers of the incumbent that were seen. */
  private answered = 0
  pairsAtStep = 0
  /** Calls when the last pair had come, or the share had risen. */
  private callsAtPair = 0
  trial: Trial | null = null
  channels: Channels | null = null
  comparison: Comparison | null = null
  mirrors: Mirrors | null = null
  /** Where the candidate is mirrored in its own thread. */
  farMirrors: FarMirrors | null = null
  private timedMirrors: TimedMirrors | null = null
  readonly neighbours = new Neighbours()
  readonly times = new LatencySketch()
  readonly conduct: Conduct
  private route: Route = "direct"
  private world: SocketWorld | null = null
  duels: Duels | null = null
  private coins: Coins | null = null
  private deadlines: Deadlines | null = null
  private counter = 0
  private recording: Recording | null = null
  private limit: number
  /** What a call is passed on to: the incumbent, or the code that chooses the route. */
  target: AnyFunction
  private readonly looksAtRoute: AnyFunction

  constructor(piece: CheckedPiece) {
    this.piece = piece
    this.declared = new Declared(piece)
    this.conduct = new Conduct(piece, this.times)
    this.limit = piece.deadlineMs
    this.incumbent = piece.incumbent
    this.incumbentName = piece.incumbent.name || piece.name
    // The function is called with the caller's `this`.
    // oxlint-disable-next-line typescript/no-this-alias
    const socket = this
    this.looksAtRoute = function (this: unknown, ...args: ReadonlyArray<unknown>): unknown {
      return socket.routed(this, args)
    }
    this.target = piece.incumbent
    this.call = passingOn(this, piece.incumbent)
  }

  /** Everything but a pass-through needs time and chance. */
  enter(world: SocketWorld): void {
    const { record, name } = this.piece
    this.world = world
    this.deadlines = new Deadlines(world.clock)
    this.conduct.enter(world, this.deadlines)
    if (record !== null)
      this.recording = new Recording(record.most, (args) => this.declared.redacted(args), world.seed, name)
    this.aim()
  }

  leave(): void {
    this.take("direct", 0)
    this.release()
    this.deadlines?.close()
    this.conduct.leave()
    this.world = null
    this.recording = null
    this.aim()
  }

  /** A pass-through looks at nothing. */
  private aim(): void {
    this.target = this.route === "direct" && this.recording === null ? this.incumbent : this.looksAtRoute
  }

  /** A candidate takes its place; nothing of it is called yet. */
  plant(graft: string, candidate: Candidate): void {
    const { world } = this
    if (world === null) return
    this.candidate = candidate
    this.coins = new Coins(world.seed, this.piece.name, graft)
    this.duels = new Duels(this.coins, () => this.declared.namesTooMany())
    const { clock, thresholds } = world
    this.mirrors = new Mirrors({
      clock,
      judge: this.conduct.judge.bind(this.conduct),
      most: thresholds.mirrorQueue,
      pace: thresholds.mirrors,
      callsSoFar: () => this.calls + this.answered,
      tooLarge: () => this.declared.isTooLarge(),
      neverIdle: () => void (this.farMirrors?.isOn === true || this.declared.isNeverIdle()),
    })
    // A stand-in's times say nothing, and what may happen once is not repeated.
    this.timedMirrors = this.piece.effects === "once" ? null : new TimedMirrors(this.coins, this.mirrors)
    // What may happen once is stood in for, and the stand-in is a function of this thread.
    const far = this.piece.effects === "once" ? null : (candidate.quarantine?.far ?? null)
    const ended = (why: string): void => {
      // The function of a module is put in its place later.
      if (this.candidate?.quarantine === candidate.quarantine) this.conduct.critical(why)
    }
    this.farMirrors =
      far === null ? null : new FarMirrors(far, this.mirrors, this.conduct, this.declared, ended)
    this.waived.clear()
    this.conduct.renew()
    this.calls = 0
    const wanted = this.canMirror ? thresholds.trialCalls : 0
    const trial = new Trial(candidate, wanted, this.conduct, (fn) => {
      if (this.candidate === candidate) this.candidate = { ...candidate, fn }
    })
    this.trial = trial
    this.take("trial", 0)
    const limitMs = this.limit
    const done = (outcome: Outcome | null): void => {
      if (outcome === null || this.trial !== trial) return
      this.conduct.noteFailure(outcome)
      trial.note(outcome, false)
    }
    for (const args of this.recording?.some(thresholds.trialCalls) ?? [])
      this.mirrors.offer({ ...trial.subject, self: undefined, args, limitMs, done })
  }

  /** The graft is part of the service. */
  keep(): void {
    if (this.candidate === null) return
    this.incumbent = this.candidate.fn
    this.incumbentName = this.candidate.name
    this.conduct.kinds.clear()
    this.take("direct", 0)
    this.release()
  }

  /** Lets everything of the candidate go but its calls in flight. */
  release(): void {
    this.candidate = this.trial = null
    this.channels = this.comparison = this.mirrors = this.farMirrors = this.duels = null
  }

  /** From the next call on. Calls in flight that may fall back are answered by the incumbent where the candidate is gone. */
  take(route: Route, share: number): void {
    const { world } = this
    const isNew = route !== this.route
    this.share = share
    this.pairsAtStep = 0
    this.callsAtPair = this.calls
    this.route = route
    this.aim()
    if (isNew && route === "direct") this.trial?.close()
    if (!isNew || world === null) return
    const { margins, resolutionMs, shadowing, training } = world.thresholds
    this.calls = this.callsAtPair = 0
    if (route === "direct") {
      this.mirrors?.clear()
      this.conduct.takeOut(world.clock.now())
    }
    if (route === "branch" || route === "shadow")
      this.comparison = comparisonOf(route === "branch" ? training : shadowing, margins, world.tape?.())
    if (route === "mixed" || route === "shadow" || route === "whole") {
      this.channels = new Channels(margins, resolutionMs, world.tape?.())
      this.duels?.newStage()
    }
    this.mirrors?.enter(route === "shadow" ? shadowing.atOnce : route === "branch" ? training.atOnce : 1)
    this.neighbours.clear()
    this.follow()
  }

  private follow(): void {
    const { route, conduct, farMirrors } = this
    if (route === "direct") conduct.rest()
    else conduct.follow(route === "trial" || (route === "branch" && farMirrors?.isOn !== true))
  }

  /** How late the loop was; a millisecond more or less is the timer's own. */
  noteLag(ms: number): void {
    if (this.route === "shadow") this.neighbours.lag.note(Math.max(0, ms) + 1, this.isQuiet)
    if (this.route !== "direct") this.conduct.noteLag(ms)
  }

  /** The end of a window: what has come is judged, and the next window may be a quiet one. */
  endWindow(boundary: number): void {
    this.takePairs()
    this.limit = this.times.limitMs(this.piece.deadlineMs)
    const { coins, world } = this
    if (coins === null || world === null) return
    this.conduct.endWindow(world.clock.now())
    this.follow()
    // A user with a key stays with the candidate, and what may never stop has no time without it.
    const hasQuiet = this.route === "shadow" || (this.route === "mixed" && this.piece.key === null)
    this.neighbours.endWindow(boundary, () => coins.next(), hasQuiet)
  }

  /** No call duels or is mirrored in this window: the incumbent is timed alone. */
  get isQuiet(): boolean {
    return this.neighbours.isQuiet
  }

  get interference(): Interference {
    return this.neighbours.times
  }

  private takePairs(): void {
    const { channels, duels } = this
    if (channels === null || duels === null) return
    for (const row of duels.take()) {
      channels.note(row)
      this.pairsAtStep++
      this.callsAtPair = this.calls
    }
  }

  /** What a ramp with a `key` waits for; null while pairs of users come. */
  get pairsOfUsers(): PairsOfUsers | null {
    const { share, pairsAtStep: come, piece, route, world, duels } = this
    if (piece.key === null || route !== "mixed" || world === null || (duels?.waiting ?? 0) > 0) return null
    return usersAwaited({ share, come, calls: this.calls - this.callsAtPair }, world.thresholds.pairsPerStep)
  }

  /** Mirrors are allowed, or something stands in for the candidate. */
  get canMirror(): boolean {
    return this.piece.effects !== "once" || (this.candidate?.dryRun ?? null) !== null
  }

  private routed(self: unknown, args: ReadonlyArray<unknown>): unknown {
    const { world, mirrors, route } = this
    this.calls++
    if (world === null) return this.plain(self, args)
    if (route === "direct") this.recording?.offer(args)
    if (route === "mixed" || route === "whole") return this.duelled(self, args, world)
    // Whom the candidate answered in BLENDING it answers here too; everybody else gets the incumbent.
    if (route === "shadow" && this.piece.key !== null && this.duels?.isCandidates(this.declared.keyOf(args)))
      return this.byCandidate(self, args, null)
    if (mirrors === null || !this.canMirror || !this.isMirrored(mirrors, world)) return this.plain(self, args)
    return this.mirrored(self, args)
  }

  private plain(self: unknown, args: ReadonlyArray<unknown>): unknown {
    return Reflect.apply(this.incumbent, self, args)
  }

  /** A call of the incumbent that is timed: in a duel by the candidate's path, whose cost is in both times then. */
  private timed(self: unknown, args: ReadonlyArray<unknown>, world: SocketWorld, seat: Seat | null): unknown {
    const call = { fn: this.incumbent, self, args }
    if (seat === null) {
      const alone = (outcome: Outcome, kind: Kind): void => {
        this.noteIncumbent(outcome, kind)
        // A call of a duel takes longer by the way it is looked at, and there is none in a quiet window.
        if (this.route === "mixed" && !outcome.error) this.interference.note(outcome.ms, this.isQuiet)
      }
      return observed(call, world.clock, false, alone, this.conduct.heldByIncumbent)
    }
    const began = world.clock.now()
    const seen = (outcome: Outcome): void => {
      this.noteIncumbent(outcome, null)
      this.noteSeat(seat, outcome, args, began)
    }
    return judged(this.conduct.judge(true), { ...call, limitMs: seat.pair.limitMs, fallback: null, seen })
  }

  private readonly noteIncumbent = ({ ms, error, failure }: Outcome, kind: Kind | null): void => {
    this.answered++
    // A late one took the limit at least.
    if (error && !(failure instanceof Late)) return
    if (kind !== null) this.conduct.kinds.add(kind)
    this.times.add(ms)
  }

  private isMirrored(mirrors: Mirrors, { thresholds }: SocketWorld): boolean {
    if (this.route === "shadow") return !this.isQuiet && mirrors.hasPlace()
    if (this.route === "trial") return mirrors.running === 0 && this.trial?.wantsCalls === true
    return this.coins !== null && this.coins.next() < thresholds.training.share && mirrors.hasPlace()
  }

  /** The incumbent answers, and the candidate gets the same input when that is over. */
  private mirrored(self: unknown, args: ReadonlyArray<unknown>): unknown {
    const { world, comparison, mirrors, candidate, route, piece } = this
    if (world === null || mirrors === null || candidate === null) return this.plain(self, args)
    const copy = mirrors.copyOf(args)
    if (copy === null) return this.plain(self, args)
    const within = world.watch.context()
    const call = { fn: this.incumbent, self, args }
    const seen = (incumbent: Outcome, kind: Kind): void => {
      this.noteIncumbent(incumbent, kind)
      if (kind === "value" && isThenable(incumbent.answer)) this.declared.isThenable()
      if (this.candidate !== candidate || this.route !== route || (incumbent.error && isAborted(args))) return
      const fn = piece.effects === "once" ? (candidate.dryRun ?? candidate.fn) : candidate.fn
      const { deadlineMs: limitMs } = piece
      const done = (outcome: Outcome | null): void => {
        if (outcome === null || this.candidate !== candidate) return
        if (!incumbent.error) this.conduct.noteFailure(outcome)
        if (route === "trial") this.trial?.note(outcome, incumbent.error)
        else comparison?.note(copy, incumbent, outcome, (a, b) => this.declared.agrees(a, b))
      }
      const job = { fn, self, args: copy, limitMs, done, within, gapMs: incumbent.gapMs }
      if (route === "trial") return mirrors.offer({ ...job, ...this.trial?.subject })
      const share = timedShare(world.thresholds, this.farMirrors?.isOn === true)
      if (route === "shadow" && this.timedMirrors?.takes(share)) this.timeTwice(job)
      else if (this.farMirrors !== null) this.farMirrors.offer(job)
      else mirrors.offer(job)
    }
    return this.conduct.watched(call, world.clock, seen)
  }

  private timeTwice(job: MirrorJob): void {
    const { route } = this
    this.timedMirrors?.offer(
      job,
      this.incumbent,
      (outcome) => this.declared.sideOf(outcome, job.args, job.limitMs),
      (row) => void (this.route === route && this.channels?.note(row)),
    )
  }

  private duelled(self: unknown, args: ReadonlyArray<unknown>, world: SocketWorld): unknown {
    const { duels, route } = this
    const isWhole = route === "whole"
    const isTimed = ++this.counter % TIMED_ONE_IN === 0
    const share = isWhole ? world.thresholds.probationDuels : this.isQuiet ? 0 : 2 * this.share
    const key = share > 0 && this.piece.key !== null ? this.declared.keyOf(args) : null
    const seat =
      duels === null || share === 0 || (key === null && this.piece.key !== null)
        ? null
        : duels.enter(key, share, world.clock.now, this.limit)
    if (seat === null ? !isWhole : !seat.isCandidate)
      return seat !== null || isTimed ? this.timed(self, args, world, seat) : this.plain(self, args)
    return this.byCandidate(self, args, seat)
  }

  private byCandidate(self: unknown, args: ReadonlyArray<unknown>, seat: Seat | null): unknown {
    const { candidate, route, world } = this
    if (candidate === null || world === null) return this.plain(self, args)
    const began = world.clock.now()
    const { piece, mirrors } = this
    const isAlone = seat === null && route === "whole" && mirrors !== null
    const again =
      isAlone && this.timedMirrors?.takes(world.thresholds.probationTimed) === true
        ? mirrors.jobOf(candidate.fn, self, args, piece.deadlineMs, world.watch.context())
        : null
    const limitMs = seat === null ? this.limit : seat.pair.limitMs
    let hasFailed = false
    const instead = (): unknown => this.conduct.fellBack(this.plain(self, args), () => hasFailed)
    return judged(this.conduct.judge(), {
      fn: candidate.fn,
      self,
      args,
      limitMs,
      fallback: this.piece.effects === "once" ? null : instead,
      seen: (outcome) => {
        hasFailed = outcome.error
        if (!outcome.error) this.conduct.answered()
        if (this.candidate !== candidate) return
        this.conduct.noteFailure(outcome)
        if (seat !== null) this.noteSeat(seat, outcome, args, began)
        if (again !== null && this.route === "whole") this.timeTwice(again)
      },
    })
  }

  private noteSeat(seat: Seat, outcome: Outcome, args: ReadonlyArray<unknown>, began: number): void {
    const { duels } = this
    if (duels === null) return
    duels.note(seat, this.declared.sideOf(outcome, args, seat.pair.limitMs), began)
    // No caller waits for evidence.
    if (duels.waiting === FULL) this.world?.clock.soon(() => this.takePairs())
  }
}
