/** Where the studio's server answers. */

/** Every path the server answers under its root, the page's own files apart. */
export const PATHS = {
  session: "/api/session",
  login: "/api/login",
  machines: "/api/machines",
  events: "/api/events",
  audit: "/api/audit",
  history: "/api/history",
  actions: "/api/actions",
  solver: "/api/solver",
  frames: "/api/replay/frames",
  growth: "/api/growth",
  growthFrame: "/api/growth/frame",
  growthActions: "/api/growth/actions",
  tuner: "/api/tuner",
  study: "/api/study",
  pipeline: "/api/pipeline",
  campaigns: "/api/campaigns",
  campaignActions: "/api/campaigns/actions",
  fleet: "/api/fleet",
  fleetEngine: "/api/fleet/engine",
  fleetActions: "/api/fleet/actions",
  metrics: "/metrics",
  inspect: "/inspect",
} as const
