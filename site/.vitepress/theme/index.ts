/** VitePress's own theme with the studio's colours, and the statecharts. */
import type { Theme } from "vitepress"
import DefaultTheme from "vitepress/theme"
import Statechart from "./Statechart.vue"
import VersionLink from "./VersionLink.vue"
import "./style.css"

// oxlint-disable-next-line import/no-default-export -- VitePress reads it so
export default {
  extends: DefaultTheme,
  enhanceApp: ({ app, router, siteData }) => {
    app.component("Statechart", Statechart)
    app.component("VersionLink", VersionLink)
    // Every other page has a main part of its own.
    router.onAfterRouteChange = (to) => {
      // Pages are also rendered where there is no document: at build time.
      if (typeof document === "undefined") return
      const isFront = new URL(to, location.href).pathname === siteData.value.base
      const content = document.getElementById("VPContent")
      if (isFront) content?.setAttribute("role", "main")
      else content?.removeAttribute("role")
    }
  },
} satisfies Theme
