// JupyterLab shows a file as it was when it was opened. The start page changes on disk as tasks are
// solved, so this reads it anew when the student comes back to its tab or window, and every
// other second while it stays in view; and it gives the page its looks. Without it the page is
// plain and must be opened again to be read anew, no more. Written by hand as a module-federation
// container: there is nothing to build.
"use strict";
(() => {
  const PAGE = ".labkit-start .jp-RenderedMarkdown";
  const LOOK = `
    ${PAGE} { max-width: 62rem; }
    ${PAGE} table { width: 100%; table-layout: auto; margin: 0.5em 0 1em; }
    ${PAGE} td, ${PAGE} th { padding: 0.45em 0.7em; }
    ${PAGE} td:first-child, ${PAGE} td:last-child { white-space: nowrap; }
    ${PAGE} blockquote {
      margin: 1em 0; padding: 0.9em 1.2em; font-size: 1.1em; border-radius: 4px;
      border-left: 5px solid var(--jp-brand-color1); background: var(--jp-layout-color2);
      color: var(--jp-content-font-color1);
    }
    ${PAGE} blockquote p { margin: 0; }
    ${PAGE} details { margin: 1em 0; }
    ${PAGE} summary { cursor: pointer; }
  `;
  const plugin = {
    id: "labkit-start:plugin",
    autoStart: true,
    activate: (app) => {
      const START = "start.md";
      const open = () =>
        Array.from(app.shell.widgets("main")).find(
          (widget) => widget.context && widget.context.path === START
        );
      const look = document.createElement("style");
      look.textContent = LOOK;
      document.head.appendChild(look);
      let seen = "";
      const renew = async () => {
        const page = open();
        if (page) page.addClass("labkit-start");
        if (!page || !page.isVisible || document.hidden || page.context.model.dirty) return;
        try {
          const file = await app.serviceManager.contents.get(START, { content: false });
          if (seen && file.last_modified !== seen) await page.context.revert();
          seen = file.last_modified;
        } catch (error) {
          console.debug("labkit-start:", error); // the server is away: the page stays as it is
        }
      };
      app.shell.currentChanged.connect(renew);
      window.addEventListener("focus", renew);
      window.setInterval(renew, 2000);
    }
  };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["labkit-start"] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin })
  };
})();
