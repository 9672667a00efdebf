/* Keeps the page of a ceremony as it is by now. It asks what was recorded, and fetches the page again only when
   something was; then it swaps the parts that differ. Without it the page is whole, as it was when it was opened. */
(() => {
  "use strict";

  const page = document.getElementById("cer-live");

  /* Links that copy: without a clipboard they stay what they are. */
  const copied = async (link, text) => {
    await navigator.clipboard.writeText(text);
    const said = link.dataset.copied || "✓";
    const told = document.getElementById("cer-told");
    if (told) {
      told.textContent = said;
    }
    if (!link.dataset.was) {
      link.dataset.was = link.textContent;
      link.textContent = said;
      window.setTimeout(() => {
        link.textContent = link.dataset.was;
        delete link.dataset.was;
      }, 3000);
    }
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-copy], [data-copy-text]");
    if (link && navigator.clipboard) {
      event.preventDefault();
      copied(link, link.dataset.copyText || link.href).catch(() => {
        window.location.assign(link.href);
      });
    }
  });

  if (!page || !page.dataset.state || Number(page.dataset.every) === 0) {
    return;
  }

  const told = document.getElementById("cer-told");
  const lost = document.getElementById("cer-lost");
  const RAREST = 60;
  const PATIENCE = 20000;
  let seen = page.dataset.seen;
  let every = Number(page.dataset.every);
  let tag = "";
  let timer = 0;
  let failures = 0;
  let stopped = false;

  const say = (text) => {
    const line = document.getElementById("cer-told") || told;
    if (line) {
      line.textContent = text;
    }
  };

  /* A page that stands still says so: what it shows may be old. */
  const standsStill = (still) => {
    if (lost && lost.hidden === still) {
      lost.hidden = !still;
      say(still ? words(lost) : "");
    }
  };

  /* A policy that forbids to ask stays as it is: once is enough. What else it forbids, say to an extension of the
     browser, is not ours. */
  document.addEventListener("securitypolicyviolation", (event) => {
    if (event.effectiveDirective === "connect-src" && event.blockedURI.startsWith(window.location.origin)) {
      stopped = true;
      window.clearTimeout(timer);
      standsStill(true);
    }
  });

  const isBusy = (node) => node.contains(document.activeElement) || hasSelection(node);

  const hasSelection = (node) => {
    const selection = window.getSelection();
    return selection && !selection.isCollapsed && node.contains(selection.anchorNode);
  };

  const keepOpen = (old, fresh) => {
    const before = old.querySelectorAll("details");
    fresh.querySelectorAll("details").forEach((one, number) => {
      if (before[number]) {
        one.open = before[number].open;
      }
    });
  };

  /* True when every part that differs could be swapped. */
  const swap = (fresh) => {
    let whole = true;
    const names = (root) => [...root.querySelectorAll("[data-live]")].map((one) => one.dataset.live).join(" ");
    const other = fresh.getElementById("cer-live");
    if (!other) {
      return false;
    }
    if (names(page) !== names(other)) {
      if (isBusy(page)) {
        return false;
      }
      page.replaceChildren(...other.childNodes);
      return true;
    }
    page.querySelectorAll("[data-live]").forEach((old) => {
      const found = other.querySelector(`[data-live="${CSS.escape(old.dataset.live)}"]`);
      if (!found) {
        return;
      }
      keepOpen(old, found);
      if (old.isEqualNode(found)) {
        return;
      }
      if (isBusy(old)) {
        whole = false;
        return;
      }
      old.replaceWith(document.adoptNode(found));
    });
    return whole;
  };

  /* What is read aloud of it: no icons. */
  const words = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll("[aria-hidden], a").forEach((one) => one.remove());
    return copy.textContent.replace(/\s+/g, " ").trim();
  };

  const title = () => {
    const banner = document.getElementById("standing");
    return banner ? words(banner) : "";
  };

  const get = (address, options) =>
    fetch(address, {
      credentials: "same-origin",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
      ...options,
    });

  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

  const refresh = async (answer) => {
    if (answer.now) {
      const old = document.getElementById("live");
      const found = parsed(answer.now).getElementById("live");
      if (old && found && !old.isEqualNode(found) && !isBusy(old)) {
        old.replaceWith(document.adoptNode(found));
      }
    }
    if (answer.seen === seen) {
      return;
    }
    const response = await get(window.location.pathname, {});
    if (!response.ok) {
      throw new Error(String(response.status));
    }
    const before = title();
    const fresh = parsed(await response.text());
    const other = fresh.getElementById("cer-live");
    if (swap(fresh) && other) {
      seen = other.dataset.seen;
    }
    if (title() !== before) {
      say(title());
    }
  };

  const ask = async () => {
    const headers = tag ? { "If-None-Match": tag } : {};
    const response = await get(page.dataset.state, { cache: "no-store", headers });
    if (response.status === 304) {
      return;
    }
    if (!response.ok) {
      throw new Error(String(response.status));
    }
    const answer = await response.json();
    await refresh(answer);
    if (answer.seen === seen) {
      tag = response.headers.get("ETag") || "";
      every = answer.every;
    }
  };

  const turn = async () => {
    timer = 0;
    if (stopped || document.hidden) {
      return;
    }
    try {
      await ask();
      failures = 0;
      standsStill(false);
    } catch (error) {
      failures += 1;
      standsStill(stopped || failures > 1);
    }
    wait();
  };

  const wait = () => {
    if (stopped || !every || document.hidden || timer) {
      return;
    }
    /* A server that is started anew is found again. */
    timer = window.setTimeout(turn, Math.min(every * (failures + 1), Math.max(every, RAREST)) * 1000);
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      window.clearTimeout(timer);
      timer = 0;
    } else if (!timer) {
      turn();
    }
  });

  wait();
})();
