(function (page) {
  "use strict";
  var token = page.websiteToken;
  // Chatwoot's own cookies are `cw_conversation`, which opens the chat, and `cw_user_TOKEN`, which
  // remembers the identified customer. This script's own cookie records the owner of
  // `cw_conversation`.
  var USER = "cw_user_" + token;
  var CUSTOMER = "cw_customer_" + token;
  var ours = page.conversationAttributes || {};
  var keys = Object.keys(ours);
  var theirs = {};
  var written = "";
  var signedOut = false;

  function cookies(name) {
    var start = encodeURIComponent(name) + "=";
    return document.cookie.split("; ").filter(function (cookie) {
      return cookie.indexOf(start) === 0;
    }).map(function (cookie) {
      return cookie.slice(start.length);
    });
  }

  function write(name, value, domain, seconds) {
    document.cookie = encodeURIComponent(name) + "=" + value + "; Path=/; SameSite=Lax; Max-Age=" +
      seconds + (domain ? "; Domain=" + domain : "");
  }

  // Chatwoot's own reset leaves cookies that were written for a domain above this host.
  function forget() {
    var labels = location.hostname.split(".");
    ["cw_conversation", USER, CUSTOMER].forEach(function (name) {
      write(name, "", "", 0);
      labels.forEach(function (_, index) {
        write(name, "", labels.slice(index).join("."), 0);
      });
    });
  }

  function remember() {
    if (page.customer && !signedOut) {
      write(CUSTOMER, page.customer, page.settings.baseDomain, 31536000);
    }
  }

  // Before anything is loaded, so that it also happens on a page that is closed at once.
  var last = cookies(CUSTOMER);
  var known = last.length > 0 && last.every(function (customer) {
    return customer === page.customer;
  });
  if (!known && last.concat(cookies(USER)).length > 0) {
    if (window.$chatwoot) {
      window.$chatwoot.reset();
    }
    forget();
  }
  remember();

  // A page of this customer that is still open in another tab may write `cw_conversation` after a
  // guest's page has removed it: then its owner is recorded again.
  window.addEventListener("message", function (event) {
    if (typeof event.data === "string" &&
        /^chatwoot-widget:.*"event":"(loaded|setAuthCookie)"/.test(event.data)) {
      remember();
    }
  });

  function put() {
    if (keys.length > 0 && !signedOut && window.$chatwoot) {
      window.$chatwoot.setConversationCustomAttributes(theirs);
    }
  }

  function wrap(widget) {
    var reset = widget.reset;
    var set = widget.setConversationCustomAttributes;
    var remove = widget.deleteConversationCustomAttribute;
    widget.reset = function () {
      signedOut = true;
      forget();
      return reset.apply(widget, arguments);
    };
    if (keys.length === 0) {
      return;
    }
    // Chatwoot replaces all attributes of an existing conversation, and adds to those that wait
    // for a new one.
    widget.setConversationCustomAttributes = function (attributes) {
      if (signedOut || attributes !== theirs && !Object.keys(attributes || {}).length) {
        return set.apply(widget, arguments);
      }
      theirs = Object.assign({}, written ? {} : theirs, attributes);
      return set.call(widget, Object.assign({}, theirs, ours));
    };
    widget.deleteConversationCustomAttribute = function (key) {
      if (!signedOut && keys.indexOf(key) >= 0) {
        return undefined;
      }
      theirs = Object.assign({}, theirs);
      delete theirs[key];
      return remove.apply(widget, arguments);
    };
  }

  window.chatwootSettings = page.settings;
  window.addEventListener("chatwoot:ready", function () {
    var widget = window.$chatwoot;
    if (page.user) {
      widget.setUser(page.identifier, page.user);
    }
    if (page.contactAttributes) {
      widget.setCustomAttributes(page.contactAttributes);
    }
    put();
    if (page.locale) {
      widget.setLocale(page.locale);
    }
  });
  // Attributes that wait for the first message are dropped once the server has set the user.
  window.addEventListener("chatwoot:on-start-conversation", function (event) {
    if (!event.detail || !event.detail.hasConversation) {
      put();
    }
  });
  // The conversation exists now. Attributes set before may have been lost: Chatwoot 4.9.1 keeps
  // none for the first message, and a pre-chat form sends none. The widget receives a new
  // conversation a moment after its first message, so they are set twice. As this replaces what
  // agents wrote, it is done once an hour, not with each message.
  window.addEventListener("chatwoot:on-message", function (event) {
    var conversation = event.detail && event.detail.conversation_id;
    if (!conversation || keys.length === 0 || signedOut) {
      return;
    }
    var now = [page.customer, conversation, Math.floor(Date.now() / 3600000)].join(" ");
    var before = written;
    try {
      before = sessionStorage.getItem(CUSTOMER) || before;
      sessionStorage.setItem(CUSTOMER, now);
    } catch (_) {
      // Without storage the value is kept for this page only.
    }
    written = now;
    if (before !== now) {
      put();
      setTimeout(put, 2000);
    }
  });

  function load() {
    var script = document.createElement("script");
    script.src = page.baseUrl + "/packs/js/sdk.js";
    script.async = true;
    if (page.nonce) {
      script.nonce = page.nonce;
    }
    script.onload = function () {
      window.chatwootSDK.run({ websiteToken: token, baseUrl: page.baseUrl });
      wrap(window.$chatwoot);
    };
    document.head.appendChild(script);
  }
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", load);
  } else {
    load();
  }
})
