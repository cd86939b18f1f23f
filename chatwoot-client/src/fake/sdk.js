// The fake's widget: it records what a page asks of it, shows a bubble in the inbox's colour, and
// in its frame who is known. No chat behind it.
(function () {
  if (window.chatwootSDK) return;
  var calls = (window.__chatwootCalls = window.__chatwootCalls || []);
  var PREFIX = 'chatwoot-widget:';
  var frame = null;
  var holder = null;

  function record(name, args) {
    calls.push({ name: name, args: Array.prototype.slice.call(args) });
  }

  function tell(event, value) {
    var message = Object.assign({ event: event }, value);
    frame.contentWindow.postMessage(PREFIX + JSON.stringify(message), '*');
  }

  function open(yes) {
    window.$chatwoot.isOpen = yes;
    holder.style.display = yes ? 'block' : 'none';
  }

  function embed(api) {
    holder = document.createElement('div');
    holder.className = 'woot-widget-holder';
    holder.style.cssText =
      'display:none;position:fixed;bottom:96px;' + api.position + ':20px;width:320px;' +
      'max-width:calc(100vw - 40px);height:216px;border-radius:14px;overflow:hidden;' +
      'box-shadow:0 8px 40px rgba(0,0,0,.28);z-index:2147483000';
    frame = document.createElement('iframe');
    frame.id = 'chatwoot_live_chat_widget';
    frame.title = 'Chat';
    // The frame's own page decides between light and dark.
    frame.style.cssText = 'border:0;width:100%;height:100%;color-scheme:normal';
    frame.src = api.baseUrl + '/widget?website_token=' + encodeURIComponent(api.websiteToken);
    holder.appendChild(frame);
    document.body.appendChild(holder);
  }

  function bubble(api, title, color) {
    if (document.getElementById('chatwoot-bubble')) return;
    var button = document.createElement('button');
    button.id = 'chatwoot-bubble';
    button.type = 'button';
    button.className = 'woot-widget-bubble';
    button.setAttribute('aria-label', title);
    button.style.cssText =
      'position:fixed;bottom:20px;' + api.position + ':20px;min-width:60px;height:60px;border:0;' +
      'padding:0 18px;border-radius:30px;background:#1f93ff;color:#fff;z-index:2147483000;' +
      'font:600 15px/1 system-ui,sans-serif;cursor:pointer;' +
      'box-shadow:0 6px 20px rgba(0,0,0,.25)';
    button.style.backgroundColor = color;
    if (api.type === 'expanded_bubble') button.textContent = title;
    else {
      var icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      icon.setAttribute('viewBox', '0 0 24 24');
      icon.setAttribute('width', '24');
      icon.setAttribute('height', '24');
      icon.setAttribute('fill', 'currentColor');
      var path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', 'M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z');
      icon.appendChild(path);
      button.appendChild(icon);
    }
    button.addEventListener('click', function () { api.toggle(); });
    document.body.appendChild(button);
  }

  function listen(api, settings) {
    window.addEventListener('message', function (event) {
      if (event.source !== frame.contentWindow || typeof event.data !== 'string') return;
      if (event.data.indexOf(PREFIX) !== 0) return;
      var message = JSON.parse(event.data.slice(PREFIX.length));
      if (message.event === 'loaded') {
        api.hasLoaded = true;
        if (!api.hideMessageBubble) {
          bubble(api, settings.launcherTitle || 'Chat', message.config.channelConfig.widgetColor);
        }
        if (api.user) tell('set-user', api.user);
        window.dispatchEvent(new CustomEvent('chatwoot:ready'));
      } else if (message.event === 'error') {
        window.dispatchEvent(new CustomEvent('chatwoot:error', { detail: message.data }));
      }
    });
  }

  window.chatwootSDK = {
    run: function (options) {
      record('run', arguments);
      var settings = window.chatwootSettings || {};
      var api = {
        baseUrl: options.baseUrl,
        websiteToken: options.websiteToken,
        hasLoaded: false,
        isOpen: false,
        locale: settings.locale || 'en',
        position: settings.position === 'left' ? 'left' : 'right',
        type: settings.type || 'standard',
        hideMessageBubble: Boolean(settings.hideMessageBubble),
        user: null
      };
      [
        'setCustomAttributes', 'deleteCustomAttribute', 'setConversationCustomAttributes',
        'deleteConversationCustomAttribute', 'setLabel', 'removeLabel', 'setColorScheme',
        'toggleBubbleVisibility', 'popoutChatWindow'
      ].forEach(function (name) {
        api[name] = function () { record(name, arguments); };
      });
      api.setUser = function (identifier, user) {
        if (typeof identifier !== 'string' && typeof identifier !== 'number') {
          throw new Error('Identifier should be a string or a number');
        }
        record('setUser', arguments);
        api.user = { identifier: String(identifier), user: user || {} };
        if (!api.hasLoaded) return;
        tell('set-user', api.user);
        // The real widget stays closed; here one is to see that the customer is known.
        if (!api.hideMessageBubble) open(true);
      };
      api.setLocale = function (locale) {
        record('setLocale', arguments);
        api.locale = locale;
      };
      api.toggle = function (state) {
        record('toggle', arguments);
        open(state ? state === 'open' : !api.isOpen);
        window.dispatchEvent(new CustomEvent(api.isOpen ? 'chatwoot:opened' : 'chatwoot:closed'));
      };
      api.reset = function () {
        record('reset', arguments);
        api.user = null;
        tell('reset', {});
      };
      window.$chatwoot = api;

      function start() {
        embed(api);
        listen(api, settings);
      }
      if (document.body) start();
      else document.addEventListener('DOMContentLoaded', start);
    }
  };
})();
