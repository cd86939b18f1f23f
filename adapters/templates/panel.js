(() => {
  "use strict";

  const desk = document.body.dataset.desk;
  const view = document.getElementById("view");
  const source = location.pathname.replace(/\/+$/, "") + "/context?contact=";

  // Chatwoot tells twice when the page loads: once by itself and once because it was asked.
  const FRESH_MS = 30_000;
  const TOLD_MS = 10_000;
  const FETCH_MS = 15_000;

  let contact = null;
  let running = null;
  let freshUntil = 0;
  let waiting = 0;

  const el = (tag, className, ...children) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    // append() makes text nodes of strings: nothing that a customer typed becomes markup.
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };

  const show = (busy, ...nodes) => {
    view.setAttribute("aria-busy", String(busy));
    view.replaceChildren(...nodes.filter(Boolean));
  };

  const button = (text, className, action) => {
    const node = el("button", className, text);
    node.type = "button";
    node.addEventListener("click", action);
    return node;
  };

  const showLoading = () => show(true, el("p", "state", "Loading the customer…"));

  const showGuest = () =>
    show(false, el("div", "state",
      el("h1", "", "Guest"),
      el("p", "", "This contact is not a customer of the store, so there are no orders to show.")));

  const showError = (title, retry) =>
    show(false, el("div", "state",
      el("h1", "", title),
      el("p", "", "What the customer bought is not known right now."),
      button("Try again", "", retry)));

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
    const count = new Intl.NumberFormat(locale);
    return {
      // The amount stays a text: the browser formats it exactly.
      money: ({ amount, currency }) => guarded(
        () => new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount),
        () => `${amount} ${currency}`),
      day: (time) => day.format(new Date(time)),
      minute: (time) => minute.format(new Date(time)),
      count: (number) => count.format(number),
    };
  };

  const SOURCES = { totals: "order totals", orders: "recent orders", cart: "cart" };
  const GOOD = new Set(["paid", "shipped", "delivered"]);
  const BAD = new Set(["cancelled", "refunded"]);
  const mood = (status) => (GOOD.has(status) ? "good" : BAD.has(status) ? "bad" : "");

  // Parts

  const head = ({ customer, insights }, format) => {
    const email = customer.email
      && customer.email + (customer.email_verified ? "" : " (not verified)");
    const since = customer.registered_at && `Customer since ${format.day(customer.registered_at)}`;
    return el("header", "",
      el("div", "head",
        el("h1", "", customer.name || "No name"),
        insights && el("span", "pill", insights.tier)),
      el("div", "soft small lines",
        ...[email, customer.phone, since].filter(Boolean).map((line) => el("div", "", line))));
  };

  const tiles = ({ insights }, format) => {
    const tile = (name, value) => el("div", "",
      el("dt", "", name),
      insights ? el("dd", "", value(insights)) : el("dd", "soft", "unknown"));
    return el("dl", "tiles",
      tile("Lifetime value", (sums) => format.money(sums.lifetime_value)),
      tile("Orders", (sums) => format.count(sums.count)),
      tile("Average order", (sums) => format.money(sums.average_order)),
      tile("Last order", (sums) => (sums.last_at ? format.day(sums.last_at) : "none")));
  };

  const notice = ({ unavailable }) =>
    unavailable.length > 0
      ? el("p", "notice", "Could not be read just now: ",
          unavailable.map((part) => SOURCES[part] ?? part).join(", "), ".")
      : null;

  const orders = ({ recent_orders: list, unavailable }, format) => {
    const row = (order) => el("li", "",
      el("div", "row",
        el("div", "", el("span", "label", order.id), " ",
          el("span", `pill ${mood(order.status)}`, order.status)),
        el("span", "amount", format.money(order.total))),
      el("div", "soft small", format.day(order.placed_at)),
      order.items.length > 0
        ? el("div", "small", order.items.map((item) => `${format.count(item.quantity)} × ${item.title}`).join(", "))
        : null);
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

  const showCustomer = (snapshot) => {
    const format = formats(snapshot.store);
    show(false,
      head(snapshot, format),
      notice(snapshot),
      tiles(snapshot, format),
      orders(snapshot, format),
      basket(snapshot, format),
      el("footer", "soft small",
        el("span", "", `${snapshot.store.name}, ${format.minute(snapshot.generated_at)}`),
        button("Refresh", "link", load)));
  };

  // Data

  const load = async () => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    const timer = setTimeout(() => mine.abort(), FETCH_MS);
    freshUntil = Date.now() + FRESH_MS;
    showLoading();
    try {
      const answer = await fetch(source + contact, { cache: "no-store", signal: mine.signal });
      const body = await answer.json();
      // Only this 404 says "guest": that of a proxy or of an address that was changed does not.
      const guest = answer.status === 404 && body.error === "no customer";
      if (!answer.ok && !guest) throw new Error(String(answer.status));
      if (running !== mine) return;
      if (guest) showGuest();
      else showCustomer(body);
    } catch {
      // Another contact was chosen meanwhile: its own load shows what is to be seen.
      if (running !== mine) return;
      freshUntil = 0;
      showError("The customer could not be loaded", load);
    } finally {
      clearTimeout(timer);
    }
  };

  const ask = () => {
    showLoading();
    clearTimeout(waiting);
    waiting = setTimeout(() => showError("Chatwoot did not say which contact this is", ask), TOLD_MS);
    parent.postMessage("chatwoot-dashboard-app:fetch-info", "*");
  };

  const told = (text) => {
    if (typeof text !== "string") return null;
    const message = guarded(() => JSON.parse(text), () => null);
    if (message?.event !== "appContext") return null;
    // The contact is {} until Chatwoot has loaded it; the conversation names it from the start.
    const id = message.data?.contact?.id ?? message.data?.conversation?.meta?.sender?.id;
    return Number.isSafeInteger(id) && id > 0 ? id : null;
  };

  addEventListener("message", (event) => {
    if (event.origin !== desk || event.source !== parent) return;
    const id = told(event.data);
    if (id === null) return;
    clearTimeout(waiting);
    if (id === contact && Date.now() < freshUntil) return;
    contact = id;
    load();
  });

  ask();
})();
