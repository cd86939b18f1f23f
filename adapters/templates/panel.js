(() => {
  "use strict";

  const chatwoot = document.body.dataset.chatwoot;
  const view = document.getElementById("view");
  const base = location.pathname.replace(/\/+$/, "");

  // Chatwoot tells twice when the page loads: once by itself and once because it was asked.
  const FRESH_MS = 30_000;
  const TOLD_MS = 10_000;
  const FETCH_MS = 15_000;
  const AGAIN_MS = 30_000;
  // A stream that lasted shorter than this was not let through: it is not asked for soon again.
  const LASTING_MS = 20_000;
  const SELDOM_MS = 60_000;

  // What is open: the conversation, the token for it, and whether the agent asked for orders
  // although nobody is proven. Another conversation is another visit.
  let visit = null;
  let running = null;
  let waiting = 0;
  // The stream of changes, and when to ask again without one.
  let stream = null;
  let later = 0;

  const el = (tag, className, ...children) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    // append() makes text nodes of strings: nothing that a customer typed becomes markup.
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };

  const show = (busy, ...nodes) => {
    const focused = view.contains(document.activeElement) ? document.activeElement.textContent : "";
    view.setAttribute("aria-busy", String(busy));
    view.replaceChildren(...nodes.filter(Boolean));
    if (focused) [...view.querySelectorAll("button")].find((it) => it.textContent === focused)?.focus();
  };

  const button = (text, className, action) => {
    const node = el("button", className, text);
    node.type = "button";
    node.addEventListener("click", action);
    return node;
  };

  const showLoading = () => show(true, el("p", "state", "Loading the customer…"));

  const showGuest = (view) =>
    show(false, unproven(view), el("div", "state",
      el("h1", "", "Guest"),
      el("p", "", "This contact is not a customer of the store, so there are no orders to show.")));

  const showError = (title, text, retry) =>
    show(false, el("div", "state",
      el("h1", "", title),
      el("p", "", text),
      button("Try again", "", retry)));

  const showUnchecked = (retry) =>
    showError("This conversation could not be checked",
      "Reload Chatwoot and open the conversation again.", retry);

  const because = (reason) =>
    `Anybody may be writing: ${reason}. Find out who it is before you say anything personal.`;

  const showUnproven = ({ reason, on_request: onRequest }) =>
    show(false, el("section", "notice unproven",
      el("h1", "", "Identity not proven in this conversation"),
      el("p", "", because(reason)),
      onRequest ? null : el("p", "", "This store shows nothing of a customer then."),
      el("div", "actions",
        onRequest ? button("Show anyway", "", () => { visit.anyway = true; load(); }) : null,
        button("Check again", "link", () => load()))));

  // Formats

  const guarded = (make, fallback) => {
    try { return make(); } catch { return fallback(); }
  };

  const formats = (store) => {
    const locale = guarded(
      () => Intl.getCanonicalLocales(store.locale.replaceAll("_", "-"))[0],
      () => undefined);
    const dates = (style) => guarded(
      () => new Intl.DateTimeFormat(locale, { ...style, timeZone: store.time_zone }),
      () => new Intl.DateTimeFormat(locale, { ...style, timeZone: "UTC" }));
    const day = dates({ dateStyle: "medium" });
    const minute = dates({ dateStyle: "medium", timeStyle: "short" });
    const date = guarded(
      () => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }),
      () => new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" }));
    const count = new Intl.NumberFormat(locale);
    return {
      // The amount stays a text: the browser formats it exactly.
      money: ({ amount, currency }) => guarded(
        () => new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount),
        () => `${amount} ${currency}`),
      // A date has no time zone.
      date: (text) => guarded(() => date.format(new Date(`${text}T00:00:00Z`)), () => text),
      day: (time) => day.format(new Date(time)),
      minute: (time) => minute.format(new Date(time)),
      count: (number) => count.format(number),
    };
  };

  const SOURCES = {
    totals: "order totals",
    orders: "recent orders",
    cart: "cart",
    activity: "recent activity",
  };
  const GOOD = new Set(["paid", "shipped", "delivered"]);
  const BAD = new Set(["cancelled", "refunded"]);
  const mood = (status) => (GOOD.has(status) ? "good" : BAD.has(status) ? "bad" : "");
  const words = (text) => text.replaceAll("_", " ");

  // A link to a page of the web, in a tab of its own that learns nothing of the panel. Any other
  // scheme may be code, and is shown as text.
  const link = (text, url) => {
    const web = typeof url === "string"
      && guarded(() => ["http:", "https:"].includes(new URL(url).protocol), () => false);
    if (!web) return text;
    const node = el("a", "", text);
    node.href = url;
    node.target = "_blank";
    node.rel = "noopener noreferrer";
    return node;
  };

  // Puts a text between what there is of the parts.
  const joined = (parts, between) =>
    parts.filter(Boolean).flatMap((part, place) => (place > 0 ? [between, part] : [part]));

  // Parts

  const head = ({ customer, insights }, format) => {
    const email = customer.email
      && customer.email + (customer.email_verified ? "" : " (not verified)");
    const since = customer.registered_at && `Customer since ${format.day(customer.registered_at)}`;
    return el("header", "",
      el("div", "head",
        el("h1", "", customer.name || "No name"),
        insights && insights.tier && el("span", "pill", insights.tier)),
      el("div", "soft small lines",
        ...[email, customer.phone, since].filter(Boolean).map((line) => el("div", "", line))));
  };

  const tiles = ({ snapshot: { insights }, attributes: list }, format) => {
    const others = insights?.other_currencies ?? [];
    const named = (key) => list.find((attribute) => attribute.key === key)?.name;
    const tile = (key, name, value, other) => el("div", "",
      el("dt", "", named(key) ?? name),
      insights ? el("dd", "", value(insights)) : el("dd", "soft", "unknown"),
      ...(other ? others.map((sums) => el("dd", "soft small", `and ${other(sums)}`)) : []));
    return el("dl", "tiles",
      tile("lifetime_value", "Lifetime value", (sums) => format.money(sums.lifetime_value),
        (sums) => format.money(sums.lifetime_value)),
      tile("order_count", "Orders", (sums) => format.count(sums.count),
        (sums) => `${format.count(sums.count)} in ${sums.lifetime_value.currency}`),
      tile("average_order", "Average order", (sums) => format.money(sums.average_order)),
      tile("last_order_at", "Last order", (sums) => (sums.last_at ? format.day(sums.last_at) : "none")));
  };

  // The rest of the page shows the standard ones.
  const attributes = ({ attributes: list, snapshot: { store } }, format) => {
    const value = ({ type, value: it }) => {
      switch (type) {
        case "number": return format.count(it);
        case "currency": return format.money({ amount: it, currency: store.currency });
        case "percent": return `${format.count(it)} %`;
        case "date": return format.date(it);
        case "link": return link(it, it);
        case "checkbox": return it ? "yes" : "no";
        default: return String(it);
      }
    };
    const rows = list.filter(({ standard }) => !standard).map((attribute) => el("li", "row",
      el("span", "soft", attribute.name), el("span", "", value(attribute))));
    return rows.length > 0
      ? el("section", "", el("h2", "", "Attributes"), el("ul", "rows", ...rows))
      : null;
  };

  const unproven = ({ proven, reason }) =>
    proven
      ? null
      : el("p", "notice",
          el("strong", "", "Identity not proven in this conversation."), " ", because(reason));

  const notice = ({ unavailable }) =>
    unavailable.length > 0
      ? el("p", "notice", "Could not be read just now: ",
          unavailable.map((part) => SOURCES[part] ?? part).join(", "), ".")
      : null;

  const items = (list, format) =>
    list.map((item) => `${format.count(item.quantity)} × ${item.title}`).join(", ");

  // What happened to an order after it was placed, one line each.
  const events = (order, format) => {
    const state = [
      order.payment && `Payment: ${words(order.payment)}`,
      order.fulfillment && `Fulfillment: ${words(order.fulfillment)}`,
    ];
    const parcel = ({ carrier, number, url }) => [
      "Tracking: ", ...joined([carrier, (number || url) && link(number || "parcel", url)], " ")];
    const back = ({ at, status, amount, reason, items: list }) => joined([
      `Return ${words(status)}`,
      format.day(at),
      amount && format.money(amount),
      list.length > 0 && items(list, format),
      reason,
    ], ", ");
    const refund = ({ at, amount, reason }) =>
      joined([`Refunded ${format.money(amount)}`, format.day(at), reason], ", ");
    const lines = [
      joined(state, ", "),
      ...(order.tracking ?? []).map(parcel),
      ...(order.returns ?? []).map(back),
      ...(order.refunds ?? []).map(refund),
      order.admin_url ? [link("Open in the shop", order.admin_url)] : [],
    ];
    return lines.filter((line) => line.length > 0)
      .map((line) => el("div", "small event", ...line));
  };

  const orders = ({ recent_orders: list, unavailable }, format) => {
    const row = (order) => el("li", "",
      el("div", "row",
        el("div", "", el("span", "label", order.id), " ",
          el("span", `pill ${mood(order.status)}`, words(order.status))),
        el("span", "amount", format.money(order.total))),
      el("div", "soft small", format.day(order.placed_at)),
      order.items.length > 0 ? el("div", "small", items(order.items, format)) : null,
      ...events(order, format));
    const none = unavailable.includes("orders") ? "unknown" : "No orders yet.";
    return el("section", "",
      el("h2", "", "Recent orders"),
      list.length > 0 ? el("ul", "rows", ...list.map(row)) : el("p", "soft", none));
  };

  const basket = ({ cart, unavailable }, format) => {
    const row = (item) => el("li", "",
      el("div", "row",
        el("span", "", `${format.count(item.quantity)} × ${item.title}`),
        el("span", "", el("span", "amount", format.money(item.price)),
          item.quantity > 1 ? el("span", "soft small", " each") : null)));
    const none = unavailable.includes("cart") ? "unknown" : "The cart is empty.";
    const filled = cart && [
      el("ul", "rows", ...cart.items.map(row)),
      el("div", "row total",
        el("span", "", "Total"),
        el("span", "amount", format.money(cart.total))),
      el("div", "soft small", `Changed ${format.minute(cart.updated_at)}`),
    ];
    return el("section", "", el("h2", "", "Cart"), ...(filled || [el("p", "soft", none)]));
  };

  const DONE = {
    page_viewed: "Viewed a page",
    product_viewed: "Viewed a product",
    cart_changed: "Changed the cart",
    order_placed: "Placed an order",
  };

  // A host that records no activity has no section of it.
  const activity = ({ recent_activity: list, unavailable }, format) => {
    if (!list) return null;
    const row = ({ at, kind, title, url }) => el("li", "",
      el("div", "row",
        el("span", "", Object.hasOwn(DONE, kind) ? DONE[kind] : words(kind), title || url ? ": " : null,
          title || url ? link(title || url, url) : null),
        el("span", "soft small", format.minute(at))));
    const none = unavailable.includes("activity") ? "unknown" : "None yet.";
    return el("section", "",
      el("h2", "", "Recent activity"),
      list.length > 0 ? el("ul", "rows", ...list.map(row)) : el("p", "soft", none));
  };

  const showCustomer = (view) => {
    const { snapshot } = view;
    const format = formats(snapshot.store);
    show(false,
      unproven(view),
      head(snapshot, format),
      notice(snapshot),
      tiles(view, format),
      attributes(view, format),
      orders(snapshot, format),
      basket(snapshot, format),
      activity(snapshot, format),
      el("footer", "soft small",
        el("span", "", `${snapshot.store.name}, ${format.minute(snapshot.generated_at)}`),
        button("Refresh", "link", () => load())));
  };

  const showView = (view) => {
    if (view.guest) showGuest(view);
    else if (view.snapshot) showCustomer(view);
    else showUnproven(view);
  };

  const showFailure = ({ status, body }) => {
    const retry = () => load();
    if (status === 404 && body.error === "unknown address") {
      showError("This panel has a new address", "Reload Chatwoot to open it there.", retry);
    } else if (status === 404) {
      showUnchecked(retry);
    } else if (status === 429) {
      showError("Not now", body.error, retry);
    } else {
      showError("The customer could not be loaded",
        "What the customer bought is not known right now.", retry);
    }
  };

  // Data

  const call = async (path, options) => {
    const answer = await fetch(base + path, { cache: "no-store", ...options });
    const body = await answer.json().catch(() => ({}));
    return { status: answer.status, body };
  };

  const open = ({ conversation, contact, key }, signal) => call("/open", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ conversation, contact, key }),
    signal,
  });

  const again = ({ token, anyway }, signal) => call(`/context?anyway=${anyway}`, {
    headers: { authorization: `Bearer ${token}` },
    signal,
  });

  // Asks again with the token, and opens anew when it has expired, or to see whether the customer
  // is proven by now.
  const look = async (mine, signal) => {
    if (mine.token && (mine.proven || mine.anyway)) {
      const answer = await again(mine, signal);
      if (answer.status !== 401) return answer;
    }
    const opened = await open(mine, signal);
    mine.token = opened.body.token;
    mine.proven = opened.body.proven;
    const wanted = opened.status === 200 && !mine.proven && mine.anyway;
    return wanted ? again(mine, signal) : opened;
  };

  // Loads what is to be seen. `quietly` replaces what is shown when there is an answer, and leaves it
  // if that says nothing of the customer.
  const load = async (quietly = false) => {
    running?.abort();
    clearTimeout(later);
    const mine = visit;
    const stop = new AbortController();
    running = stop;
    const timer = setTimeout(() => stop.abort(), FETCH_MS);
    mine.freshUntil = Date.now() + FRESH_MS;
    const kept = quietly && mine.shown;
    if (!kept) {
      mine.shown = false;
      showLoading();
    }
    let answer = { status: 0, body: {} };
    try {
      answer = await look(mine, stop.signal);
    } catch {
      // No answer.
    } finally {
      clearTimeout(timer);
    }
    // Another conversation was chosen meanwhile: its own load shows what is to be seen.
    if (running !== stop) return;
    if (answer.status === 200 && typeof answer.body.guest === "boolean") {
      mine.shown = true;
      mine.live = answer.body.live;
      showView(answer.body);
      listen(mine);
      return;
    }
    mine.freshUntil = 0;
    if (kept && answer.status !== 404) {
      refreshIn(AGAIN_MS);
    } else {
      mine.shown = false;
      deafen();
      showFailure(answer);
    }
  };

  // Live updates

  const refresh = () => {
    if (visit?.shown && visit.live && !document.hidden) load(true);
  };

  const refreshIn = (pause) => {
    clearTimeout(later);
    later = setTimeout(refresh, pause);
  };

  const deafen = () => {
    stream?.stop.abort();
    stream = null;
  };

  // The server's events: a name and JSON, ended by an empty line.
  const eventsOf = async function* (body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (text + value).split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const field = (name) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
        const name = field("event");
        if (name) yield { name, data: guarded(() => JSON.parse(field("data")), () => ({})) };
      }
    }
  };

  // Asks Chatwoot which contact it is by now, and opens again if it does not say.
  const reopen = (mine) => {
    mine.token = null;
    mine.freshUntil = 0;
    refreshIn(2_000);
    parent.postMessage("chatwoot-dashboard-app:fetch-info", "*");
  };

  // Follows the changes of what is shown, while the page is seen: a browser has few connections to
  // one server, and a stream takes one. EventSource could not send the token but in the URL.
  const listen = async (mine) => {
    const { token, anyway } = mine;
    if (stream?.token === token && stream.anyway === anyway) return;
    deafen();
    if (!mine.live || !token || document.hidden) return;
    const own = { stop: new AbortController(), token, anyway };
    stream = own;
    const since = Date.now();
    let ended = null;
    let retryAfter = 0;
    try {
      const answer = await fetch(`${base}/events?anyway=${anyway}`, {
        cache: "no-store",
        headers: { authorization: `Bearer ${token}` },
        signal: own.stop.signal,
      });
      if (answer.status === 401) ended = "expired";
      else if (!answer.ok) retryAfter = Number(answer.headers.get("retry-after")) * 1_000;
      else {
        for await (const { name, data } of eventsOf(answer.body)) {
          if (stream !== own) return;
          if (name === "snapshot") load(true);
          if (name === "end") ended = data.reason;
        }
      }
    } catch {
      // The connection is gone.
    }
    if (stream !== own) return;
    stream = null;
    // All pages of a server that stops would come back at once.
    const soon = 500 + Math.random() * 2_500;
    if (ended === "changed") {
      reopen(mine);
    } else if (ended) {
      if (ended === "expired") mine.token = null;
      refreshIn(soon);
    } else {
      refreshIn(Date.now() - since > LASTING_MS ? soon : Math.max(SELDOM_MS, retryAfter));
    }
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) deafen();
    else refresh();
  });

  const ask = () => {
    showLoading();
    clearTimeout(waiting);
    waiting = setTimeout(
      () => showError("Chatwoot did not say which conversation this is",
        "What the customer bought is not known right now.", ask),
      TOLD_MS);
    parent.postMessage("chatwoot-dashboard-app:fetch-info", "*");
  };

  const isId = (id) => Number.isSafeInteger(id) && id > 0;
  const isText = (text) => typeof text === "string" && text !== "";

  // What only those know who see the conversation. One that came as a live event has no UUID.
  const keyOf = ({ uuid, contact_inbox: inbox }) => {
    if (isText(uuid)) return { uuid };
    return isText(inbox?.source_id) ? { source_id: inbox.source_id } : null;
  };

  const told = (text) => {
    if (typeof text !== "string") return null;
    const message = guarded(() => JSON.parse(text), () => null);
    if (message?.event !== "appContext") return null;
    const talk = message.data?.conversation;
    // The contact is {} until Chatwoot has loaded it; the conversation names it from the start.
    const contact = talk?.meta?.sender?.id ?? message.data?.contact?.id;
    if (!isId(talk?.id) || !isId(contact)) return null;
    return { conversation: talk.id, contact, key: keyOf(talk) };
  };

  addEventListener("message", (event) => {
    if (event.origin !== chatwoot || event.source !== parent) return;
    const subject = told(event.data);
    if (subject === null) return;
    clearTimeout(waiting);
    const same = visit?.conversation === subject.conversation && visit.contact === subject.contact;
    if (!same) {
      deafen();
      visit = { ...subject, token: null, proven: false, anyway: false, live: false, shown: false, freshUntil: 0 };
    } else if (Date.now() < visit.freshUntil) return;
    visit.key = subject.key ?? visit.key;
    if (visit.key) {
      load(same && visit.live);
    } else {
      running?.abort();
      running = null;
      clearTimeout(later);
      showUnchecked(ask);
    }
  });

  ask();
})();
